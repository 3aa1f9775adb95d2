// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Resilience
import ResilienceTesting
import Synchronization
import Testing

@Suite("Timeout, fallback, composition", .timeLimit(.minutes(1)))
struct CompositionTests {
    @Test("A limit that passes cancels the operation and is thrown")
    func timedOut() async throws {
        let clock = ManualClock()
        let timeout = Timeout(.milliseconds(800), name: "charge", timeline: clock.timeline)
        let wasCancelled = Atomic(false)
        let task = Task {
            try await timeout.run {
                do {
                    try await clock.sleep(for: .seconds(60))
                } catch {
                    wasCancelled.store(true, ordering: .relaxed)
                    throw error
                }
            }
        }
        await clock.waitForSleepers(2)
        clock.advance(by: .milliseconds(800))
        let error = await #expect(throws: ResilienceError.self) { try await task.value }
        #expect(error?.code == .timedOut)
        #expect(error?.description == "charge: no answer within 800 ms")
        let heard = wasCancelled.load(ordering: .relaxed)
        #expect(heard)
        #expect(clock.sleeperCount == 0)
    }

    @Test("An operation in time gives its value or its error, and leaves no sleeper")
    func inTime() async throws {
        let clock = ManualClock()
        let timeout = Timeout(.seconds(1), timeline: clock.timeline)
        #expect(try await timeout.run { 7 } == 7)
        await #expect(throws: ScriptedError.self) { try await timeout.run { throw ScriptedError() } }
        #expect(clock.sleeperCount == 0)
    }

    @Test("A cancelled caller cancels the operation, whose own end decides", arguments: [true, false])
    func cancelled(operationHeeds: Bool) async throws {
        let clock = ManualClock()
        let timeout = Timeout(.seconds(1), timeline: clock.timeline)
        let task = Task {
            try await timeout.run {
                do {
                    try await clock.sleep(for: .seconds(60))
                } catch  where !operationHeeds {}
                return 7
            }
        }
        await clock.waitForSleepers(2)
        task.cancel()
        if operationHeeds {
            await #expect(throws: CancellationError.self) { try await task.value }
        } else {
            #expect(try await task.value == 7)
        }
    }

    @Test("The inner of two limits cannot outlast the outer")
    func nested() async throws {
        let clock = ManualClock()
        let outer = Timeout(.seconds(1), name: "outer", timeline: clock.timeline)
        let inner = Timeout(.seconds(5), name: "inner", timeline: clock.timeline)
        let task = Task { try await withPolicies(outer, inner) { try await clock.sleep(for: .seconds(60)) } }
        await clock.waitForSleepers(3)
        clock.advance(by: .seconds(1))
        let error = await #expect(throws: ResilienceError.self) { try await task.value }
        #expect(error?.circuit == "outer")
    }

    @Test("A fallback answers failures, not cancellation")
    func fallback() async throws {
        let made = Fallback<String> { "instead of \($0)" }
        #expect(try await made.run { throw ScriptedError("a") } == "instead of a")
        #expect(try await Fallback(value: "b").run { "a" } == "a")
        await #expect(throws: CancellationError.self) { try await made.run { throw CancellationError() } }
        let picky = Fallback<String>(handling: { ($0 as? ResilienceError)?.isRejection == true }) { _ in "b" }
        await #expect(throws: ScriptedError.self) { try await picky.run { throw ScriptedError() } }
        let failing = Fallback<String> { _ in throw ScriptedError("worse") }
        await #expect(throws: ScriptedError("worse")) { try await failing.run { throw ScriptedError("a") } }
    }

    private struct Tracer: Policy {
        let name: String
        let trace: EventTrace

        func run<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
            trace.add(name)
            defer { trace.add("/\(name)") }
            return try await operation()
        }
    }

    private final class EventTrace: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    @Test("Policies nest outermost first, around nothing too")
    func order() async throws {
        let trace = EventTrace()
        let a = Tracer(name: "a", trace: trace)
        let b = Tracer(name: "b", trace: trace)
        let value = try await withPolicies(Fallback(value: "c"), a, b) {
            trace.add("work")
            throw ScriptedError()
        }
        #expect(value == "c")
        #expect(trace.all == ["a", "b", "work", "/b", "/a"])
        #expect(try await withPolicies { 7 } == 7)
        let retry = Retry(.init(attempts: 2, backoff: .none))
        #expect(try await withPolicies(retry, Timeout(.seconds(60))) { 7 } == 7)
    }
}
