// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// Runs work that may block for as long as it likes, such as looking into a folder of a dead file server, on a thread of
/// its own: there it delays nobody else.
///
/// - Parameter grace: how long work that is wanted no more is waited for, since it may leave something to be put away.
/// - Returns: `nil` when the task was cancelled before the work was done, which is then left to end by itself; or when
///   there is no thread to be had.
package func onThreadOfItsOwn<Value: Sendable>(
    grace: Duration = .zero, _ work: @escaping @Sendable () -> Value
) async -> Value? {
    let pending = PendingWork<Value>()
    return await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
            guard pending.wait(continuation) else { return }
            if !startThread({ pending.finish(work()) }) { pending.finish(nil) }
        }
    } onCancel: {
        guard grace > .zero else { return pending.finish(nil) }
        MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: TimeAmount(grace)) { pending.finish(nil) }
    }
}

/// The same for work that may fail.
///
/// - Throws: what the work throws; `CancellationError` when the task was cancelled before; ``SocketError`` when there is no
///   thread to be had.
package func tryOnThreadOfItsOwn<Value: Sendable>(
    grace: Duration = .zero, _ work: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try Task.checkCancellation()
    let result = await onThreadOfItsOwn(grace: grace) { Result(catching: work) }
    if let result { return try result.get() }
    try Task.checkCancellation()
    throw SocketError(.system, "there is no thread to be had: the process, or this machine, has too many")
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
