// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import ResilienceTesting
import Testing

@testable import Resilience

@Suite("Latency histograms", .timeLimit(.minutes(1)))
struct HistogramTests {
    private let clock = ManualClock()
    private let registry: Registry

    init() { registry = Registry(service: "orders", timeline: clock.timeline) }

    private func call(_ circuit: Circuit, takes duration: Duration, error: (any Error)? = nil) async {
        try? await circuit.run { [clock] in
            clock.advance(by: duration)
            if let error { throw error }
        }
    }

    @Test("Every call that succeeded or failed is in it, since boot; ignored ones are not")
    func recorded() async throws {
        let circuit = registry.circuit("charge", breaker: .init(rule: .consecutiveFailures(1_000)))
        #expect(registry.histogram(of: circuit.id) == LatencyHistogram())
        for _ in 1...100 { await call(circuit, takes: .milliseconds(2)) }
        for _ in 1...100 { await call(circuit, takes: .milliseconds(80), error: ScriptedError()) }
        await call(circuit, takes: .seconds(9), error: CancellationError())
        let histogram = try #require(registry.histogram(of: circuit.id))
        var expected = LatencyHistogram()
        for _ in 1...100 {
            expected.record(microseconds: 2_000)
            expected.record(microseconds: 80_000)
        }
        #expect(histogram == expected)
        #expect(histogram.total == 200, "beyond the 64 calls of the row's percentiles")
    }

    @Test("It survives openings and resets, as counters do")
    func cumulative() async throws {
        let circuit = registry.circuit("charge", breaker: .init(rule: .consecutiveFailures(1)))
        await call(circuit, takes: .milliseconds(1), error: ScriptedError())
        #expect(circuit.breaker.state == .open)
        try circuit.breaker.reset()
        await call(circuit, takes: .milliseconds(1))
        #expect(registry.histogram(of: circuit.id)?.total == 2)
    }

    @Test("A circuit that is not there has none")
    func unknown() {
        let circuit = registry.circuit("charge")
        registry.remove(circuit)
        #expect(registry.histogram(of: circuit.id) == nil)
        #expect(registry.histogram(of: 4_711) == nil)
    }

    @Test("Counts that keep only what was seen agree with a full histogram, in any order")
    func sparse() {
        var random = SeededRandom(seed: 1)
        for _ in 1...200 {
            var counts = LatencyCounts()
            var expected = LatencyHistogram()
            for _ in 1...Int.random(in: 1...40, using: &random) {
                let shift = Int64.random(in: 0...62, using: &random)
                let microseconds = Int64.random(in: 0 ... .max, using: &random) >> shift
                counts.record(microseconds: microseconds)
                expected.record(microseconds: microseconds)
            }
            var all = [Int64](repeating: 0, count: LatencyHistogram.bucketCount)
            counts.copy(into: &all)
            #expect(all == expected.counts)
        }
    }
}
