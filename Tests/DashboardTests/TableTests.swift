// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Testing

@testable import Dashboard

/// Order, groups, marks, columns: what an operator does with the table.
@Suite struct TableTests {
    @Test("Grouping by service puts a head with sums over each service, and left folds it")
    func groups() {
        var scene = Scene.shop()
        scene.press(.character("t"))
        #expect(scene.screen.contains("▾ orders  1 ■ 1 ◐ 1 ●  of 3"))
        #expect(scene.screen.contains("▾ gateway  1 ▣ 2 ●  of 3"))
        scene.press(.home, .left)
        #expect(scene.screen.contains("▸ orders"))
        #expect(!scene.screen.contains("payment.charge"))
        scene.press(.character("*"))
        #expect(scene.dashboard.order.isEmpty)
        scene.press(.character("*"))
        #expect(scene.dashboard.order.count == 6)
    }

    @Test("Every grouping shows every circuit once", arguments: Grouping.allCases)
    func everyGrouping(grouping: Grouping) {
        var scene = Scene.shop()
        for _ in 0..<(Grouping.allCases.firstIndex(of: grouping) ?? 0) { scene.press(.character("t")) }
        #expect(scene.dashboard.table.grouping == grouping)
        #expect(Set(scene.dashboard.order).count == 6 && scene.dashboard.order.count == 6)
    }

    @Test("The cursor stays on a circuit when groups fold around it and open again")
    func foldAroundCursor() {
        var scene = Scene.shop()
        scene.press(.character("t"))
        scene.select("shipping.quote")
        scene.press(.left)
        #expect(scene.dashboard.selection == nil)
        scene.press(.right, .down, .down)
        #expect(scene.dashboard.selection?.name == "shipping.quote")
    }

    @Test("A column orders, again reverses, and ties are by name", arguments: [false, true])
    func sorting(isReversed: Bool) {
        var scene = Scene.shop()
        while scene.dashboard.table.sortColumn != "circuit" { scene.press(.character(">")) }
        if isReversed { scene.press(.character("I")) }
        let names = scene.dashboard.order.map(\.name)
        #expect(names == (isReversed ? names.sorted(by: >) : names.sorted()))
        #expect(scene.screen.contains(isReversed ? "CIRCUIT▼" : "CIRCUIT▲"))
    }

    @Test("The title of the column that orders is whole, with its arrow", arguments: Column.standard)
    func arrow(id: String) throws {
        var scene = Scene.shop(columns: 200, rows: 50)
        scene.press(.character(":"))
        scene.type("sort \(id)")
        scene.press(.enter)
        let title = try #require(Column.named(id)).title
        if scene.dashboard.columnsWithRoom.contains(id) {
            #expect(scene.screen.contains("\(title)▼") || scene.screen.contains("\(title)▲"))
        }
    }

    @Test("The selection sticks to its circuit when the order changes")
    func selectionSticks() {
        var scene = Scene.shop()
        scene.select("catalog.list")
        scene.press(.character("I"))
        #expect(scene.dashboard.selection?.name == "catalog.list")
    }

    @Test("Faults only hides what is closed, and Esc brings it back")
    func faultsOnly() {
        var scene = Scene.shop()
        scene.press(.character("!"))
        #expect(Set(scene.dashboard.order.map(\.name)) == ["payment.charge", "shipping.quote", "search.suggest"])
        #expect(scene.screen.contains("faults only"))
        scene.press(.escape)
        #expect(scene.dashboard.order.count == 6)
    }

    @Test("Find goes from match to match and hides nothing")
    func find() {
        var scene = Scene.shop()
        scene.press(.character("f"))
        scene.type("gateway")
        scene.press(.enter)
        let first = scene.dashboard.selection
        #expect(first?.instance.service == "gateway")
        scene.press(.character("n"))
        #expect(scene.dashboard.selection != first && scene.dashboard.selection?.instance.service == "gateway")
        scene.press(.character("N"))
        #expect(scene.dashboard.selection == first)
        #expect(scene.dashboard.order.count == 6)
    }

    @Test("Space marks and goes on; a group's head marks all of it; U takes the marks away")
    func marks() {
        var scene = Scene.shop()
        scene.press(.character(" "))
        #expect(scene.dashboard.table.marks.map(\.name) == ["payment.charge"])
        #expect(scene.screen.contains("1 marked"))
        scene.press(.character("t"), .home, .character(" "))
        #expect(scene.dashboard.table.marks.count == 3)
        scene.press(.character("U"))
        #expect(scene.dashboard.table.marks.isEmpty)
    }

    @Test("The filter that was typed before comes back with the up key")
    func filterHistory() {
        var scene = Scene.shop()
        scene.press(.character("/"))
        scene.type("orders")
        scene.press(.enter, .character("\\"), .character("/"), .up)
        #expect(scene.dashboard.order.allSatisfy { $0.instance.service == "orders" || $0.name.contains("orders") })
        scene.press(.escape)
        #expect(scene.dashboard.order.count == 6)
    }

    @Test("Columns are hidden, shown, moved and ordered by in one place")
    func columns() {
        var scene = Scene.shop(columns: 200, rows: 50)
        scene.press(.character("s"), .home, .down, .character(" "), .escape)
        #expect(!scene.dashboard.table.columns.contains("service"))
        #expect(!scene.screen.contains("SERVICE"))
        scene.press(.character("s"), .end, .character(" "), .escape)
        #expect(scene.dashboard.table.columns.last == "total")
        scene.press(.character("s"), .home, .character(">"), .escape)
        #expect(scene.dashboard.table.columns.first == "circuit")
        scene.press(.character("s"), .home, .enter)
        #expect(scene.dashboard.table.sortColumn == "circuit")
    }

    @Test("The last column cannot be hidden")
    func lastColumn() {
        var scene = Scene.shop()
        scene.press(.character("s"), .home)
        for _ in Column.all { scene.press(.character(" "), .down) }
        #expect(!scene.dashboard.table.columns.isEmpty)
    }

    @Test("A bookmark is found again after its service restarted")
    func bookmarks() {
        var scene = Scene.shop()
        scene.press(.character("'"))
        #expect(scene.screen.contains("no bookmark is set"))
        scene.select("stock.reserve")
        scene.press(.character("b"), .home, .character("'"))
        #expect(scene.dashboard.selection?.name == "stock.reserve")
        #expect(scene.screen.contains("◆"))
        scene.press(.character("b"))
        #expect(!scene.screen.contains("◆"))
    }

    @Test("Tab and digits go through the views, Esc comes back and never quits")
    func views() {
        var scene = Scene.shop()
        for screen in Screen.all {
            scene.press(.character(screen.digit))
            #expect(scene.dashboard.screen == screen.id)
        }
        for _ in Screen.all { scene.press(.tab) }
        #expect(scene.dashboard.screen == Screen.all.last?.id)
        scene.press(.escape, .escape, .escape)
        #expect(scene.dashboard.screen == .circuits)
        #expect(scene.effects.count == scene.wishes.count)
    }

    @Test("A fleet too large for one step is shown all the same, and keys are answered in between")
    func largeFleet() {
        var scene = Scene()
        let circuits = (1...5_000 as ClosedRange<Int64>).map { id in
            CircuitDescription(id: id, name: "c\(id)", rule: RuleDescription(name: RuleDescription.failureRatio))
        }
        scene.connect(Scene.Service(name: "big", circuits: circuits))
        let first = scene.dashboard.update(.tick, at: scene.now)
        #expect(first == [.goOn])
        #expect(scene.dashboard.update(.input(.key(.character("?")), readAt: scene.now.up), at: scene.now).isEmpty)
        scene.send(.goOn)
        #expect(scene.dashboard.table.rows.count == 5_000)
    }

    @Test("A filter on a large fleet shows what it says, though its last key is still fresh")
    func largeFilter() {
        var scene = Scene()
        let circuits = (1...3_000 as ClosedRange<Int64>).map { id in
            CircuitDescription(id: id, name: "c\(id)", rule: RuleDescription(name: RuleDescription.failureRatio))
        }
        scene.connect(Scene.Service(name: "big", circuits: circuits))
        scene.tick()
        for key in [Key.character("/"), .character("c"), .character("7"), .enter] {
            _ = scene.dashboard.update(.input(.key(key), readAt: scene.now.up), at: scene.now)
        }
        scene.send(.goOn)
        #expect(scene.dashboard.order.allSatisfy { $0.name.hasPrefix("c7") })
        #expect(!scene.dashboard.order.isEmpty)
    }

    @Test("The smallest screen shows whose circuits fail, how much and since when, and says what is out of sight")
    func smallest() {
        var scene = Scene.shop(columns: 60, rows: 12)
        var lines: [Substring] { scene.screen.split(separator: "\n") }
        for title in ["STATE", "SERVICE", "CIRCUIT", "FAILURES", "FOR"] { #expect(lines[4].contains(title)) }
        #expect(lines[5].contains("82% 41/50") && lines[5].contains("payment.charge"))
        #expect(scene.screen.contains("↓ 3 below") && !scene.screen.contains("above"))
        scene.press(.end)
        #expect(scene.screen.contains("↑ 3 above") && !scene.screen.contains("below"))
        scene.press(.up)
        scene.input(.resize(Size(columns: 60, rows: 13)))
        #expect(scene.dashboard.table.scroll == 1, "no further down than the cursor needs")
        scene.press(.up)
        scene.input(.resize(Size(columns: 60, rows: 14)))
        #expect(lines[5].contains("payment.charge"))
    }

    @Test(
        "Of a process that just got older than ten minutes it says between how many and how many openings were of late")
    func openedRange() {
        let row = Scene.shop().screen.split(separator: "\n").first { $0.contains("payment.charge") } ?? ""
        #expect(row.contains(" 1–3"))
    }
}
