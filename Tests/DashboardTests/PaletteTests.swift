// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Testing

@testable import Dashboard

/// The line of commands.
@Suite struct PaletteTests {
    private func run(_ line: String, in scene: inout Scene) {
        scene.press(.character(":"))
        scene.type(line)
        scene.press(.enter)
    }

    private func typed(_ scene: Scene) -> String? {
        if case .prompt(let prompt) = scene.dashboard.mode { prompt.field.text } else { nil }
    }

    @Test("A command does what its key does")
    func asItsKey() {
        var scene = Scene.shop()
        run("events", in: &scene)
        #expect(scene.dashboard.screen == .events)
        run("group service", in: &scene)
        #expect(scene.dashboard.screen == .circuits && scene.dashboard.table.grouping == .service)
        run("group none", in: &scene)
        run("sort ratio", in: &scene)
        #expect(scene.dashboard.table.sortColumn == "ratio")
        run("columns circuit,state,circuit", in: &scene)
        #expect(scene.dashboard.table.columns == ["circuit", "state"])
        run("filter circuit=stock.reserve", in: &scene)
        #expect(scene.dashboard.order.map(\.name) == ["stock.reserve"])
        run("unfilter", in: &scene)
        run("goto orders/shipping.quote", in: &scene)
        #expect(scene.dashboard.selection?.name == "shipping.quote")
        run("mark-all", in: &scene)
        #expect(scene.dashboard.table.marks.count == 6)
        run("local", in: &scene)
        #expect(scene.dashboard.isLocalTime)
        run("find stock", in: &scene)
        #expect(scene.dashboard.selection?.name == "stock.reserve")
        #expect(scene.effects.isEmpty)
        run("quit now", in: &scene)
        #expect(scene.effects.isEmpty && scene.screen.contains("quit takes nothing behind it"))
        scene.press(.escape)
        run("q", in: &scene)
        #expect(scene.effects == [.quit(status: 0)])
    }

    @Test("A command has a name of its own, and what two keys share takes arguments")
    func names() {
        let names = Keymap.all.compactMap(\.command)
        #expect(Set(names).count == names.count)
    }

    @Test("filter and unfilter do in each view what / and \\ do there", arguments: Screen.ID.allCases)
    func filter(screen: Screen.ID) {
        let text = ["events": "kind=state", "sources": "orders"][screen.rawValue] ?? "circuit=stock.reserve"
        for way in [":filter \(text)\n", "/\(text)\n"] {
            var scene = Scene.incident()
            run(screen.rawValue, in: &scene)
            for key in way { scene.press(key == "\n" ? .enter : .character(key)) }
            let isOwn = screen == .events || screen == .sources
            #expect(scene.dashboard.table.filter.isEmpty == isOwn, "\(way)")
            #expect(scene.dashboard.eventsState.filter.text == (screen == .events ? text : ""))
            #expect(scene.dashboard.sourcesState.filter == (screen == .sources ? text : ""))
            run("unfilter", in: &scene)
            #expect(scene.dashboard.table.filter.isEmpty && scene.dashboard.eventsState.filter.isEmpty)
            #expect(scene.dashboard.sourcesState.filter.isEmpty)
        }
    }

    @Test("enter in the view Audit is not the table's: each key's command has its own name")
    func auditEnter() {
        #expect(Keymap.all.filter { $0.command == "enter" }.map(\.screens) == [[.circuits]])
        #expect(PaletteCommand.named("line-circuit")?.screens == [.audit])
    }

    @Test("A number without its unit opens no dialog: nobody knows what it means")
    func bareNumber() {
        var scene = Scene.shop()
        scene.select("stock.reserve")
        run("force-open 10 reason", in: &scene)
        #expect(scene.dashboard.operations.dialog == nil)
        #expect(scene.screen.contains("“10” of what? say force-open 10m"))
        scene.wait(500)
        run("reset 10 reasons", in: &scene)
        #expect(scene.dashboard.operations.dialog?.reason.text == "10 reasons")
    }

    @Test("Places and names are offered in one order, the same whichever way they came, and none beyond the bound")
    func deterministic() {
        let names = (0..<300).map { "c\(1_000 + $0)" }
        func scene(_ names: [String]) -> Scene {
            var scene = Scene(columns: 80, rows: 24)
            let circuits = names.enumerated().map {
                CircuitDescription(
                    id: Int64($0 + 1), name: $1, target: CircuitTarget(service: "t\($1)"),
                    rule: RuleDescription(name: "x"))
            }
            scene.connect(Scene.Service(name: "h", circuits: circuits))
            scene.tick()
            return scene
        }
        for scene in [scene(names), scene(names.reversed())] {
            #expect(scene.dashboard.placeCompletions(of: "h/").words == names.prefix(50).map { "h/\($0)" })
            #expect(
                scene.dashboard.placeCompletions(of: "h/c129").words.count == 10,
                "what was typed decides, not the bound")
            let complete = { scene.dashboard.filterCompletions(of: $0, cursor: 99).words }
            #expect(complete("circuit=") == Array(names.prefix(50)))
            #expect(complete("target~TC129").count == 10)
        }
    }

    @Test("An order's command opens the dialog with time and reason, and never sends by itself")
    func orders() throws {
        var scene = Scene.shop()
        scene.select("stock.reserve")
        run("force-open 5m provider is down", in: &scene)
        let dialog = try #require(scene.dashboard.operations.dialog)
        #expect(dialog.focus == .cancel && dialog.lifetime.text == "5 min" && dialog.reason.text == "provider is down")
        // An Enter that is held on from the line does nothing.
        for _ in 0..<40 {
            scene.wait(30)
            scene.press(.enter)
        }
        #expect(scene.sent.isEmpty && scene.dashboard.operations.dialog != nil)
        scene.wait(1_000)
        scene.press(.escape)
        scene.wait(1_000)
        run("force-open", in: &scene)
        scene.press(.tab, .enter, .tab, .enter, .tab, .enter)
        #expect(scene.sent.isEmpty)
        scene.press(.escape)
        scene.wait(100)
        run("force-open because of INC-42", in: &scene)
        #expect(scene.dashboard.operations.dialog?.reason.text == "because of INC-42")
        scene.wait(700)
        scene.press(.backTab)
        scene.wait(100)
        scene.press(.enter)
        #expect(scene.sent.map(\.reason) == ["because of INC-42"] && scene.sent.first?.lifetime == .limited(600_000))
    }

    @Test("No command sends anything by itself, whatever stands behind it", arguments: PaletteCommand.all.map(\.name))
    func nothingSent(name: String) {
        for text in ["", " ", " x", " 10m why", " orders/payment.charge", " a,b", " 日本 \u{1B}"] {
            var scene = Scene.shop()
            run(name + text, in: &scene)
            scene.wait(1_000)
            scene.tick()
            #expect(scene.sent.isEmpty)
            _ = scene.dashboard.view()
        }
    }

    @Test("Tab completes the name, then goes round among the arguments; Shift-Tab goes back")
    func completion() {
        var scene = Scene.shop()
        scene.press(.character(":"))
        scene.type("gr")
        scene.press(.tab)
        #expect(typed(scene) == "group ")
        scene.press(.tab)
        #expect(typed(scene) == "group none" && scene.screen.contains("[none]"))
        scene.press(.tab, .tab)
        #expect(typed(scene) == "group circuit")
        scene.press(.backTab)
        #expect(typed(scene) == "group service")
        for _ in 0..<5 { scene.press(.tab) }
        #expect(typed(scene) == "group service")
        scene.press(.enter)
        #expect(scene.dashboard.table.grouping == .service)
    }

    @Test(
        "Arguments are completed from what there is",
        arguments: [
            ("goto or", "goto orders/"), ("goto orders/st", "goto orders/stock.reserve"),
            ("columns state,circ", "columns state,circuit"), ("force-open f", "force-open forever"),
            ("filter ser", "filter service"), ("sort rat", "sort ratio"), ("go", "goto "), ("utc x", "utc x"),
        ])
    func arguments(line: String, completed: String) {
        var scene = Scene.shop()
        scene.press(.character(":"))
        scene.type(line)
        scene.press(.tab)
        #expect(typed(scene) == completed)
    }

    @Test(
        "What is no command is met with the one that was meant, and the line stays open",
        arguments: [
            ("hepl", "unknown command “hepl”; did you mean help?"), ("xyzzyx", "Tab shows all there are"),
            ("fo", "“fo” could be"), ("sort colour", "there is no column “colour”"),
            ("group servce", "did you mean service?"), ("goto nowhere", "no circuit “nowhere”"),
            ("filter fail>", "fail"),
        ])
    func unknown(line: String, words: String) {
        var scene = Scene.shop()
        run(line, in: &scene)
        #expect(scene.screen.contains(words))
    }

    @Test("↑ brings back the lines before, each once")
    func history() {
        var scene = Scene.shop()
        for line in ["utc", "group service", "utc"] { run(line, in: &scene) }
        scene.press(.character(":"), .up)
        #expect(typed(scene) == "utc")
        scene.press(.up)
        #expect(typed(scene) == "group service")
        scene.press(.up, .down, .down)
        #expect(typed(scene) == "")
    }

    @Test("Pasted lines are text: nothing runs")
    func paste() {
        var scene = Scene.shop()
        scene.press(.character(":"))
        scene.input(.paste("quit\r\nquit\n"))
        #expect(scene.effects.isEmpty && typed(scene)?.hasPrefix("quit ") == true)
        scene.press(.escape)
        #expect(scene.effects.isEmpty && typed(scene) == nil)
    }

    @Test("A circuit's name that does not look like what it is is not offered")
    func hostile() {
        var scene = Scene(columns: 80, rows: 24)
        let names = ["pay\u{1B}[2J", "pay\u{202E}evil", "pay.ok"]
        let circuits = names.enumerated().map {
            CircuitDescription(
                id: Int64($0 + 1), name: $1, target: CircuitTarget(), rule: RuleDescription(name: "x"))
        }
        scene.connect(Scene.Service(name: "h", circuits: circuits))
        scene.tick()
        #expect(scene.dashboard.placeCompletions(of: "h/").words == ["h/pay.ok"])
    }
}
