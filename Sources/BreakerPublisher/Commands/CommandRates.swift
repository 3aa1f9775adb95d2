// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// How many commands each sender may still give, over however many connections.
struct CommandRates: Sendable {
    /// The most senders that are told apart; those beyond share one bucket.
    static let maximumSenders = 256

    // As unknown: those whom nobody names, and those for whom there is no room.
    private var buckets: [Principal.Identity: TokenBucket] = [:]

    /// How many senders are remembered.
    var count: Int { buckets.count }

    mutating func take(of sender: Principal.Identity, now: Milliseconds) -> TokenBucket.Outcome {
        let key = key(of: sender, now: now)
        var bucket = buckets[key] ?? TokenBucket(perSecond: CommandGate.commandsPerSecond, now: now)
        defer { buckets[key] = bucket }
        return bucket.take(now: now)
    }

    private mutating func key(of sender: Principal.Identity, now: Milliseconds) -> Principal.Identity {
        if buckets[sender] != nil { return sender }
        // Whoever was quiet for a second has a full bucket, which is as good as none.
        if buckets.count >= Self.maximumSenders { buckets = buckets.filter { !$0.value.isFull(at: now) } }
        return buckets.count < Self.maximumSenders ? sender : .unknown
    }
}
