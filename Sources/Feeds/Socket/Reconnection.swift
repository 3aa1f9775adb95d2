// SPDX-License-Identifier: Apache-2.0

import Resilience

/// When to try a connection again: soon after a good one broke, ever later while none comes about.
struct Reconnection: Sendable {
    static let shortest: Duration = .milliseconds(100)
    static let longest: Duration = .seconds(5)

    private static let backoff = Backoff.exponential(first: shortest, cap: longest)
    private let random: RandomSource
    private var failures = 0

    init(random: RandomSource) { self.random = random }

    /// A connection was good, or there is reason to hope again.
    mutating func reset() { failures = 0 }

    /// The pause before the next attempt.
    mutating func pause() -> Duration {
        failures = min(failures + 1, 64)
        return Jitter.equal.spread(Self.backoff.pause(beforeRetry: failures), using: random)
    }

    /// The pause where trying often has no point.
    func longPause() -> Duration {
        Jitter.equal.spread(Self.longest, using: random)
    }
}
