// SPDX-License-Identifier: Apache-2.0

/// How long it is until a listener is tried again that cannot be had, and when to say why.
struct ListeningRetries: Sendable {
    /// The first and the longest pause: what comes with time, such as a port that the process before still has, is had
    /// soon, and what waits for a person costs nothing.
    static let pauses: (first: Duration, longest: Duration) = (.seconds(1), .seconds(60))

    private var pause = Self.pauses.first
    private var reason: String?

    /// Whether the last attempt failed.
    var hasFailed: Bool { reason != nil }

    /// It failed: how long to wait, and whether the reason is another one than before.
    mutating func failed(because reason: String) -> (pause: Duration, isNews: Bool) {
        defer {
            pause = min(pause * 2, Self.pauses.longest)
            self.reason = reason
        }
        return (pause, reason != self.reason)
    }

    /// It listens: the next failure is news, and tried again soon.
    mutating func succeeded() { self = ListeningRetries() }
}
