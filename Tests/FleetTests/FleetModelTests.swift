// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@testable import Fleet

@Suite struct FleetModelTests {
    /// A model that is told things by services of the shop.
    struct World {
        var model = FleetModel()
        var now = TelemetryInstant(t: 1_000_000, up: 10_000)

        mutating func say(_ source: String, _ fact: Observation.Fact, bytes: Int = 0) {
            model.apply(Observation(source: SourceID(source), at: now, fact: fact, bytes: bytes))
        }

        mutating func wait(_ milliseconds: Milliseconds) {
            now.t += milliseconds
            now.up += milliseconds
            model.tick(at: now)
        }

        mutating func connect(
            _ source: String, service: String = "orders", boot: String, circuits: Int64 = 1, mayOperate: Bool = true
        ) {
            say(source, .source(.connecting))
            let identity = ServiceIdentity(service: service, instance: service, boot: boot)
            say(source, .source(.greeted(identity, actions: [])))
            say(source, .source(.subscribed(interval: 250, mayOperate: mayOperate)))
            for id in 1...circuits {
                let rule = RuleDescription(name: RuleDescription.failureRatio)
                say(source, .circuit(CircuitDescription(id: id, name: "circuit-\(id)", rule: rule)))
            }
            sample(source, up: 5_000, calls: 100, circuits: circuits)
            say(source, .source(.ready))
        }

        mutating func sample(
            _ source: String, up: Milliseconds, calls: Int64, state: CircuitState = .closed, circuits: Int64 = 1
        ) {
            let rows = (1...circuits).map { id in
                var row = CircuitRow(id: id)
                row.state = state
                row.overrideMode = OverrideMode.none
                row[.calls] = calls
                return row
            }
            say(source, .sample(ProviderSample(at: .init(t: 0, up: up), seq: 0, rows: rows), isEnd: true))
        }

        var kinds: [String] {
            model.events.all.map { event in
                switch event.kind {
                case .told: "told"
                case .lost: "lost"
                case .stopped: "stopped"
                case .appeared: "appeared"
                case .restarted: "restarted"
                case .overrideLost: "override lost on \(event.circuit ?? "?")"
                case .twin: "twin"
                case .unreadable: "unreadable"
                case .tooMany: "too many"
                case .gap(let count): "gap \(count)"
                }
            }
        }
    }

    @Test("Silence makes a circuit stale after three intervals, at least two seconds; stale never counts as closed")
    func stale() {
        var world = World()
        world.connect("a", boot: "1")
        world.wait(2_000)
        #expect(world.model.totals().closed == 1)
        world.wait(1)
        #expect(world.model.totals().closed == 0)
        #expect(world.model.totals().unknown == 1)
        #expect(world.model.totals().freshSources == 0)
        #expect(world.model.circuits().first?.standing == .stale(.closed, .none))
    }

    @Test(
        "A connection that broke makes its circuits stale at once; reconnecting to the same boot brings no rate spike")
    func reconnect() {
        var world = World()
        world.connect("a", boot: "1")
        world.say("a", .source(.lost(reason: "connection closed")))
        #expect(world.model.totals().unknown == 1)
        world.wait(60_000)
        world.say(
            "a", .source(.greeted(ServiceIdentity(service: "orders", instance: "orders", boot: "1"), actions: [])))
        world.say("a", .source(.subscribed(interval: 250, mayOperate: true)))
        let rule = RuleDescription(name: RuleDescription.failureRatio)
        world.say("a", .circuit(CircuitDescription(id: 1, name: "circuit-1", rule: rule)))
        world.sample("a", up: 65_000, calls: 1_000_000)
        world.say("a", .source(.ready))
        #expect(world.model.circuits().first?.rates.calls == nil)
        world.wait(1_000)
        world.sample("a", up: 66_000, calls: 1_000_010)
        #expect(world.model.circuits().first?.rates.calls == 10)
        #expect(world.kinds == ["appeared", "lost"])
    }

    private func circuit(_ id: Int64, _ slot: CircuitOverride = CircuitOverride()) -> Observation.Fact {
        var circuit = CircuitDescription(id: id, name: "circuit-\(id)", rule: RuleDescription(name: "x"))
        circuit.override = slot
        return .circuit(circuit)
    }

    private func greeting(_ boot: String) -> Observation.Fact {
        .source(.greeted(ServiceIdentity(service: "orders", instance: "orders", boot: boot), actions: []))
    }

    @Test("Silence counts from what was heard last, also when the connection is given up later")
    func silence() {
        var world = World()
        world.connect("a", boot: "1")
        world.wait(10_000)
        #expect(world.model.circuits().first?.silence == 10_000)
        world.say("a", .source(.lost(reason: "nothing heard for 10.0 seconds")))
        world.wait(250)
        #expect(world.model.circuits().first?.silence == 10_250)
    }

    @Test("A circuit is found by its name, whatever its number is by now, and not once it is gone")
    func byName() throws {
        var world = World()
        world.connect("a", boot: "1", circuits: 2)
        let old = try #require(world.model.circuits().first { $0.key.id == 1 }?.key)
        world.say("a", .source(.lost(reason: "gone")))
        for fact in [.source(.connecting), greeting("2"), .source(.ready)] { world.say("b", fact) }
        #expect(world.model.heir(of: old) == old, "nobody has it")
        var moved = CircuitDescription(id: 7, name: "circuit-1", rule: RuleDescription(name: "x"))
        world.say("b", .circuit(moved))
        #expect(world.model.heir(of: old).id == 7)
        // Its number goes to another name, and it comes under a new one.
        moved.name = "other"
        world.say("b", .circuit(moved))
        #expect(world.model.newest("circuit-1", of: old.instance)?.instance.boot != "2")
        world.say("b", circuit(8, CircuitOverride()))
        world.say("b", .circuit(CircuitDescription(id: 9, name: "circuit-1", rule: RuleDescription(name: "x"))))
        #expect(world.model.heir(of: old).id == 9)
        var gone = CircuitDescription(id: 9, name: "circuit-1", rule: RuleDescription(name: "x"))
        gone.isGone = true
        world.say("b", .circuit(gone))
        #expect(world.model.newest("circuit-1", of: old.instance)?.instance.boot != "2")
    }

    @Test("A transition told before its row shows no figures of the state before, and counts as an opening")
    func foreseen() throws {
        var circuit = Circuit(
            key: CircuitKey(instance: InstanceKey(service: "s", instance: "i", boot: "b"), id: 1, name: "c"),
            description: CircuitDescription(id: 1, name: "c", rule: RuleDescription(name: RuleDescription.failureRatio))
        )
        var row = CircuitRow(id: 1)
        row.state = .closed
        (row[.windowCalls], row[.windowFailed], row[.opened], row[.generation]) = (66, 38, 3, 1)
        circuit.take(row, up: 1_000)
        circuit.foresee(ViewFixture.change(2, at: 1_100, from: .closed, to: .open))
        #expect(circuit.row[.windowCalls] == nil && circuit.row[.windowFailed] == nil)
        #expect(circuit.row[.opened] == 4)
        circuit.foresee(ViewFixture.change(2, at: 1_100, from: .closed, to: .open))
        #expect(circuit.row[.opened] == 4, "told again by a reconnect")
        row.state = .open
        (row[.windowCalls], row[.windowFailed], row[.opened], row[.generation]) = (0, 0, 4, 2)
        circuit.take(row, up: 1_250)
        #expect(circuit.row[.opened] == 4)
    }

    @Test("A name that was claimed never stands alone")
    func authors() {
        #expect(CircuitOverride(principal: "uid 7 (ann)", claimed: "ann").author == "ann")
        #expect(CircuitOverride(principal: "uid 7 (bob)", claimed: "ann").author == "ann (bob)")
        #expect(CircuitOverride(principal: "", claimed: "ann").author == "ann (not verified)")
        #expect(CircuitOverride(principal: "uid 7", claimed: "").author == "uid 7")
        #expect(CircuitOverride().author == "somebody")
    }

    @Test("A new boot replaces the dead one, and says which override went with it, whose and until when")
    func newBoot() {
        var world = World()
        world.connect("a", boot: "1", circuits: 2)
        let slot = CircuitOverride(
            mode: .forcedOpen, revision: 1, principal: "uid 7", claimed: "ann", reason: "INC-42", since: 4_000,
            until: 65_000)
        world.say("a", circuit(1, slot))
        world.say("a", .source(.lost(reason: "gone")))
        world.connect("b", boot: "2", circuits: 2)
        #expect(world.model.instances.count == 1)
        #expect(world.kinds == ["appeared", "lost", "restarted", "override lost on circuit-1"])
        guard case .overrideLost(let lost) = world.model.events.all.last?.kind else { return }
        #expect(lost == slot)
        #expect(world.model.events.all.last?.overrideEnd == 60_000, "its service's wall clock was 0 at up_ms 5,000")
        #expect(world.model.circuits().filter(\.isOverrideLost).map(\.key.name) == ["circuit-1"])
        world.say("b", circuit(1, CircuitOverride(revision: 1)))
        #expect(world.model.circuits().allSatisfy { !$0.isOverrideLost }, "a new decision settles it")
    }

    @Test("An override that the new boot has kept is not lost: neither at the end nor while its picture arrives")
    func keptOverride() {
        var world = World()
        world.connect("a", boot: "1")
        world.say("a", circuit(1, CircuitOverride(mode: .forcedOpen, revision: 1)))
        world.say("a", .source(.lost(reason: "gone")))
        let kept = CircuitOverride(mode: .forcedOpen, revision: 2, principal: "uid 7", since: -1_000)
        let change = OverrideChange(from: .none, to: kept, cause: .restored)
        let restored = Event(at: .init(t: 0, up: 1), seq: 1, circuit: 1, kind: .override(change))
        // A service may tell the circuit as it was before it restored the override.
        for fact in [greeting("2"), circuit(1), circuit(1, kept), .event(restored, replayed: true), .source(.ready)] {
            world.say("b", fact)
            #expect(world.model.circuits().allSatisfy { !$0.isOverrideLost })
        }
        #expect(world.kinds == ["appeared", "lost", "restarted", "told"])
    }

    @Test("In a rolling restart, what the next process has not taken over some seconds after the last one went is lost")
    func rollingRestart() {
        var world = World()
        world.connect("a", boot: "1", circuits: 2)
        for id in [1, 2] as [Int64] { world.say("a", circuit(id, CircuitOverride(mode: .forcedOpen, revision: 1))) }
        world.connect("b", boot: "2", circuits: 2)
        world.say("a", .source(.stopped(reason: "deployed")))
        world.wait(1_000)
        world.say("b", circuit(2, CircuitOverride(mode: .forcedOpen, revision: 2)))
        #expect(world.model.circuits().allSatisfy { !$0.isOverrideLost }, "it may still take over the other one")
        world.wait(FleetModel.takeoverGrace)
        #expect(world.model.circuits().filter(\.isOverrideLost).map(\.key.name) == ["circuit-1"])
        world.wait(1_000)
        #expect(world.kinds == ["appeared", "twin", "stopped", "override lost on circuit-1"])
    }

    @Test("A circuit that is made only after its service's restart is judged when it is there")
    func lateCircuit() {
        var world = World()
        world.connect("a", boot: "1", circuits: 3)
        for id in [2, 3] as [Int64] { world.say("a", circuit(id, CircuitOverride(mode: .forcedOpen, revision: 1))) }
        world.say("a", .source(.lost(reason: "gone")))
        world.connect("b", boot: "2", circuits: 1)
        #expect(world.kinds == ["appeared", "lost", "restarted"])
        world.say("b", circuit(2, CircuitOverride(mode: .forcedOpen, revision: 2)))
        #expect(world.kinds.count == 3)
        world.say("b", circuit(3))
        #expect(world.kinds.last == "override lost on circuit-3")
    }

    @Test("An override whose time was over meanwhile is not lost")
    func endedOverride() {
        var world = World()
        world.connect("a", boot: "1")
        world.say("a", circuit(1, CircuitOverride(mode: .forcedOpen, revision: 1, since: 5_000, until: 15_000)))
        world.say("a", .source(.lost(reason: "gone")))
        world.wait(9_000)
        world.connect("b", boot: "2")
        #expect(world.model.circuits().first?.isOverrideLost == true)
        world.wait(1_000)
        #expect(world.model.circuits().first?.isOverrideLost == false, "it would have ended by itself by now")
        world.say("b", .source(.lost(reason: "gone")))
        world.connect("c", boot: "3")
        #expect(world.kinds.count { $0.hasPrefix("override lost") } == 1)
    }

    @Test("A loss is told once over any number of restarts, shows until it is settled, and not again after that")
    func restartsForEver() {
        var world = World()
        world.connect("a", boot: "1")
        world.say("a", circuit(1, CircuitOverride(mode: .forcedOpen, revision: 1)))
        for boot in 2...4 {
            world.say("a", .source(.lost(reason: "gone")))
            // One that dies before it has told anything.
            world.say("a", greeting("\(boot) at first"))
            world.say("a", .source(.lost(reason: "gone")))
            world.connect("a", boot: "\(boot)")
            #expect(world.model.circuits().first?.isOverrideLost == true)
        }
        #expect(world.kinds.count { $0.hasPrefix("override lost") } == 1)
        world.say("a", circuit(1, CircuitOverride(revision: 2)))
        world.say("a", .source(.lost(reason: "gone")))
        world.connect("a", boot: "5")
        #expect(world.model.circuits().first?.isOverrideLost == false, "somebody had cleared what was set anew")
    }

    @Test("A service that restarts for ever with other names does not fill the memory")
    func formerOverridesBound() {
        var world = World()
        for boot in 1...4 {
            world.say("a", greeting("\(boot)"))
            for number in 0..<4_000 {
                var circuit = CircuitDescription(
                    id: Int64(number + 1), name: "c\(boot)-\(number)", rule: RuleDescription(name: "x"))
                circuit.override = CircuitOverride(
                    mode: .forcedOpen, revision: 1, reason: String(repeating: "x", count: 1_000))
                world.say("a", .circuit(circuit))
            }
            world.say("a", .source(.lost(reason: "gone")))
        }
        world.say("a", greeting("5"))
        let former = world.model.instances.values.map(\.formerOverrides)
        #expect(former.map(\.count) == [Instance.maximumFormerOverrides])
        #expect(former.joined().allSatisfy { $0.value.slot.reason.count == Command.maximumTextLength })
    }

    @Test("Two live boots of one instance are both shown, with a warning")
    func twins() {
        var world = World()
        world.connect("a", boot: "1")
        world.connect("b", boot: "2")
        #expect(world.model.circuits().count == 2)
        #expect(world.model.circuits().filter(\.hasTwin).count == 2)
        #expect(world.kinds == ["appeared", "twin"])
    }

    @Test("A service that two connections speak for is lost with the last of them")
    func twoVoices() {
        var world = World()
        world.connect("unix", boot: "1")
        world.connect("tcp", boot: "1")
        #expect(world.model.instances.values.map(\.source.name) == ["tcp"])
        world.say("tcp", .source(.lost(reason: "gone")))
        #expect(world.model.instances.values.map(\.source.name) == ["unix"])
        #expect(world.model.totals().closed == 1)
        world.say("unix", .source(.stopped(reason: "shutdown")))
        #expect(world.model.circuits().first?.standing == .stopped)
        #expect(world.kinds == ["appeared", "stopped"])
    }

    @Test("Of two connections the one that may operate speaks")
    func operatingVoice() {
        var world = World()
        world.connect("unix", boot: "1")
        world.connect("tcp", boot: "1", mayOperate: false)
        #expect(world.model.instances.values.map(\.source.name) == ["unix"])
        #expect(world.model.circuits().first?.mayOperate == true)
    }

    @Test("A source that changes its name for ever leaves only its last instances behind")
    func manyNames() {
        var world = World()
        for number in 1...20 {
            world.connect("a", service: "s-\(number)", boot: "\(number)")
            if number.isMultiple(of: 2) { world.say("a", .source(.lost(reason: "gone"))) }
            world.wait(1)
        }
        let names = world.model.instances.keys.map(\.service).sorted()
        #expect(names == ["s-16", "s-17", "s-18", "s-19", "s-20"])
    }

    @Test("A process that said goodbye stopped; one that did not died; both leave the screen after a while")
    func goodbye() {
        var world = World()
        world.connect("a", boot: "1")
        world.say("a", .source(.stopped(reason: "shutdown")))
        #expect(world.model.circuits().first?.standing == .stopped)
        world.wait(FleetModel.stoppedRetention + 1)
        #expect(world.model.circuits().isEmpty)
        world.connect("b", service: "payments", boot: "2")
        world.say("b", .source(.lost(reason: "gone")))
        world.say("b", .source(.removed))
        world.wait(FleetModel.stoppedRetention + 1)
        #expect(world.model.circuits().first?.standing == .stale(.closed, .none))
        world.wait(FleetModel.lostRetention)
        #expect(world.model.circuits().isEmpty)
    }

    @Test("Retries of a dead target are one event, not one each")
    func quietRetries() {
        var world = World()
        for _ in 0..<10 {
            world.say("a", .source(.connecting))
            world.say("a", .source(.lost(reason: "refused")))
        }
        #expect(world.kinds.count == 1)
    }

    @Test("A state event shows at once; one of an older generation does not turn it back")
    func eventFirst() {
        var world = World()
        world.connect("a", boot: "1")
        func change(_ to: CircuitState, generation: Int64, seq: Int64) -> Observation.Fact {
            let change = StateChange(from: .closed, to: to, generation: generation, cause: .rule)
            return .event(
                Event(at: .init(t: 0, up: 5_100), seq: seq, circuit: 1, kind: .state(change)), replayed: false)
        }
        world.say("a", change(.open, generation: 5, seq: 1))
        #expect(world.model.circuits().first?.standing == .calculated(.open))
        world.say("a", change(.closed, generation: 4, seq: 2))
        #expect(world.model.circuits().first?.standing == .calculated(.open))
    }

    @Test("A circuit that went while no connection was there is gone once the next one has told all, not before")
    func wentUnseen() {
        var world = World()
        world.connect("a", boot: "b1", circuits: 2)
        world.say("a", .source(.lost(reason: "broken pipe")))
        let identity = ServiceIdentity(service: "orders", instance: "orders", boot: "b1")
        world.say("a", .source(.greeted(identity, actions: [])))
        let rule = RuleDescription(name: RuleDescription.failureRatio)
        world.say("a", .circuit(CircuitDescription(id: 2, name: "circuit-2", rule: rule)))
        #expect(world.model.circuits().count == 2)
        world.say("a", .source(.ready))
        #expect(world.model.circuits().map(\.key.name) == ["circuit-2"])
    }

    @Test("Events that a reconnect replays are no news; a gap is said with its size")
    func replayAndGap() {
        var world = World()
        world.connect("a", boot: "1")
        let event = Event(at: .init(t: 0, up: 1), seq: 7, circuit: 1, kind: .config)
        world.say("a", .event(event, replayed: true))
        world.say("a", .event(event, replayed: true))
        world.say("a", .gap(from: 8, to: 10))
        #expect(world.kinds == ["appeared", "told", "gap 3"])
        world.say("a", .gap(from: .min, to: .max))
    }

    @Test("Figures of circuits that were never described, and of sources that never greeted, do no harm")
    func strangers() {
        var world = World()
        world.say("x", .sample(ProviderSample(at: .init(t: 0, up: 0), seq: 0, rows: [CircuitRow(id: 9)]), isEnd: true))
        world.connect("a", boot: "1")
        world.say(
            "a", .sample(ProviderSample(at: .init(t: .max, up: .min), seq: 0, rows: [CircuitRow(id: 9)]), isEnd: true))
        world.wait(1)
        #expect(world.model.circuits().count == 1)
        _ = world.model.totals()
    }

    @Test("A circuit that is gone leaves; the query finds names, targets and states")
    func queries() {
        var world = World()
        world.connect("a", boot: "1", circuits: 3)
        #expect(world.model.circuits(matching: CircuitQuery(plainWords: "ORDERS -2")).count == 1)
        #expect(world.model.circuits(matching: CircuitQuery(plainWords: "closed")).count == 3)
        #expect(world.model.circuits(matching: CircuitQuery(plainWords: "open")).isEmpty)
        world.say(
            "a", .circuit(CircuitDescription(id: 2, name: "circuit-2", rule: RuleDescription(name: "x"), isGone: true)))
        #expect(world.model.circuits().map(\.key.id).sorted() == [1, 3])
    }

    @Test(
        "Lifetimes as operators type them",
        arguments: [("30s", 30_000), ("10 min", 600_000), ("2H", 7_200_000), ("1d", 86_400_000)])
    func lifetimes(text: String, expected: Milliseconds) throws {
        let lifetime = try Command.Lifetime(text: text)
        #expect(lifetime == .limited(expected))
    }

    @Test(
        "What is no lifetime is named",
        arguments: ["", "10", "soon", "-5m", "0s", "31d", "99999999999999999999d", "५m"])
    func badLifetimes(text: String) {
        #expect(throws: Command.Lifetime.ParseError.self) { _ = try Command.Lifetime(text: text) }
    }
}
