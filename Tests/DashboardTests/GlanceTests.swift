// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Testing

@testable import Dashboard

/// When a frame is worth its cost, and when the table is put in order anew.
@Suite struct GlanceTests {
    /// A shop at the beginning of a second, as it was just drawn.
    private func shop() -> (Scene, Dashboard.Glance) {
        var scene = Scene.shop()
        scene.wait(1_000 - scene.now.t % 1_000)
        scene.tick()
        return (scene, scene.dashboard.glance)
    }

    /// Another sample of the orders, in which a circuit that was closed is as this says.
    private func sample(_ scene: inout Scene, _ change: (inout CircuitRow) -> Void = { _ in }) {
        let orders = Scene.services[1]
        var rows = orders.circuits.map { scene.row(orders.name, $0.id, step: 30) }
        change(&rows[1])
        let at = TelemetryInstant(t: scene.now.t, up: scene.serviceUp + 8_000)
        scene.observe(orders, .sample(ProviderSample(at: at, seq: 0, rows: rows), isEnd: true))
    }

    @Test("Counters that go on are drawn with the next second of the clock, not before")
    func counters() {
        var (scene, drawn) = shop()
        for _ in 1...3 {
            scene.wait(250)
            sample(&scene)
            scene.tick()
            #expect(scene.dashboard.glance == drawn)
        }
        scene.wait(250)
        scene.tick()
        #expect(scene.dashboard.glance != drawn)
    }

    @Test("A circuit that opens is drawn with the next tick, in its place")
    func opening() {
        var (scene, drawn) = shop()
        scene.wait(250)
        let at = TelemetryInstant(t: scene.now.t, up: scene.serviceUp + 8_000)
        let change = StateChange(from: .closed, to: .open, generation: 2, cause: .rule)
        let trip = Event(at: at, seq: 90, circuit: 2, kind: .state(change))
        scene.observe(Scene.services[1], .event(trip, replayed: false))
        sample(&scene) { $0.state = .open }
        scene.tick()
        #expect(scene.dashboard.glance != drawn)
        #expect(scene.dashboard.roster.totals.open == 2)
    }

    @Test("A service that comes or goes is drawn with the next tick")
    func coming() {
        var (scene, drawn) = shop()
        scene.wait(250)
        scene.connect(Scene.Service(name: "search", circuits: [Scene.services[0].circuits[0]]))
        scene.tick()
        #expect(scene.dashboard.glance != drawn)
        #expect(scene.dashboard.order.count == 7)
    }

    @Test("While a dialog is open every tick is drawn")
    func dialog() {
        var (scene, _) = shop()
        scene.press(.character("O"))
        scene.tick()
        let drawn = scene.dashboard.glance
        scene.wait(250)
        scene.tick()
        #expect(scene.dashboard.glance != drawn)
    }

    @Test("Rows that lie otherwise are drawn, since a click is for the row that is seen")
    func rows() {
        var (scene, _) = shop()
        scene.press(.character("I"))
        let drawn = scene.dashboard.glance
        scene.press(.character("I"))
        #expect(scene.dashboard.glance != drawn)
    }

    @Test("A click holds the rows still, as a key does")
    func click() {
        var (scene, _) = shop()
        #expect(!scene.dashboard.table.isHeld(at: scene.now.up))
        scene.input(.mouse(Mouse(.press, button: .left, position: Point(x: 10, y: 5))))
        #expect(scene.dashboard.table.isHeld(at: scene.now.up))
    }
}
