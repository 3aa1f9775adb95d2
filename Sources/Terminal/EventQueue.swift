// SPDX-License-Identifier: Apache-2.0
import Canvas
import Synchronization

/// Hands events from the terminal's thread to whoever awaits them.
final class EventQueue: Sendable {
    private struct State {
        var buffer = EventBuffer()
        var finished = false
        var waiting: [(id: Int, continuation: CheckedContinuation<TimedEvent?, Never>)] = []
        var nextID = 0
    }

    private let state = Mutex(State())

    func post(_ event: InputEvent) {
        let readAt = ContinuousClock.now
        let waiter = state.withLock { state -> CheckedContinuation<TimedEvent?, Never>? in
            guard !state.finished else { return nil }
            if !state.waiting.isEmpty { return state.waiting.removeFirst().continuation }
            state.buffer.append(event, readAt: readAt)
            return nil
        }
        waiter?.resume(returning: TimedEvent(event: event, readAt: readAt))
    }

    var isMoreWaiting: Bool { state.withLock { !$0.buffer.isEmpty } }

    /// Ends the stream once the events that are there have been taken.
    func finish() {
        let waiters = state.withLock { state in
            state.finished = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiters { waiter.continuation.resume(returning: nil) }
    }

    /// The next event; nil when there are no more or the task is cancelled.
    func next() async -> TimedEvent? {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let answer = take(id, continuation) { continuation.resume(returning: answer.event) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private struct Answer {
        let event: TimedEvent?
    }

    private func take(_ id: Int, _ continuation: CheckedContinuation<TimedEvent?, Never>) -> Answer? {
        state.withLock { state in
            if Task.isCancelled { return Answer(event: nil) }
            if let event = state.buffer.popFirst() { return Answer(event: event) }
            if state.finished { return Answer(event: nil) }
            state.waiting.append((id, continuation))
            return nil
        }
    }

    private func cancel(_ id: Int) {
        let waiter = state.withLock { state in
            state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).continuation }
        }
        waiter?.resume(returning: nil)
    }
}
