// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import breakertop

@Suite(.timeLimit(.minutes(1))) struct ScreenExecutorTests {
    private actor Log {
        private let executor: ScreenExecutor
        nonisolated let keys: ScreenTasks
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        private var lines: [String] = []
        private var waiting: CheckedContinuation<Void, Never>?

        init() {
            executor = ScreenExecutor()
            keys = ScreenTasks(of: executor, areUrgent: true)
        }

        private func note(_ line: String) { lines.append(line) }

        /// What is done in which order, of which nothing can begin before all of it waits.
        func run() async -> [String] {
            let tasks = [
                Task { note("facts 1") }, Task { note("facts 2") },
                Task(executorPreference: keys) { await self.note("key 1") },
                Task(executorPreference: keys) { await self.note("key 2") },
            ]
            for task in tasks { await task.value }
            return lines
        }

        /// A flood of keys before two facts.
        func flood(_ count: Int) async -> [String] {
            let facts = [Task { note("facts") }, Task { note("facts") }]
            let presses = (1...count).map { _ in Task(executorPreference: keys) { await self.note("key") } }
            for task in facts + presses { await task.value }
            return lines
        }

        /// Waits for a key, as whoever obeys keys does.
        func obey() async {
            await withCheckedContinuation { waiting = $0 }
            note("key")
        }

        var isObeying: Bool { waiting != nil }

        func pressKeyBehindFacts() async -> [String] {
            let facts = (1...100).map { number in Task { note("facts \(number)") } }
            waiting?.resume()
            for fact in facts { await fact.value }
            return lines
        }
    }

    @Test("Keys come before the facts that waited already, each in their order")
    func order() async {
        #expect(await Log().run() == ["key 1", "key 2", "facts 1", "facts 2"])
    }

    @Test("A flood of keys leaves a turn now and then to all else")
    func flood() async {
        let lines = await Log().flood(500)
        let places = lines.indices.filter { lines[$0] == "facts" }
        #expect(places.count == 2 && places[1] < 128)
    }

    @Test("A task that waited for a key comes first too, without a detour over the shared threads")
    func resumed() async {
        let log = Log()
        await withDiscardingTaskGroup { group in
            group.addTask(executorPreference: log.keys) { await log.obey() }
            while await !log.isObeying { await Task.yield() }
            #expect(await log.pressKeyBehindFacts().first == "key")
        }
    }
}
