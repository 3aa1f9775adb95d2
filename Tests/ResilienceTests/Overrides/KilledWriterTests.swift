// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Glibc
import ResilienceTesting
import Synchronization
import TestSupport
import Testing

@testable import Resilience

@Suite("A service that is killed while it writes", .timeLimit(.minutes(2)))
struct KilledWriterTests {
    @Test("The file is always whole, and holds what was there or what was to come")
    func killed() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/overrides.json"
        var newest: Int64 = 0
        for round in 1...20 {
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, round = round as Int] in
                let registry = Registry(service: "orders", overrides: .kept(in: path))
                let breakers = (0..<50).map { registry.circuit("circuit \($0)").breaker }
                let changes = Atomic<Int>(0)
                // Killed from beside, at another point each round, in the midst of whatever the writer does.
                let isStarted = startThread {
                    while changes.load(ordering: .relaxed) < 200 + 37 * round {}
                    for _ in 0..<(round * 1_000) { _ = changes.load(ordering: .relaxed) }
                    kill(getpid(), SIGKILL)
                }
                precondition(isStarted)
                while true {
                    for breaker in breakers { try breaker.forceOpen(for: nil, reason: "drill") }
                    changes.wrappingAdd(breakers.count, ordering: .relaxed)
                    await registry.flush()
                }
            }
            let overrides = try storedOverrides(path)
            #expect(overrides.count <= 50)
            let sum = overrides.values.reduce(0) { $0 + $1.revision }
            #expect(sum >= newest, "the next process goes on from what this one left")
            newest = sum
        }
        #expect(newest > 0)
        let registry = Registry(service: "orders", overrides: .kept(in: path))
        let circuit = registry.circuit("circuit 0")
        await #expect(throws: ResilienceError.self, "killed, yet the first call is refused") {
            try await circuit.run {}
        }
        await registry.flush()
        #expect(!folder.exists("overrides.json.unreadable"))
    }
}
