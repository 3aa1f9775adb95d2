// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Testing

@testable import Dashboard

@Suite struct MapTests {
    private func map(columns: Int = 120, rows: Int = 40) -> Scene {
        var scene = Scene.cascade(columns: columns, rows: rows)
        scene.press(.character("3"))
        return scene
    }

    private func line(_ scene: Scene, _ text: String) -> String {
        scene.screen.split(separator: "\n").map(String.init).first { $0.contains(text) } ?? ""
    }

    @Test("What failed first is the root, with its reason; what it explains follows")
    func root() {
        let scene = map()
        #expect(line(scene, "ledger.write").contains("■ open"))
        #expect(line(scene, "ledger.write").contains("◂ ROOT"))
        #expect(line(scene, "payment.charge").contains("follows"))
        #expect(scene.screen.contains("◂ likely root: payments/ledger.write → ledger-db"))
        let words = scene.screen.split { $0.isWhitespace }.joined(separator: " ")
        #expect(words.contains("nobody publishes for ledger-db"))
    }

    @Test("What only the names of services connect may follow, in the column and in words", arguments: [80, 120])
    func mayFollow(columns: Int) {
        var scene = map(columns: columns)
        #expect(line(scene, "orders.create").contains(columns < 100 ? "follow?" : "may follow"))
        scene.press(.home, .down, .down)
        let words = scene.screen.split { $0.isWhitespace }.joined(separator: " ")
        #expect(
            words.contains("orders.create → orders ■ 1 open of 1 · may follow from orders/payment.charge → payments"))
        #expect(
            words.contains(
                "explains 1: orders/payment.charge → payments; may explain 1: gateway/orders.create → orders"))
    }

    @Test("A call is counted over the instances of its caller, glyph and word beside", arguments: [60, 80, 120, 200])
    func counts(columns: Int) {
        let scene = map(columns: columns)
        #expect(line(scene, "payment.charge").contains("■ open 1/2"), "what is called gives way before states")
        #expect(line(scene, "search.suggest").contains("▣ FORCED OPEN"))
    }

    @Test(
        "No two calls of a caller look alike: a circuit's own name is the last to give way", arguments: [60, 80, 100])
    func distinct(columns: Int) {
        var scene = Scene(columns: columns, rows: 30)
        let names = [
            "payments.charge": "payments", "payments.refund": "payments", "shipping.track": "shipping",
            "shipping.book": "shipping", "inventory.reserve": "inventory",
        ]
        func describe(_ name: String, _ target: String, _ id: Int) -> CircuitDescription {
            CircuitDescription(
                id: Int64(id), name: name, target: CircuitTarget(service: target),
                rule: RuleDescription(name: RuleDescription.failureRatio))
        }
        scene.connect(Scene.Service(name: "gateway", circuits: [describe("orders.place", "orders", 1)]))
        let circuits = names.sorted { $0.key < $1.key }.enumerated().map { describe($1.key, $1.value, $0 + 1) }
        scene.connect(Scene.Service(name: "orders", circuits: circuits))
        scene.tick()
        scene.press(.character("3"))
        for name in names.keys { #expect(scene.screen.contains("\(name) "), "whole") }
    }

    @Test("A service's calls stand once, and whose they are is said: below the first call to it, and at the others")
    func calledTwice() {
        var scene = Scene(columns: 120, rows: 30)
        func describe(_ name: String, _ target: String, _ id: Int64) -> CircuitDescription {
            CircuitDescription(
                id: id, name: name, target: CircuitTarget(service: target),
                rule: RuleDescription(name: RuleDescription.failureRatio))
        }
        let gateway = [describe("orders.cancel", "orders", 1), describe("orders.place", "orders", 2)]
        scene.connect(Scene.Service(name: "gateway", circuits: gateway))
        scene.connect(Scene.Service(name: "orders", circuits: [describe("payments.charge", "payments", 1)]))
        scene.tick()
        scene.press(.character("3"), .home, .down)
        #expect(scene.screen.contains("below it stands what orders calls for all who call it"))
        scene.press(.down)
        #expect(!scene.screen.contains("below it stands"))
        scene.press(.down)
        #expect(selected(scene).contains("orders.place → orders ↑"))
        #expect(scene.screen.contains("↑ what orders calls stands further up, once for all who call it"))
    }

    @Test("A cause is told as whole as the tree leaves room for")
    func roomForWords() {
        #expect(!map(columns: 60, rows: 28).screen.contains("more lines"))
        #expect(map(columns: 60, rows: 16).screen.contains("more lines"))
    }

    private func names(_ circuit: String, _ target: String, _ columns: Int, apartFrom others: [(String, String)])
        -> MapNames
    {
        func edge(_ circuit: String, _ target: String) -> DependencyMap.EdgeKey {
            let instance = InstanceKey(service: "orders", instance: "orders-1", boot: "b")
            let description = CircuitDescription(
                id: 1, name: circuit, target: CircuitTarget(service: target), rule: RuleDescription(name: "x"))
            return DependencyMap.EdgeKey(
                Circuit(key: CircuitKey(instance: instance, id: 1, name: circuit), description: description))
        }
        return MapNames(edge(circuit, target), columns: columns, apartFrom: others.map { edge($0.0, $0.1) })
    }

    @Test("Names that do not fit are cut where that tells them apart, and fit then", arguments: 9...40)
    func cut(columns: Int) {
        let pairs: [((String, String), (String, String))] = [
            (("payments.charge", "payments"), ("payments.refund", "payments")),
            (("read.orders.all", "orders"), ("list.orders.all", "orders")),
            (("orders.v1.create", "o"), ("orders.v2.create", "o")),
            (("payment.charge", "payments-v1"), ("payment.charge", "payments-v2")),
            (("支払い.請求.一覧", "支払い"), ("支払い.返金.一覧", "支払い")),
            (("cache", ""), ("cache", "redis")),
        ]
        for (one, other) in pairs {
            let a = names(one.0, one.1, columns, apartFrom: [other])
            let b = names(other.0, other.1, columns, apartFrom: [one])
            #expect((a.circuit, a.target) != (b.circuit, b.target))
            for names in [a, b] {
                let arrow = names.target.isEmpty ? 0 : 3
                #expect(names.circuit.displayWidth + arrow + names.target.displayWidth <= columns)
            }
        }
    }

    @Test("n goes from cause to cause, N back, and Enter to the worst circuit")
    func keys() {
        var scene = map()
        scene.press(.character("n"))
        #expect(selected(scene).contains("ledger.write"))
        scene.press(.end, .character("n"))
        #expect(selected(scene).contains("ledger.write"), "round the end")
        scene.press(.home, .character("N"))
        #expect(selected(scene).contains("ledger.write"), "and round the beginning")
        scene.press(.enter)
        #expect(scene.dashboard.screen == .circuit)
        #expect(scene.dashboard.selection?.name == "ledger.write")
    }

    @Test("Enter on a service's own line shows its circuits")
    func service() {
        var scene = map()
        scene.press(.home, .enter)
        #expect(scene.dashboard.screen == .circuits)
        #expect(Set(scene.dashboard.order.map(\.instance.service)) == ["gateway"])
    }

    private func selected(_ scene: Scene) -> String {
        scene.screen.split(separator: "\n").map(String.init).first { $0.hasPrefix("▸") } ?? ""
    }

    @Test("The cursor sticks to its call when others come above it")
    func sticks() {
        var scene = map()
        scene.press(.end)
        let selected = scene.dashboard.mapState.list.selected
        scene.connect(Scene.Service(name: "aaa", circuits: Scene.services[0].circuits))
        scene.wait(1_000)
        scene.tick()
        #expect(scene.screen.contains("aaa"))
        #expect(scene.dashboard.mapState.list.selected == selected)
    }

    @Test("It is drawn once a second while it is looked at, and never otherwise")
    func cost() {
        var scene = Scene.cascade()
        scene.wait(5_000)
        scene.tick()
        #expect(scene.dashboard.mapState.picture == nil)
        scene.press(.character("3"))
        let first = scene.dashboard.mapState.picture?.map.now
        #expect(first == scene.now.up)
        scene.wait(900)
        scene.tick()
        #expect(scene.dashboard.mapState.picture?.map.now == first)
        scene.wait(100)
        scene.tick()
        #expect(scene.dashboard.mapState.picture?.map.now == scene.now.up)
    }

    @Test("A fleet too large for one step is mapped in several, and keys are answered in between")
    func large() {
        var scene = Scene()
        let circuits = (1...5_000 as ClosedRange<Int64>).map { id in
            CircuitDescription(
                id: id, name: "c\(id)", target: CircuitTarget(service: "t\(id % 50)"),
                rule: RuleDescription(name: RuleDescription.failureRatio))
        }
        scene.connect(Scene.Service(name: "big", circuits: circuits))
        scene.tick()
        let effects = scene.dashboard.update(.input(.key(.character("3")), readAt: scene.now.up), at: scene.now)
        #expect(effects == [.goOn] && scene.dashboard.mapState.picture == nil)
        #expect(scene.screen.contains("looking at all circuits"))
        scene.send(.input(.key(.down), readAt: scene.now.up))
        scene.send(.goOn)
        #expect(scene.dashboard.mapState.picture?.map.edges.count == 5_000)
    }

    @Test("A force on a healthy circuit is told, and never that none is forced")
    func forced() {
        var scene = Scene()
        scene.connect(Scene.Service(name: "gateway", circuits: [Scene.services[0].circuits[2]]))
        scene.tick()
        scene.press(.character("3"))
        #expect(!scene.screen.contains("none is forced"))
        #expect(scene.screen.contains("◂ forced: gateway/search.suggest → search  forced open by oncall"))
        #expect(line(scene, "└").contains("forced"))
    }

    @Test("Where nobody is heard, nothing is called well")
    func unheard() {
        var scene = Scene()
        scene.press(.character("3"))
        #expect(scene.screen.contains("no circuit is known, so nothing can be said"))
        let calm = Scene.Service(name: "calm", circuits: [Scene.services[1].circuits[1]])
        scene.connect(calm)
        scene.wait(20_000)
        scene.tick()
        #expect(scene.screen.contains("nobody is heard, so whether calls fail is not known"))
        #expect(scene.screen.contains("nothing is heard of 1 of 1 circuit"))
        scene.observe(calm, .source(.stopped(reason: "")))
        scene.wait(2_000)
        scene.tick()
        #expect(scene.screen.contains("nobody is heard, so whether calls fail is not known"))
    }

    @Test("Where nothing fails, that is said")
    func calm() {
        var scene = Scene()
        scene.connect(Scene.Service(name: "calm", circuits: [Scene.services[1].circuits[1]]))
        scene.tick()
        scene.press(.character("3"))
        #expect(scene.screen.contains("no circuit is seen open, nor forced open: no cascade"))
        scene.press(.character("n"))
        #expect(scene.screen.contains("nothing is a root"))
    }
}
