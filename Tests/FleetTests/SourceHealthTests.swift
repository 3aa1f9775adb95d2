// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@testable import Fleet

@Suite("The health of a source") struct SourceHealthTests {
    typealias World = FleetModelTests.World

    private func health(_ world: World, _ source: String = "a") -> SourceHealth {
        world.model.sources[SourceID(source)]?.health ?? SourceHealth()
    }

    @Test("Lines, bytes, missed events, reconnects and the last trouble are kept over all connections")
    func counts() {
        var world = World()
        world.connect("a", boot: "1")
        world.say("a", .sample(ProviderSample(at: .init(t: 0, up: 6_000), seq: 0, rows: []), isEnd: true), bytes: 100)
        world.say("a", .gap(from: 3, to: 7), bytes: 50)
        world.say("a", .source(.lost(reason: "it closed")))
        world.connect("a", boot: "2")
        world.say("a", .complaint(code: "malformed", message: "a line was skipped"))
        let health = health(world)
        #expect(health.lines == 2 && health.bytes == 150)
        #expect(health.missedEvents == 5)
        #expect(health.reconnects == 1)
        #expect(health.trouble == .init(t: 1_000_000, reason: "a line was skipped (malformed)"))
        world.say("a", .gap(from: .min, to: .max))
        world.say("a", .gap(from: .min, to: .max))
        #expect(self.health(world).missedEvents == .max)
    }

    @Test("What a source is, is no news of a source that said nothing, and no sign of life")
    func origin() {
        var world = World()
        let origin = SourceOrigin(kind: .file, labels: ["team": "shop"], owner: 1_000)
        world.say("a", .origin(origin))
        #expect(world.model.sources.isEmpty)
        world.connect("a", boot: "1")
        world.wait(2_001)
        world.say("a", .origin(origin))
        #expect(world.model.sources[SourceID("a")]?.origin == origin)
        #expect(world.model.totals().freshSources == 0)
    }

    @Test("Bytes a second follow the traffic and fall to 0 without it")
    func throughput() {
        var throughput = Throughput()
        #expect(throughput.rate(at: 0) == 0)
        for second in 0..<20 { throughput.add(1_000, at: Milliseconds(second) * 1_000) }
        #expect((900...1_100).contains(throughput.rate(at: 20_000)))
        #expect(throughput.rate(at: 60_000) == 0)
        throughput.add(.max, at: .max)
        throughput.add(.max, at: .min)
        _ = throughput.rate(at: .max)
    }

    @Test("Lag is how much later than the quickest sample the newest one came, by both clocks' progress")
    func lag() {
        var arrivals = ArrivalLag()
        #expect(arrivals.lag == nil)
        arrivals.arrived(up: 900_000, at: 1_000)
        #expect(arrivals.lag == 0)
        arrivals.arrived(up: 901_000, at: 2_300)
        #expect(arrivals.lag == 300)
        arrivals.arrived(up: 902_000, at: 2_950)
        #expect(arrivals.lag == 0, "quicker than the first one is the new measure")
        arrivals.arrived(up: 903_000, at: 4_000)
        #expect(arrivals.lag == 50)
    }

    @Test("A clock that drifts is no lag for ever, one that goes back begins anew, and extremes never trap")
    func lagOverTime() {
        var arrivals = ArrivalLag()
        // The service's clock is slow by one part in a thousand.
        for second in 0..<600 as Range<Int64> { arrivals.arrived(up: second * 999, at: second * 1_000) }
        #expect((0...130).contains(arrivals.lag ?? -1), "\(String(describing: arrivals.lag))")
        arrivals.arrived(up: 5, at: 601_000)
        #expect(arrivals.lag == 0)
        arrivals.arrived(up: .max, at: .min)
        arrivals.arrived(up: .min, at: .max)
        arrivals.arrived(up: .max, at: .max)
        _ = arrivals.lag
    }

    @Test("A service whose clock goes back, or that uses a circuit's number twice, is told on, once")
    func nonsense() {
        var world = World()
        world.connect("a", boot: "1")
        world.sample("a", up: 4_000, calls: 1)
        world.sample("a", up: 3_000, calls: 2)
        #expect(world.kinds == ["appeared", "unreadable"])
        #expect(health(world).trouble?.reason.contains("“up_ms” went back") == true)
        world.sample("a", up: 4_500, calls: 7)
        #expect(world.model.circuits().first?.rates.calls != nil)

        world.say("a", .circuit(CircuitDescription(id: 1, name: "other", rule: RuleDescription(name: "x"))))
        #expect(health(world).trouble?.reason == "circuit number 1 was “circuit-1” and is “other” now")
        let circuits = world.model.circuits()
        #expect(circuits.map(\.key.name) == ["other"])
        #expect(circuits.first?.row[.calls] == nil, "the figures were those of another circuit")
    }

    @Test("An event that happened before the newest sample does not turn the clock back")
    func lateEvent() {
        var world = World()
        world.connect("a", boot: "1")
        world.say("a", .event(Event(at: .init(t: 0, up: 10), seq: 1, circuit: 1, kind: .config), replayed: false))
        #expect(world.model.circuits().first?.up == 5_000)
    }

    @Test("Descriptions that take too much memory are left out, and said so once; others may come when some go")
    func weight() {
        var world = World()
        world.connect("a", boot: "1")
        func circuit(_ id: Int64, gone: Bool = false) -> Observation.Fact {
            .circuit(CircuitDescription(id: id, name: "c\(id)", rule: RuleDescription(name: "x"), isGone: gone))
        }
        let half = Instance.maximumWeight / 2
        world.say("a", circuit(2), bytes: half)
        world.say("a", circuit(3), bytes: half)
        world.say("a", circuit(4), bytes: 1)
        world.say("a", circuit(5), bytes: 1)
        #expect(world.model.circuits().map(\.key.id).sorted() == [1, 2, 3])
        #expect(world.kinds == ["appeared", "too many"])
        world.say("a", circuit(3, gone: true))
        world.say("a", circuit(4), bytes: 1)
        #expect(world.model.circuits().map(\.key.id).sorted() == [1, 2, 4])
    }

    @Test("A description that is sent again counts as it is now, and so do the transitions that are kept")
    func weightOfChanges() throws {
        var world = World()
        world.connect("a", boot: "1")
        func circuit(_ id: Int64, openTime: Milliseconds? = nil) -> Observation.Fact {
            var description = CircuitDescription(id: id, name: "circuit-\(id)", rule: RuleDescription(name: "x"))
            description.openTime = openTime
            return .circuit(description)
        }
        let most = Instance.maximumWeight
        var weight: Int { world.model.instances.values.first?.weight ?? 0 }
        world.say("a", circuit(1), bytes: most - 10)
        world.say("a", circuit(2), bytes: 10)
        world.say("a", circuit(2, openTime: 7), bytes: 11)
        #expect(weight == most && world.kinds == ["appeared", "too many"])
        #expect(world.model.circuits().compactMap(\.circuit.description.openTime).isEmpty, "what was known stays")
        world.say("a", circuit(1), bytes: 5)
        #expect(weight == 15)

        for seq in 1...40 {
            let trip = Trip(at: 0, rule: "x", errors: [])
            let change = StateChange(from: .closed, to: .open, generation: Int64(seq), cause: .rule, trip: trip)
            let event = Event(at: .init(t: 0, up: 6_000), seq: Int64(seq), circuit: 1, kind: .state(change))
            world.say("a", .event(event, replayed: false), bytes: 100)
        }
        #expect(weight == 15 + 100 * (Circuit.maximumTransitions + 2), "and the first trip, and the last")
        world.say("a", circuit(1), bytes: 5)
        #expect(weight == 15 + 100 * (Circuit.maximumTransitions + 1))
        world.say(
            "a", .circuit(CircuitDescription(id: 1, name: "circuit-1", rule: RuleDescription(name: "x"), isGone: true)))
        #expect(weight == 10)
    }

    @Test("A description is out of date when rows tell of a later override for a while")
    func outdated() {
        var world = World()
        world.connect("a", boot: "1")
        func row(_ revision: Int64, up: Milliseconds) -> Observation.Fact {
            var row = CircuitRow(id: 1)
            row[.overrideRevision] = revision
            return .sample(ProviderSample(at: .init(t: 0, up: up), seq: 0, rows: [row]), isEnd: true)
        }
        world.say("a", row(1, up: 6_000))
        world.wait(2_000)
        #expect(world.model.circuits().first?.isDescriptionOutdated == false)
        world.say("a", row(1, up: 8_001))
        #expect(world.model.circuits().first?.isDescriptionOutdated == true)
        var description = CircuitDescription(id: 1, name: "circuit-1", rule: RuleDescription(name: "x"))
        world.say("a", .circuit(description))
        #expect(world.model.circuits().first?.isDescriptionOutdated == true)
        description.override.revision = 1
        world.say("a", .circuit(description))
        #expect(world.model.circuits().first?.isDescriptionOutdated == false)
    }

    @Test("A source that is dropped while it lives takes its rows along; one that went leaves them in sight")
    func dropped() {
        var world = World()
        world.connect("a", boot: "1")
        world.connect("b", service: "payments", boot: "2")
        world.say("a", .source(.removed))
        world.say("b", .source(.lost(reason: "gone")))
        world.say("b", .source(.removed))
        #expect(world.model.circuits().map(\.identity.service) == ["payments"])
        #expect(world.model.sources.isEmpty)
    }
}
