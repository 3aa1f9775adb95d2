// SPDX-License-Identifier: Apache-2.0

import Resilience

/// When to try a connection again: soon after a good one broke, ever later while none comes about or lasts.
struct Reconnection: Sendable {
    static let shortest: Duration = .milliseconds(100)

    private let longest: Duration
    private let backoff: Backoff
    private let random: RandomSource
    private var failures = 0

    init(longest: Duration = .seconds(5), random: RandomSource) {
        self.longest = longest
        backoff = Backoff.exponential(first: Self.shortest, cap: longest)
        self.random = random
    }

    /// A connection ended. Only one that lasted begins the pauses anew: a service that breaks off as soon as it is
    /// live would otherwise be asked again and again.
    mutating func ended(liveFor time: Duration) {
        if time > longest { reset() }
    }

    /// There is reason to hope again.
    mutating func reset() { failures = 0 }

    /// The pause before the next attempt.
    mutating func pause() -> Duration {
        failures = min(failures + 1, 64)
        return Jitter.equal.spread(backoff.pause(beforeRetry: failures), using: random)
    }

    /// The pause where trying often has no point.
    func longPause() -> Duration {
        Jitter.equal.spread(longest, using: random)
    }
}
