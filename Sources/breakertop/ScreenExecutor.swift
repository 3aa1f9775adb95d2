// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Synchronization

/// Runs an actor's work on the thread that reads the sockets, in order, but for what comes by way of urgent ``ScreenTasks``:
/// that goes first.
///
/// A fact that was read there needs no other thread to be woken, which would cost more than the fact.
/// The shared threads are as many as there are processors, and take what is ready in the order in which it came: with a
/// hundred services that all sent at once, a key would wait until all of them have been read.
final class ScreenExecutor: SerialExecutor {
    private typealias Work = @Sendable () -> Void

    /// After so many keys in a row something else has its turn.
    static let keysInARow = 32

    private struct Waiting {
        var keys = Line()
        var others = Line()
        /// How many keys in a row went before something else that waits.
        private var inARow = 0

        mutating func next() -> Work? {
            inARow += 1
            // A flood of keys must not stop the clock of a screen that looks live.
            if inARow > ScreenExecutor.keysInARow, let other = others.next() {
                inARow = 0
                return other
            }
            if let key = keys.next() { return key }
            inARow = 0
            return others.next()
        }
    }

    private struct Line {
        var work: [Work] = []
        private var taken = 0

        mutating func next() -> Work? {
            guard taken < work.count else { return nil }
            let next = work[taken]
            taken += 1
            if taken == work.count || taken == 256 {
                work.removeFirst(taken)
                taken = 0
            }
            return next
        }
    }

    private let thread = SocketThread()
    private let waiting = Mutex(Waiting())

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        enqueue(\.others) { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    fileprivate func enqueue(_ job: consuming ExecutorJob, of tasks: ScreenTasks) {
        let job = UnownedJob(job)
        enqueue(tasks.areUrgent ? \.keys : \.others) {
            job.runSynchronously(
                isolatedTo: self.asUnownedSerialExecutor(), taskExecutor: tasks.asUnownedTaskExecutor())
        }
    }

    private func enqueue(_ line: WritableKeyPath<Waiting, Line>, _ work: @escaping Work) {
        waiting.withLock { $0[keyPath: line].work.append(work) }
        // One turn for each, but not for this very one: each takes what is most urgent by then.
        thread.run { self.waiting.withLock { $0.next() }?() }
    }
}

/// Where tasks run that have to do with the screen, whatever they wait for: on its thread, so that no other one is woken for
/// each thing that comes.
///
/// What keys ask for goes first. Not by priority: a task that is resumed goes through the shared threads before it comes
/// back to its actor, and the children of a group have no more priority than the group.
final class ScreenTasks: TaskExecutor {
    private let screen: ScreenExecutor
    /// Whether they go before all else that waits there.
    fileprivate let areUrgent: Bool

    init(of screen: ScreenExecutor, areUrgent: Bool) { (self.screen, self.areUrgent) = (screen, areUrgent) }

    func enqueue(_ job: consuming ExecutorJob) { screen.enqueue(job, of: self) }
}
