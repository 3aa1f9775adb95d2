// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

/// Runs an actor's work on a thread of its own, what was asked for at high priority first.
///
/// The shared threads are as many as there are processors, and take what is ready in the order in which it came: with a
/// hundred services that all sent at once, a key would wait until all of them have been read.
final class ScreenExecutor: SerialExecutor {
    private struct Waiting {
        var urgent: [UnownedJob] = []
        var others: [UnownedJob] = []
        /// How many of each have been taken.
        private var taken = (urgent: 0, others: 0)

        mutating func next() -> UnownedJob? {
            Self.next(of: &urgent, taken: &taken.urgent) ?? Self.next(of: &others, taken: &taken.others)
        }

        private static func next(of jobs: inout [UnownedJob], taken: inout Int) -> UnownedJob? {
            guard taken < jobs.count else { return nil }
            let job = jobs[taken]
            taken += 1
            if taken == jobs.count || taken == 256 {
                jobs.removeFirst(taken)
                taken = 0
            }
            return job
        }
    }

    // It has a thread of its own while there is work, and none while there is not.
    private let queue = DispatchQueue(label: "screen")
    private let waiting = Mutex(Waiting())

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        waiting.withLock { waiting in
            if job.priority >= JobPriority(.high) { waiting.urgent.append(job) } else { waiting.others.append(job) }
        }
        // One turn for each job, but not for this very one: each takes what is most urgent by then.
        queue.async { self.waiting.withLock { $0.next() }?.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
