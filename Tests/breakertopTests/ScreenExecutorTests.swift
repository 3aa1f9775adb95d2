// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import breakertop

@Suite(.timeLimit(.minutes(1))) struct ScreenExecutorTests {
    private actor Log {
        private let executor = ScreenExecutor()
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        private var lines: [String] = []

        private func note(_ line: String) { lines.append(line) }

        /// What is done in which order, of which nothing can begin before all of it waits.
        func run() async -> [String] {
            let tasks = [
                Task(priority: .medium) { note("facts 1") }, Task(priority: .medium) { note("facts 2") },
                Task(priority: .high) { note("key 1") }, Task(priority: .high) { note("key 2") },
            ]
            for task in tasks { await task.value }
            return lines
        }
    }

    @Test("Keys come before the facts that waited already, each in their order")
    func order() async {
        #expect(await Log().run() == ["key 1", "key 2", "facts 1", "facts 2"])
    }
}
