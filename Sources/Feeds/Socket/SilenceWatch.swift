// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import Synchronization

/// Closes a connection over which nothing was heard for too long.
///
/// Only waiting counts: while the monitor itself is busy with what it heard, the service is not to blame.
final class SilenceWatch: Sendable {
    private struct State {
        var waitingSince: ContinuousClock.Instant?
        var limit: Duration
        var hasExpired = false
    }

    private let state: Mutex<State>

    init(limit: Milliseconds) {
        state = Mutex(State(limit: .milliseconds(limit)))
    }

    /// Whether it closed the connection.
    var hasExpired: Bool { state.withLock(\.hasExpired) }

    /// The longest silence that holds now.
    var limit: Duration { state.withLock(\.limit) }

    /// The monitor waits for the next line from now on, at most `limit` milliseconds.
    func waits(atMost limit: Milliseconds) {
        state.withLock { state in
            state.waitingSince = .now
            state.limit = .milliseconds(limit)
        }
    }

    /// Something was heard.
    func heard() {
        state.withLock { $0.waitingSince = nil }
    }

    /// Watches until it closes the connection or the task is cancelled.
    func watch(_ connection: LineConnection) async {
        while !Task.isCancelled {
            let remaining = state.withLock { state -> Duration in
                guard let since = state.waitingSince else { return state.limit }
                let remaining = state.limit - (.now - since)
                state.hasExpired = remaining <= .zero
                return remaining
            }
            guard remaining > .zero else { return connection.close() }
            // The limit never becomes shorter. There may be thousands of these: each wakes up as seldom as it can.
            await pause(for: remaining)
        }
    }
}
