// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Resilience
import TestSupport
import Testing

@Suite("The system's time", .timeLimit(.minutes(2)))
struct TimelineTests {
    @Test("Calls that end long before their time limit leave no memory behind")
    func timeouts() async {
        Heap.startWithoutCaches()
        await #expect(processExitsWith: .success) { try await TimelineTests.endBeforeLimit() }
    }

    static func endBeforeLimit() async throws {
        Heap.keepNoBacktraces()
        let timeout = Timeout(.seconds(3_600))
        func call(_ times: Int) async throws {
            for _ in 0..<times { try await timeout.run { await Task.yield() } }
        }
        try await call(100)
        let before = Heap.inUse
        try await call(20_000)
        // Until the last stretches of the cancelled sleeps are over.
        for _ in 1...600 where Heap.inUse - before > 256 { try await Task.sleep(for: .milliseconds(50)) }
        #expect(before > 0 && Heap.inUse - before <= 256, "\(before) → \(Heap.inUse) KiB")
    }
}
#endif
