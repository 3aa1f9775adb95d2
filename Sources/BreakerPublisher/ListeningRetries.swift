// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// How long it is until a listener is tried again that cannot be had, and when to say why.
struct ListeningRetries: Sendable {
    /// The first and the longest pause: what comes with time, such as a port that the process before still has, is had
    /// soon, and what waits for a person costs nothing.
    static let pauses: (first: Duration, longest: Duration) = (.seconds(1), .seconds(60))

    /// Who listened for less time has not recovered, in milliseconds.
    static let recovery: Milliseconds = 5_000

    private var pause = Self.pauses.first
    private var reason: String?
    /// Since when it listens.
    private var start: Milliseconds?

    /// Whether it failed before.
    var hasFailed: Bool { reason != nil }

    /// It failed: how long to wait, and whether the reason is another one than before.
    mutating func failed(because reason: String, now: Milliseconds) -> (pause: Duration, isNews: Bool) {
        if let start, now - start >= Self.recovery { self = ListeningRetries() }
        start = nil
        defer {
            pause = min(pause * 2, Self.pauses.longest)
            self.reason = reason
        }
        return (pause, reason != self.reason)
    }

    /// It listens: once it did for a while, the next failure is news, and tried again soon.
    mutating func succeeded(now: Milliseconds) { start = now }
}
