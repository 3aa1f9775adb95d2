// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire

/// How many commands each sender may still give, over however many connections.
///
/// All who only observe share one bucket: their commands are refused anyway, and from however many addresses they come,
/// they take nothing of an operator's share and fill no log.
struct CommandRates: Sendable {
    /// The most operators that are told apart; those beyond share one bucket.
    static let maximumSenders = 256
    /// How many of the observers' refused commands are recorded a second, all observers together.
    static let observersPerSecond: Int64 = 1

    private var observers: TokenBucket?
    private var buckets = BoundedTable<Principal.Identity, TokenBucket>(
        maximumCount: Self.maximumSenders, shared: .unknown)

    /// How many senders are remembered.
    var count: Int { buckets.count }

    mutating func take(of sender: Principal, now: Milliseconds) -> TokenBucket.Outcome {
        guard sender.role == .operator else {
            var bucket = observers ?? TokenBucket(perSecond: Self.observersPerSecond, now: now)
            defer { observers = bucket }
            return bucket.take(now: now)
        }
        let full = TokenBucket(perSecond: CommandGate.commandsPerSecond, now: now)
        // Whoever was quiet for a second has a full bucket again.
        return buckets.update(sender.identity, initial: full, isIdle: { $0.isFull(at: now) }) { $0.take(now: now) }
    }
}
