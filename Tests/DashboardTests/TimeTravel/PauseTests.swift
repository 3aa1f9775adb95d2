// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Testing

@testable import Dashboard

/// A live screen that shows a moment before.
@Suite struct PauseTests {
    /// A paused shop in which something happens unseen: one of its circuits opens.
    private func paused() -> Scene {
        var scene = Scene.shop()
        scene.press(.character("p"))
        scene.run(steps: 8)
        open(&scene)
        scene.wait(250)
        scene.tick()
        return scene
    }

    private func open(_ scene: inout Scene) {
        let at = TelemetryInstant(t: scene.now.t, up: scene.serviceUp + 8_000)
        let change = StateChange(from: .closed, to: .open, generation: 2, cause: .rule)
        scene.observe(
            Scene.services[1], .event(Event(at: at, seq: 90, circuit: 2, kind: .state(change)), replayed: false))
    }

    @Test("The screen stands still while all goes on being collected, and says by how much it is behind")
    func freezes() throws {
        let before = Scene.shop()
        let scene = paused()
        let lines = scene.screen.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0].contains("PAUSED −2.3 s, 1 event behind") && !lines[0].contains("LIVE"))
        #expect(lines[4..<10] == before.screen.split(separator: "\n", omittingEmptySubsequences: false)[4..<10])
        #expect(scene.dashboard.present.events.total == scene.dashboard.fleet.events.total + 1)
    }

    @Test("Back to now, by p or End, everything is there that came meanwhile", arguments: [Key.character("p"), .end])
    func returns(by key: Key) {
        var scene = paused()
        scene.press(key)
        #expect(scene.screen.contains("LIVE") && !scene.screen.contains("PAUSED"))
        #expect(scene.dashboard.transport == nil)
        #expect(scene.screen.contains("orders/stock.reserve"), "the event is told")
        let live = scene.dashboard.fleet
        var unpaused = Scene.shop()
        unpaused.run(steps: 8)
        open(&unpaused)
        #expect(live.events.total == unpaused.dashboard.fleet.events.total)
        #expect(live.circuits().map(\.row) == unpaused.dashboard.fleet.circuits().map(\.row))
    }

    @Test("No order is given while another moment is shown", arguments: ["O", "A", "C", "R", "P", "Z", "Y"])
    func orders(key: Character) {
        var scene = paused()
        scene.press(.character(key))
        #expect(scene.dashboard.operations.dialog == nil)
        #expect(scene.screen.contains("not now: End goes back, then do it"))
        scene.wait(1_000)
        scene.type(":force-open 10m\n")
        scene.press(.enter)
        #expect(scene.dashboard.operations.dialog == nil && scene.sent.isEmpty)
    }

    @Test("An order that goes out when the screen is paused goes on")
    func ordersGoOn() throws {
        var scene = OrderScene.desk(1)
        scene.press(.character("O"))
        scene.confirm()
        scene.press(.character("p"))
        scene.perform()
        scene.run(8)
        let dashboard = try #require(scene.dashboard)
        #expect(dashboard.operations.orders.all.last?.isSettled == true)
        #expect(dashboard.fleet.circuits().allSatisfy { $0.row.overrideMode != .forcedOpen })
        #expect(scene.screen.contains("PAUSED"))
        // The proof of its effect is of now.
        #expect(scene.screen.contains("0 admitted"))
    }

    @Test("[ goes to the last change that is known, from now on, and asks for that moment")
    func walks() {
        var scene = Scene.shop()
        let place = Transition.Place(service: "orders", instance: "orders", circuit: "payment.charge")
        let at = scene.now.up - 3_000
        scene.send(
            .chronology(
                Chronology(
                    range: (at - 10_000)...scene.now.up,
                    transitions: [Transition(at: at, what: .state(.open), place: place)], isComplete: true)))
        scene.press(.character("["))
        #expect(scene.effects.contains(.travel(.to(at), number: 1)))
        #expect(scene.screen.contains("orders/payment.charge open"))
        // Nothing came yet: what stood there stands.
        #expect(scene.screen.contains("PAUSED −3.0 s"))
        scene.press(.character("["))
        #expect(scene.screen.contains("no change before this moment"))
        var past = FleetModel()
        past.tick(at: TelemetryInstant(t: scene.now.t - 3_000, up: at))
        scene.send(.arrived(Moment(fleet: past, flows: FlowHistory(), at: at), number: scene.dashboard.journeys))
        #expect(scene.dashboard.fleet.circuits().isEmpty && scene.screen.contains("0 circuits"))
        scene.press(.end)
        #expect(scene.dashboard.fleet.circuits().count == 6)
    }

    @Test("A moment that comes after the operator went back to now is not shown")
    func late() {
        var scene = paused()
        scene.press(.left)
        #expect(scene.effects.contains { if case .travel = $0 { true } else { false } })
        let number = scene.dashboard.journeys
        scene.press(.end)
        scene.send(.arrived(Moment(at: 5), number: number))
        #expect(scene.dashboard.fleet.circuits().count == 6 && scene.screen.contains("LIVE"))
    }

    @Test("Who plays on and catches up is live again")
    func catchesUp() {
        var scene = paused()
        scene.press(.character(">"), .character(">"))
        scene.press(.character(" "))
        #expect(scene.screen.contains("PLAYING"))
        for _ in 1...20 {
            scene.wait(250)
            scene.tick()
            scene.send(.chronology(Chronology(range: (scene.now.up - 60_000)...scene.now.up, isComplete: true)))
            if let at = scene.dashboard.transport?.position {
                scene.send(
                    .arrived(
                        Moment(fleet: scene.dashboard.fleet, flows: FlowHistory(), at: at),
                        number: scene.dashboard.journeys))
            }
        }
        #expect(scene.dashboard.transport == nil && !scene.screen.contains("PLAYING"))
    }

    @Test("After a jump back, events are shown that were never asked about")
    func eventsBefore() throws {
        var scene = Scene.shop()
        scene.press(.character("4"))
        scene.press(.character("p"))
        let (service, before) = (Scene.services[1], scene.dashboard.fleet)
        var fleet = before
        func arrive(_ fleet: FleetModel) {
            scene.send(
                .arrived(
                    Moment(fleet: fleet, flows: FlowHistory(), at: scene.now.up), number: scene.dashboard.journeys))
        }
        for seq in 1...3_000 {
            let at = TelemetryInstant(t: scene.now.t, up: scene.serviceUp + 5_000 + Milliseconds(seq))
            let event = Event(at: at, seq: Int64(seq) + 100, circuit: 2, kind: .config)
            fleet.apply(Observation(source: service.source, at: scene.now, fact: .event(event, replayed: false)))
            if seq == 500 { arrive(fleet) }
        }
        var middle = before
        for seq in 1...700 {
            let at = TelemetryInstant(t: scene.now.t, up: scene.serviceUp + 5_000 + Milliseconds(seq))
            let event = Event(at: at, seq: Int64(seq) + 100, circuit: 2, kind: .config)
            middle.apply(Observation(source: service.source, at: scene.now, fact: .event(event, replayed: false)))
        }
        scene.send(
            .arrived(Moment(fleet: fleet, flows: FlowHistory(), at: scene.now.up), number: scene.dashboard.journeys))
        // Between what was asked about at 500 and what was still kept at 3,000.
        scene.send(
            .arrived(Moment(fleet: middle, flows: FlowHistory(), at: scene.now.up), number: scene.dashboard.journeys))
        #expect(scene.dashboard.eventsState.rows.first?.event.number == middle.events.total)
    }

    @Test("A journey that leads nowhere is said, and the next one goes")
    func stranded() {
        var scene = paused()
        scene.press(.left)
        scene.send(.stranded("that segment is damaged", number: scene.dashboard.journeys))
        #expect(scene.screen.contains("that segment is damaged"))
        scene.effects = []
        scene.press(.left)
        #expect(scene.effects.contains { if case .travel = $0 { true } else { false } })
    }

    @Test("Without a time that can be read nothing moves, and it says why")
    func badTime() {
        var scene = paused()
        scene.type("T")
        scene.type("noon")
        scene.press(.enter)
        #expect(scene.screen.contains("“noon” is no time of a recording"))
    }

    @Test("A click on the line of moments goes there")
    func click() {
        var scene = paused()
        scene.send(.chronology(Chronology(range: (scene.now.up - 100_000)...scene.now.up, isComplete: true)))
        scene.effects = []
        let y = scene.dashboard.transportRow
        scene.input(.mouse(Mouse(.press, button: .left, position: Point(x: 10, y: y))))
        #expect(scene.effects.contains(.travel(.to(scene.now.up - 100_000), number: 1)))
    }
}
