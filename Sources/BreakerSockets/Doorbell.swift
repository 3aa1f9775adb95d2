// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// Wakes one waiting task. Rings while nobody waits are remembered as one.
package final class Doorbell: Sendable {
    private struct State {
        var hasRung = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    package init() {}

    /// Wakes the task that waits, or the next one that does.
    package func ring() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            defer { state.waiter = nil }
            state.hasRung = state.waiter == nil
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns at the next ring, or at once when it rang since the last wait, or when the task is cancelled.
    ///
    /// Only one task may wait at a time; a second one makes the first return.
    package func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> CheckedContinuation<Void, Never>? in
                    guard !state.hasRung, !Task.isCancelled else {
                        state.hasRung = false
                        return continuation
                    }
                    defer { state.waiter = continuation }
                    return state.waiter
                }
                ready?.resume()
            }
        } onCancel: {
            // Remembered as a ring when the wait has not begun yet.
            ring()
        }
    }

    /// Like ``wait()``, but not longer than `timeout`; see ``pause(for:)``.
    package func wait(atMost timeout: Duration) async {
        guard timeout > .zero else { return await Task.yield() }
        let timer = MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: TimeAmount(timeout)) { self.ring() }
        await wait()
        timer.cancel()
    }
}

/// Returns after a time, or at once when the task is cancelled.
///
/// The time is kept by an event loop: `Task.sleep` wakes a thread of Dispatch's twice, and when it is cancelled holds its
/// memory until its time would have come: a few hundred bytes for each connection that ends before its limit.
package func pause(for duration: Duration) async { await Doorbell().wait(atMost: duration) }
