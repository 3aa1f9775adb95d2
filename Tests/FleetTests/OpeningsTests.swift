// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@testable import Fleet

/// How often a circuit opened of late: what is said is what is known.
@Suite struct OpeningsTests {
    private var circuit = Circuit(
        key: CircuitKey(
            instance: InstanceKey(ServiceIdentity(service: "s", instance: "i", boot: "b")), id: 1, name: "c"),
        description: CircuitDescription(id: 1, name: "c", rule: RuleDescription(name: "x")))

    private mutating func row(_ opened: Int64?, at up: Milliseconds, stateSince: Milliseconds? = nil) {
        var row = CircuitRow(id: 1)
        row[.opened] = opened
        row[.stateSince] = stateSince ?? up
        circuit.take(row, up: up)
    }

    private mutating func open(_ seq: Int64, at up: Milliseconds) {
        circuit.remember(ViewFixture.change(seq, at: up, from: .closed, to: .open))
    }

    @Test("In a boot younger than the window every opening counts, though nobody watched")
    mutating func youngBoot() {
        row(10, at: 420_000)
        #expect(circuit.openings(up: 420_000) == Openings(count: 10, isAtLeast: false))
    }

    @Test("In an old boot a monitor that has just begun knows what was told and what it saw: at least that")
    mutating func freshMonitor() {
        open(1, at: 3_500_000)
        row(50, at: 3_600_000)
        #expect(circuit.openings(up: 3_600_000) == Openings(count: 1, isAtLeast: true))
        open(2, at: 3_650_000)
        row(52, at: 3_660_000)
        #expect(circuit.openings(up: 3_660_000) == Openings(count: 3, isAtLeast: true), "none is counted twice")
    }

    @Test("What it watched for as long as the window is exact, and leaves the window again")
    mutating func watched() {
        row(50, at: 3_600_000)
        row(51, at: 3_700_000)
        row(53, at: 4_000_000)
        row(53, at: 4_200_000)
        #expect(circuit.openings(up: 4_200_000) == Openings(count: 3, isAtLeast: false))
        #expect(circuit.openings(up: 4_400_000) == Openings(count: 2, isAtLeast: false))
        row(53, at: 4_700_000)
        #expect(circuit.openings(up: 4_700_000) == Openings(count: 0, isAtLeast: false))
    }

    @Test("A state that has held for longer than the window was not left within it")
    mutating func steady() {
        row(50, at: 3_600_000, stateSince: 2_000_000)
        #expect(circuit.openings(up: 3_600_000) == Openings(count: 0, isAtLeast: false))
    }

    @Test("After a reconnect what went on meanwhile is not known to be recent, and a counter that falls starts anew")
    mutating func interrupted() {
        row(50, at: 3_600_000)
        row(51, at: 3_700_000)
        circuit.forgetRecent()
        row(90, at: 9_000_000)
        #expect(circuit.openings(up: 9_000_000) == Openings(count: 0, isAtLeast: true))
        row(3, at: 9_100_000)
        #expect(circuit.openings(up: 9_100_000) == Openings(count: 0, isAtLeast: true))
        row(nil, at: 9_200_000)
        #expect(circuit.openings(up: 9_200_000).isAtLeast)
    }

    @Test("However often it opens, little is kept, and the figure stays true")
    mutating func bounded() {
        for number in 0..<1_000 as Range<Int64> { row(number, at: 3_600_000 + number * 1_000) }
        let openings = circuit.openings(up: 4_599_000)
        #expect(openings.count <= 600)
        #expect(openings.count == OpeningCounts.capacity && openings.isAtLeast)
    }

    @Test("When the boot gets older than the window, what was exact becomes the most that there can have been")
    mutating func growsOld() {
        row(10, at: 500_000)
        row(12, at: 599_000)
        #expect(circuit.openings(up: 600_000) == Openings(count: 12, isAtLeast: false))
        #expect(circuit.openings(up: 604_000) == Openings(count: 2, isAtLeast: true, most: 12))
        row(13, at: 1_000_000)
        #expect(circuit.openings(up: 1_000_000) == Openings(count: 3, isAtLeast: true, most: 13))
        #expect(circuit.openings(up: 1_100_000) == Openings(count: 3, isAtLeast: false))
    }
}
