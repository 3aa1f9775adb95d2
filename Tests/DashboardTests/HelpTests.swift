// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Testing

@testable import Dashboard

/// What tells an operator what can be done: help, footer, message line, the list of columns.
@Suite struct HelpTests {
    @Test("With --read-only neither footer nor help nor the line of commands offers what would be refused")
    func readOnly() throws {
        let orders = ["force-open", "force-closed", "clear", "reset", "probe", "undo", "again"]
        for isReadOnly in [false, true] {
            let scene = OrderScene.desk(1, isReadOnly: isReadOnly)
            let dashboard = try #require(scene.dashboard)
            let help = dashboard.helpLines.map { $0.map(\.text).joined() }.joined(separator: "\n")
            let offered = CommandLine("").completions(in: dashboard).words.map { $0.filter { $0 != " " } }
            #expect(help.contains("(asks first)") != isReadOnly)
            #expect(help.contains("opens the dialog") != isReadOnly)
            #expect(scene.screen.contains("O force") != isReadOnly)
            for order in orders { #expect(offered.contains(order) != isReadOnly, "\(order)") }
            #expect(scene.screen.contains("? help"))
        }
    }

    @Test("Nothing of the help is cut, however narrow the screen", arguments: [60, 80, 120])
    func wrapped(columns: Int) {
        let dashboard = Scene.shop(columns: columns).dashboard
        #expect(dashboard.helpPage.allSatisfy { $0.displayWidth <= columns - 3 })
        let words = { (lines: [[Span]]) in lines.flatMap { $0.flatMap { $0.text.split(separator: " ") } } }
        #expect(words(dashboard.helpPage).joined() == words(dashboard.helpLines).joined())
    }

    @Test("The message line goes on in another: an undo is always offered in full", arguments: [60, 80, 120, 200])
    func undoOffer(columns: Int) {
        var scene = OrderScene.desk(2, columns: columns, rows: columns == 60 ? 12 : 40)
        scene.type("MO")
        scene.confirm()
        scene.perform()
        scene.run(4)
        let lines = scene.screen.split(separator: "\n", omittingEmptySubsequences: false).suffix(5)
        let words = lines.joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(words.contains("Z undo: clear (gently, probes first)"), "\(words)")
    }

    @Test("A long refusal is read to its end", arguments: [80, 120, 200])
    func longNotice(columns: Int) {
        var scene = Scene.shop(columns: columns)
        scene.press(.character(":"))
        scene.type("group xyzxyz")
        scene.press(.enter)
        let words = scene.screen.split(whereSeparator: { $0 == " " || $0 == "\n" }).joined(separator: " ")
        #expect(words.contains("there is no kind of group “xyzxyz”; none, service, circuit, target, state"))
    }

    // MARK: - The list of columns

    private func chooser(columns: Int) -> Scene {
        var scene = Scene.shop(columns: columns)
        scene.press(.character("s"))
        return scene
    }

    private func line(_ title: String, in scene: Scene) -> String {
        scene.screen.split(separator: "\n").map(String.init).last { $0.contains("] \(title) ") } ?? ""
    }

    @Test("The list of columns says which of those chosen have no room on this screen", arguments: [80, 120, 200])
    func room(columns: Int) {
        let scene = chooser(columns: columns)
        for column in Column.all {
            let isHidden = column.isStandard && !scene.dashboard.columnsWithRoom.contains(column.id)
            #expect(line(column.title, in: scene).contains("no room") == isHidden, "\(column.id)")
        }
        #expect(columns > 80 || line("RATIO", in: scene).contains("no room"))
    }

    @Test("The name of the circuit cannot be hidden, neither there nor by a command")
    func name() {
        var scene = chooser(columns: 120)
        #expect(line("CIRCUIT", in: scene).contains("always"))
        scene.press(.home, .down, .down, .character(" "))
        #expect(scene.dashboard.table.columns == Column.standard)
        scene.press(.escape, .character(":"))
        scene.type("columns state,ratio")
        scene.press(.enter)
        #expect(scene.dashboard.table.columns == ["circuit", "state", "ratio"])
    }

    @Test(
        "What a column says stands in full below the list, and ? shows the help and comes back",
        arguments: [60, 80, 200])
    func descriptions(columns: Int) {
        var scene = chooser(columns: columns)
        scene.press(.home)
        for _ in Column.all {
            guard case .columns(let chooser) = scene.dashboard.mode else {
                Issue.record("it is open")
                return
            }
            let help = Column.named(chooser.ids[chooser.index])?.help ?? "?"
            let inside = scene.screen.split(separator: "\n").compactMap { $0.split(separator: "│").dropFirst().first }
            let words = inside.flatMap { $0.split(separator: " ") }.joined(separator: " ")
            #expect(words.contains(help.split(separator: " ").joined(separator: " ")), "\(chooser.ids[chooser.index])")
            scene.press(.down)
        }
        scene.press(.character("?"))
        #expect(scene.screen.contains("Columns   of the view Circuits"))
        scene.press(.character("x"))
        guard case .columns(let chooser) = scene.dashboard.mode else {
            Issue.record("it comes back")
            return
        }
        #expect(chooser.index == Column.all.count - 1)
    }

    // MARK: - The cursor

    @Test("Until the operator moves it the cursor is on the worst circuit; then it stays where it was put")
    func worstFirst() {
        var scene = OrderScene.desk(3)
        func cursor() -> String? { scene.dashboard?.selection?.instance.instance }
        #expect(cursor() == "orders-1")
        scene.setState(.open, "orders-3")
        scene.run(8)
        #expect(cursor() == "orders-3", "nobody has moved it")
        scene.press(.down)
        #expect(cursor() == "orders-1")
        scene.setState(.open, "orders-2")
        scene.run(16)
        #expect(cursor() == "orders-1")
    }

    @Test("A circuit that an order was asked for keeps the cursor, moved or not")
    func asked() {
        var scene = OrderScene.desk(3)
        scene.press(.character("O"), .escape)
        scene.setState(.open, "orders-3")
        scene.run(16)
        #expect(scene.dashboard?.selection?.instance.instance == "orders-1")
    }
}
