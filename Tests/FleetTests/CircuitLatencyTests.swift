// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@testable import Fleet

@Suite("How long calls took") struct CircuitLatencyTests {
    private func calls(_ count: Int64) -> LatencyHistogram { LatencyHistogram(counts: [(bucket: 3, count: count)]) }

    @Test("Lately is the calls of the last 5 to 10 s; before that, since the first reading")
    func recent() {
        var latency = CircuitLatency(calls(100), up: 0)
        #expect(latency.recent.total == 0 && latency.total.total == 100)
        for second in 1...30 as ClosedRange<Int64> {
            latency.take(calls(100 + second * 10), up: second * 1_000)
            let seconds = latency.recent.total / 10
            #expect((min(second, 5)...10).contains(seconds), "after \(second) s: \(seconds) s")
        }
        latency.take(calls(1), up: 10)
        #expect(latency.recent.total == 0 && latency.total.total == 1)
        latency.take(calls(.max), up: .max)
        latency.take(calls(.max), up: .min)
    }

    @Test("A service keeps histograms of 64 circuits, however many it sends, and of none that it did not describe")
    func bounded() {
        var world = FleetModelTests.World()
        world.connect("a", boot: "1", circuits: 100)
        for id in 1...200 as ClosedRange<Int64> {
            world.say("a", .histogram(circuit: id, calls(id), at: .init(t: 0, up: 1)))
        }
        let kept = world.model.circuits().filter { $0.circuit.latency != nil }.map(\.key.id).sorted()
        #expect(kept == Array(37...100))
        world.connect("a", boot: "1", circuits: 100)
        #expect(!world.model.circuits().contains { $0.circuit.latency != nil }, "what came meanwhile is not lately")
    }
}
