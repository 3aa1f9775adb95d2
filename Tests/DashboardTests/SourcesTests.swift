// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Testing

@testable import Dashboard

@Suite struct SourcesTests {
    private func sources(columns: Int = 120, rows: Int = 40) -> Scene {
        var scene = Scene.cascade(columns: columns, rows: rows)
        scene.press(.character("5"))
        return scene
    }

    private func rows(_ scene: Scene) -> [String] { scene.dashboard.sourcesState.list.ids.map(\.name) }

    @Test("The worst source comes first, with why it was lost, whole, below", arguments: [60, 80, 120, 200])
    func worstFirst(columns: Int) {
        let scene = sources(columns: columns)
        #expect(rows(scene).first == "tcp:10.0.0.31:7777")
        #expect(scene.screen.contains("✗ LOST"))
        let words = scene.screen.split { $0.isWhitespace }.joined(separator: " ")
        #expect(words.contains("after 3 attempts; the next one in 8 s"))
    }

    @Test("What is silent is stale and comes before what is fresh; what said goodbye is last, and missed in the end")
    func standings() {
        var scene = sources()
        scene.observe(Scene.cascadeProcesses[0], .source(.stopped(reason: "deploy")))
        scene.wait(3_000)
        for process in Scene.cascadeProcesses[2...] { scene.tell(process, step: 30) }
        scene.tick()
        #expect(rows(scene).prefix(2) == ["tcp:10.0.0.31:7777", "tcp:10.0.0.11:7777"])
        #expect(rows(scene).last == "unix:/run/breakertop/gateway.sock")
        #expect(scene.screen.contains("◌ stale") && scene.screen.contains("○ stopped"))
        scene.wait(40_000)
        scene.tick()
        #expect(rows(scene).first == "tcp:10.0.0.31:7777" && !scene.screen.contains("○ stopped"))
    }

    @Test("An observer, a certificate that ends soon, labels and kept overrides are told")
    func facts() {
        var scene = sources()
        scene.press(.end)
        while !scene.screen.contains("TLS"), scene.dashboard.sourcesState.list.index != 0 { scene.press(.up) }
        #expect(scene.screen.contains("observer: it takes no commands from here"))
        #expect(scene.screen.contains("ends in 9 d"))
        scene.press(.home)
        #expect(scene.screen.contains("team=stock"))
        #expect(scene.screen.contains("a restart loses overrides"))
    }

    @Test("The cursor sticks to its source while another order comes about")
    func sticks() {
        var scene = sources()
        scene.press(.home)
        let selected = scene.dashboard.sourcesState.list.selected
        scene.wait(2_000)
        for process in Scene.cascadeProcesses { scene.observe(process, .source(.lost(reason: "gone"))) }
        scene.tick()
        #expect(scene.dashboard.sourcesState.list.selected == selected)
        #expect(rows(scene).first != selected?.name)
    }

    @Test("Rows hold still for a moment after a key")
    func hold() {
        var scene = sources()
        let before = rows(scene)
        scene.press(.down)
        scene.observe(Scene.cascadeProcesses[0], .source(.lost(reason: "gone")))
        scene.observe(Scene.cascadeProcesses[3], .source(.lost(reason: "gone")))
        scene.wait(500)
        scene.tick()
        #expect(rows(scene) == before)
        scene.wait(1_100)
        scene.tick()
        #expect(rows(scene) != before)
    }

    @Test("Words filter; Enter shows the circuits of that service only")
    func filter() {
        var scene = sources()
        scene.press(.character("/"))
        scene.type("CHECKOUT orders-2")
        scene.press(.enter)
        #expect(rows(scene) == ["tcp:10.0.0.12:7777"])
        #expect(scene.screen.contains("1 of 5 sources"))
        scene.press(.enter)
        #expect(scene.dashboard.screen == .circuits)
        #expect(Set(scene.dashboard.order.map(\.instance.service)) == ["orders"])
    }
}
