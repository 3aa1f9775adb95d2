// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@testable import Fleet

/// How long a circuit has been so: of an outage since its beginning, whatever its probes did meanwhile.
@Suite struct CircuitAgeTests {
    private func flapping(_ state: CircuitState, change: (inout ViewFixture) -> Void = { _ in }) -> CircuitView {
        var fixture = ViewFixture()
        fixture.standing = .calculated(state)
        fixture.figures[.stateSince] = 998_000
        change(&fixture)
        return fixture.view
    }

    @Test(
        "An outage lasts since the circuit left closed, not since its last probe failed",
        arguments: [.open, .halfOpen] as [CircuitState])
    func outage(state: CircuitState) {
        let told = flapping(state) { $0.figures[.outageSince] = 700_000 }
        #expect(told.age == CircuitAge(span: 300_000))
        let seen = flapping(state) { fixture in
            fixture.transitions = [
                ViewFixture.change(1, at: 100_000, from: .closed, to: .open),
                ViewFixture.change(2, at: 200_000, from: .halfOpen, to: .closed),
                ViewFixture.change(3, at: 700_000, from: .closed, to: .open),
                ViewFixture.change(4, at: 900_000, from: .open, to: .halfOpen),
                ViewFixture.change(5, at: 998_000, from: .halfOpen, to: .open),
            ]
        }
        #expect(seen.age == CircuitAge(span: 300_000))
        let tripped = flapping(state) { $0.trip = Trip(at: 700_000, rule: "failure_ratio") }
        #expect(tripped.age == CircuitAge(span: 300_000))
    }

    @Test("Where its beginning is not known, it is at least as long as is known")
    func atLeast() {
        #expect(flapping(.open).age == CircuitAge(span: 2_000, isAtLeast: true))
        let probed = flapping(.halfOpen) { $0.trip = Trip(at: 900_000, rule: "probe_failed") }
        #expect(probed.age == CircuitAge(span: 100_000, isAtLeast: true))
    }

    @Test("A closed one is so since it closed, a forced one since the force, a silent one since it was heard")
    func others() {
        #expect(flapping(.closed).age == CircuitAge(span: 2_000))
        let forced = flapping(.open) { fixture in
            fixture.standing = .forced(.forcedOpen, calculated: .open)
            fixture.override = CircuitOverride(mode: .forcedOpen, since: 940_000)
            fixture.figures[.outageSince] = 700_000
        }
        #expect(forced.age == CircuitAge(span: 60_000))
        #expect(forced.outageAge == CircuitAge(span: 300_000))
        let silent = flapping(.open) { fixture in
            fixture.standing = .stale(.open, .none)
            fixture.silence = 5_000
        }
        #expect(silent.age == CircuitAge(span: 5_000))
    }

    @Test("What a peer says of the future or of ever ago is no harm")
    func hostile() {
        for moment in [.min, .min + 1, -1, .max] as [Milliseconds] {
            let view = flapping(.open) { $0.figures[.outageSince] = moment }
            #expect(view.age?.span ?? -1 >= 0)
        }
    }

    @Test("What was counted longer ago than the window reaches back is in it no more, though no row says so")
    func window() throws {
        var circuit = Circuit(
            key: flapping(.closed).key,
            description: CircuitDescription(
                id: 1, name: "charge", rule: RuleDescription(name: "failure_ratio", threshold: 500, window: 10_000)))
        var row = CircuitRow(id: 1)
        row.state = .closed
        (row[.windowCalls], row[.windowFailed]) = (168, 101)
        circuit.take(row, up: 1_000_000)
        func view(at up: Milliseconds) -> CircuitView {
            var process = Instance(
                identity: ServiceIdentity(service: "orders", instance: "orders-1", boot: "b"), source: SourceID("s"),
                at: 0)
            process.readClock(TelemetryInstant(t: 0, up: up), at: 0)
            return CircuitView(
                Boxed(circuit), instance: InstanceView(process, source: nil, hasTwin: false, at: 0),
                standing: .calculated(.closed), isOverrideLost: false, isDescriptionOutdated: false)
        }
        #expect(view(at: 1_010_000).window?.failed == 101)
        #expect(view(at: 1_010_001).window == nil && view(at: 1_010_001).windowCalls == 0)
        #expect(try CircuitQuery("fail>20%").matches(view(at: 1_010_000)))
        #expect(try !CircuitQuery("fail>20%").matches(view(at: 1_010_001)))
        #expect(try CircuitQuery("calls=0").matches(view(at: 1_010_001)))
    }

    @Test("The trip of an outage before says nothing of this one")
    func oldTrip() {
        let last = Trip(at: 900_000, rule: "failure_ratio", calls: 20, failed: 20)
        let view = flapping(.open) { fixture in
            let old = Trip(at: 100_000, rule: "failure_ratio", calls: 50, failed: 41)
            fixture.transitions = [ViewFixture.change(1, at: 100_000, from: .closed, to: .open, trip: old)]
            fixture.figures[.outageSince] = 900_000
            fixture.trip = last
        }
        #expect(view.outageTrip == last)
    }

    @Test("Why it first opened stays known when a description says only that a probe failed since")
    func descriptionOfAProbe() {
        let first = Trip(at: 700_000, rule: "failure_ratio", calls: 118, failed: 71)
        var description = CircuitDescription(id: 1, name: "charge", rule: RuleDescription(name: "failure_ratio"))
        description.trip = first
        var circuit = Circuit(key: flapping(.open).key, description: description)
        circuit.row.state = .open
        circuit.row[.outageSince] = 700_000
        #expect(circuit.outageTrip == first)
        description.trip = Trip(at: 900_000, rule: "probe_failed", calls: 1, failed: 1)
        circuit.describe(description)
        #expect(circuit.outageTrip == first)
        circuit.row.overrideMode = .forcedOpen
        #expect(circuit.outageTrip == first, "nor does a force change it")
        circuit.row[.outageSince] = 890_000
        #expect(circuit.outageTrip?.rule == "probe_failed", "another outage has another reason")
    }

    @Test("An event and the row may put one moment some milliseconds apart")
    func sameMoment() {
        let first = Trip(at: 699_996, rule: "failure_ratio", calls: 118, failed: 71)
        let view = flapping(.open) { fixture in
            fixture.transitions = [ViewFixture.change(1, at: 699_996, from: .closed, to: .open, trip: first)]
            fixture.figures[.outageSince] = 700_000
            fixture.trip = Trip(at: 900_000, rule: "probe_failed", calls: 1, failed: 1)
        }
        #expect(view.outageTrip == first && view.laterTrip?.rule == "probe_failed")
    }

    @Test("What is half-open only because a force ended was not opened by the trip of an outage before")
    func afterForce() {
        func cleared(_ trip: Trip) -> CircuitView {
            flapping(.halfOpen) { fixture in
                let change = StateChange(from: .closed, to: .halfOpen, generation: 3, cause: .clear)
                let at = TelemetryInstant(t: 0, up: 900_000)
                let first = Trip(at: 100_000, rule: "failure_ratio", calls: 118, failed: 71)
                fixture.transitions = [
                    ViewFixture.change(1, at: 100_000, from: .closed, to: .open, trip: first),
                    Event(at: at, seq: 2, circuit: 1, kind: .state(change)),
                ]
                fixture.figures[.outageSince] = 900_000
                fixture.trip = trip
            }
        }
        let old = cleared(Trip(at: 100_000, rule: "failure_ratio", calls: 118, failed: 71))
        #expect(old.outageTrip == nil && old.isProbedAfterForce)
        let probed = cleared(Trip(at: 902_000, rule: "probe_failed", calls: 1, failed: 1))
        #expect(probed.outageTrip?.rule == "probe_failed" && probed.laterTrip == nil && probed.isProbedAfterForce)
    }
}
