// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// How many commands each user may still give, over however many connections.
struct CommandRates: Sendable {
    /// The most users that are told apart; those beyond share one bucket.
    static let maximumUsers = 256

    // Without a user: those whom the kernel does not name, and those for whom there is no room.
    private var buckets: [UInt32?: TokenBucket] = [:]

    /// How many users are remembered.
    var count: Int { buckets.count }

    mutating func take(of user: UInt32?, now: Milliseconds) -> TokenBucket.Outcome {
        let key = key(of: user, now: now)
        var bucket = buckets[key] ?? TokenBucket(perSecond: CommandGate.commandsPerSecond, now: now)
        defer { buckets[key] = bucket }
        return bucket.take(now: now)
    }

    private mutating func key(of user: UInt32?, now: Milliseconds) -> UInt32? {
        if buckets[user] != nil { return user }
        // Whoever was quiet for a second has a full bucket, which is as good as none.
        if buckets.count >= Self.maximumUsers { buckets = buckets.filter { !$0.value.isFull(at: now) } }
        return buckets.count < Self.maximumUsers ? user : nil
    }
}
