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

    @Test("A call is counted over the instances of its caller, glyph and word beside", arguments: [60, 80, 120, 200])
    func counts(columns: Int) {
        let scene = map(columns: columns)
        #expect(line(scene, "→ payments").contains("■ open 1/2"), "names give way before states")
        #expect(line(scene, "→ search").contains("▣ FORCED OPEN"))
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
