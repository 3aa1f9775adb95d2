// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Synchronization

/// Runs work that may block for as long as it likes, such as looking into a folder of a dead file server, on a thread of
/// its own: there it delays nobody else.
///
/// - Returns: `nil` when the task was cancelled before the work was done, which is then left to end by itself; or when
///   there is no thread to be had.
func onThreadOfItsOwn<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value? {
    let pending = PendingWork<Value>()
    return await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
            guard pending.wait(continuation) else { return }
            if !startThread({ pending.finish(work()) }) { pending.finish(nil) }
        }
    } onCancel: {
        pending.finish(nil)
    }
}

/// The one who waits for a thread's result, until the first that comes.
private final class PendingWork<Value: Sendable>: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Value?, Never>?
        var isOver = false
    }

    private let state = Mutex(State())

    /// - Returns: whether the work is still wanted.
    func wait(_ continuation: CheckedContinuation<Value?, Never>) -> Bool {
        let isWanted = state.withLock { state in
            if !state.isOver { state.continuation = continuation }
            return !state.isOver
        }
        if !isWanted { continuation.resume(returning: nil) }
        return isWanted
    }

    func finish(_ value: Value?) {
        let continuation = state.withLock { state in
            defer { state = State(isOver: true) }
            return state.continuation
        }
        continuation?.resume(returning: value)
    }
}
