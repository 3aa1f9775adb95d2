// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import ResilienceTesting
import Synchronization
import Testing

@testable import Resilience

@Suite("Many tasks at once", .timeLimit(.minutes(2)))
struct ConcurrencyTests {
    @Test("Once quiet, every call is accounted for, and events came in order")
    func hammering() async throws {
        let clock = ManualClock()
        let registry = Registry(service: "orders", instance: "orders-1", timeline: clock.timeline)
        let recorder = EventRecorder()
        registry.onEvent(recorder.record)
        let circuit = registry.circuit(
            "charge", breaker: .init(rule: .failureRatio(0.5, minimumCalls: 3), openFor: .milliseconds(5)))
        let admitted = Tally()
        let refused = Tally()
        let isDone = Tally()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // What a monitor reads meanwhile is consistent at every moment.
                while isDone.value == 0 {
                    let sample = registry.sample()
                    for row in sample.rows { expectBalanced(row) }
                    #expect(sample.seq <= registry.log.newest)
                    await Task.yield()
                }
            }
            await withTaskGroup(of: Void.self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        var random = SeededRandom(seed: UInt64(worker))
                        for _ in 1...3_000 {
                            if Int.random(in: 0..<50, using: &random) == 0 { clock.advance(by: .milliseconds(1)) }
                            if Int.random(in: 0..<300, using: &random) == 0 { operate(circuit.breaker, &random) }
                            let end = Int.random(in: 0..<4, using: &random)
                            do {
                                try await circuit.breaker.run {
                                    admitted.add(1)
                                    if end == 0 { await Task.yield() }
                                    if end == 1 { throw ScriptedError() }
                                    if end == 2 { throw CancellationError() }
                                }
                            } catch let error as ResilienceError where error.isRejection {
                                refused.add(1)
                            } catch {}
                        }
                    }
                }
            }
            isDone.add(1)
        }
        let row = circuit.row()
        #expect(row[.inFlight] == 0)
        #expect(row[.calls] == admitted.value)
        #expect((row[.rejected] ?? 0) + (row[.rejectedForced] ?? 0) == refused.value)
        #expect(admitted.value + refused.value == 24_000)
        expectBalanced(row)
        let numbers = recorder.events.map(\.seq)
        #expect(numbers == numbers.sorted())
        #expect(Set(numbers).count == numbers.count)
        #expect(recorder.events.last?.seq == registry.log.newest)
        #expect(!recorder.stateChanges.isEmpty)
    }

    @Test("However many ask at once, probe calls never exceed the limit")
    func probeLimit() async throws {
        let clock = ManualClock()
        let breaker = CircuitBreaker(
            "charge", .init(rule: .consecutiveFailures(1), openFor: .seconds(1), probeLimit: 3, probeNeed: 1_000),
            timeline: clock.timeline)
        try? await breaker.run { throw ScriptedError() }
        clock.advance(by: .seconds(1))
        let inside = Tally()
        let most = Tally()
        let passed = Tally()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<100 {
                        try? await breaker.run {
                            most.raise(to: inside.add(1))
                            passed.add(1)
                            await Task.yield()
                            inside.add(-1)
                        }
                    }
                }
            }
        }
        #expect((1...3).contains(most.value))
        #expect(passed.value >= 3)
        #expect(breaker.state == .halfOpen)
    }
}

private final class Tally: Sendable {
    private let count = Atomic<Int64>(0)

    var value: Int64 { count.load(ordering: .relaxed) }

    @discardableResult
    func add(_ number: Int64) -> Int64 { count.wrappingAdd(number, ordering: .relaxed).newValue }

    func raise(to number: Int64) { count.max(number, ordering: .relaxed) }
}

private func operate(_ breaker: CircuitBreaker, _ random: inout SeededRandom) {
    switch Int.random(in: 0..<5, using: &random) {
    case 0: try? breaker.forceOpen(for: .milliseconds(2))
    case 1: try? breaker.forceClosed(for: .milliseconds(2))
    case 2: try? breaker.clear()
    case 3: try? breaker.reset()
    default: try? breaker.probe()
    }
}

private func expectBalanced(_ row: CircuitRow) {
    let ended = [Field.ok, .failed, .ignored, .late, .inFlight].reduce(0) { $0 + (row[$1] ?? 0) }
    #expect(row[.calls] == ended)
}
