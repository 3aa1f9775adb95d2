// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Testing

@testable import Dashboard

/// What keys do in a table that is too large to be looked through while one waits.
@Suite struct LargeTableTests {
    /// A table of so many circuits, c1 and up.
    private func large(_ count: Int64) -> Scene {
        var scene = Scene()
        let circuits = (1...count).map { id in
            CircuitDescription(id: id, name: "c\(id)", rule: RuleDescription(name: RuleDescription.failureRatio))
        }
        scene.connect(Scene.Service(name: "big", circuits: circuits))
        scene.tick()
        return scene
    }

    @Test("Words are looked for in steps, and found")
    func find() {
        var scene = large(3_000)
        let place = scene.dashboard.table.rows.count - 2
        let wanted = scene.dashboard.order[place]
        scene.dashboard.table.find = wanted.name
        let first = scene.dashboard.update(.input(.key(.character("n")), readAt: scene.now.up), at: scene.now)
        #expect(first == [.goOn] && scene.dashboard.selection != wanted)
        scene.send(.goOn)
        #expect(scene.dashboard.selection == wanted)
    }

    @Test("Any key ends a search that goes on")
    func findNoMore() {
        var scene = large(3_000)
        scene.dashboard.table.find = scene.dashboard.order[2_500].name
        _ = scene.dashboard.update(.input(.key(.character("n")), readAt: scene.now.up), at: scene.now)
        scene.press(.down)
        let selection = scene.dashboard.selection
        scene.send(.goOn)
        #expect(scene.dashboard.selection == selection && scene.dashboard.search == nil)
    }

    @Test("What is not there is said when all rows were looked at")
    func findNothing() {
        var scene = large(3_000)
        scene.dashboard.table.find = "nowhere"
        scene.press(.character("N"))
        #expect(scene.dashboard.notice?.contains("nowhere") == true)
    }

    @Test("M marks no more than can be marked, and says so")
    func marks() {
        var scene = large(6_000)
        scene.press(.character("M"))
        #expect(scene.dashboard.table.marks.count == Dashboard.maximumMarks)
        #expect(scene.dashboard.notice?.contains("the most there can be") == true)
    }

    @Test("M marks nothing that is folded away")
    func folded() {
        var scene = Scene.shop()
        scene.send(.tick)
        _ = scene.dashboard.group(by: .service)
        scene.press(.home)
        _ = scene.dashboard.fold(true)
        let shown = scene.dashboard.order
        #expect(shown.count == 3)
        scene.press(.character("M"))
        #expect(scene.dashboard.table.marks == Set(shown))
    }
}
