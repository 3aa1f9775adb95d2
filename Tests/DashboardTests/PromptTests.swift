// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Testing

@testable import Dashboard

@Suite struct PromptTests {
    private func typing(_ text: String, columns: Int = 120) -> Scene {
        var scene = Scene.shop(columns: columns)
        scene.press(.character("/"))
        scene.type(text)
        return scene
    }

    private func field(_ scene: Scene) -> String {
        if case .prompt(let prompt) = scene.dashboard.mode { prompt.field.text } else { "" }
    }

    @Test(
        "Tab completes fields, operators, states and the fleet's names",
        arguments: [
            ("sta", ["state", "stale"]), ("servi", ["service"]), ("state=half", ["state=half-open"]),
            ("svc=gat", ["svc=gateway"]), ("orders target~pay", ["orders target~payments"]), ("zzz", ["zzz"]),
        ])
    func complete(text: String, results: [String]) {
        var scene = typing(text)
        for result in results {
            scene.press(.tab)
            #expect(field(scene) == result)
        }
        if results.count > 1 {
            scene.press(.backTab)
            #expect(field(scene) == results[results.count - 2])
        }
    }

    @Test(
        "A filter that is half typed does not empty the table; Enter shows that nothing matches, and what else was meant"
    )
    func halfTyped() {
        var scene = typing("target=pay")
        let kept = scene.dashboard.order
        #expect(!kept.isEmpty && scene.screen.contains("nothing matches so far"))
        scene.run(steps: 8)
        #expect(scene.dashboard.order == kept)
        scene.type("ments")
        #expect(scene.dashboard.order.count == 1 && !scene.screen.contains("nothing matches"))
        scene.type(",shipping")
        #expect(scene.dashboard.order.count == 1 && scene.screen.contains("0 of 6 shown"))
        scene.press(.enter)
        #expect(scene.dashboard.order.isEmpty && scene.screen.contains("no circuit matches the filter"))
        #expect(scene.screen.contains("for any of them say target=payments or target=shipping"))
        scene.press(.character("\\"))
        #expect(scene.dashboard.order.count == 6)
    }

    @Test("While the table is kept, its groups stay too")
    func keptGroups() {
        var scene = Scene.shop()
        scene.press(.character("t"), .character("/"))
        let before = scene.screen.split(separator: "\n").dropFirst(3).prefix(10)
        scene.type("zzz")
        #expect(scene.screen.split(separator: "\n").dropFirst(3).prefix(10) == before)
    }

    @Test(
        "What is nearly a field is said, where nothing matches",
        arguments: [
            ("flap", "did you mean the field flaps, as in "), ("zfail", "did you mean the field fail"),
            ("left", "as a field it is compared, as in left<10m"),
        ])
    func remark(text: String, words: String) {
        var scene = typing(text)
        scene.press(.enter)
        #expect(scene.screen.contains(words))
    }

    @Test("With a filter, what flows is said to be of all, with its bars; how many are shown stands beside")
    func headerWithFilter() {
        var scene = typing("svc=orders")
        scene.press(.enter)
        let lines = scene.screen.split(separator: "\n")
        #expect(lines[1].hasPrefix(" of all: calls ") && lines[1].contains("█"))
        #expect(lines[2].contains(" filter: svc=orders · 3 of 6 shown "))
        scene.press(.character("4"))
        #expect(!scene.screen.contains("of all:"))
    }

    @Test("On a narrow screen neither the filter nor what is marked hides what flows", arguments: [60, 80])
    func narrowHeader(columns: Int) {
        var scene = Scene.shop(columns: columns, rows: 24)
        scene.press(.character("/"))
        scene.type("service=orders")
        scene.press(.enter, .character("M"))
        let lines = scene.screen.split(separator: "\n")
        #expect(lines[0].hasSuffix(" filter: service=orders · 3/6 · 3 marked") || columns == 60)
        #expect(columns == 60 || lines[2].contains(/calls .*\/s .*failed .*\/s .*refused .*\/s .*retries .*\/s/))
        #expect(lines.prefix(3).joined().contains("3/6 · 3 marked"))
    }

    @Test("A single candidate is final, and what may follow it is offered")
    func single() {
        var scene = typing("servi")
        scene.press(.tab, .tab)
        #expect(field(scene) == "service=")
    }

    @Test("Candidates stand above the footer, the one taken stands out, and typing offers new ones")
    func candidates() {
        var scene = typing("state=")
        func above() -> Substring { scene.screen.split(separator: "\n", omittingEmptySubsequences: false)[38] }
        #expect(above().hasPrefix(" Tab  open half-open forced-open"))
        scene.press(.tab)
        #expect(field(scene) == "state=open")
        scene.type(" cir")
        #expect(above().contains("circuit") && !above().contains("half-open"))
        scene.press(.escape)
        #expect(!above().contains("Tab"))
    }

    @Test("What is wrong is underlined where it stands and told beside it", arguments: [60, 80, 120])
    func problem(columns: Int) {
        let scene = typing("orders servce=x", columns: columns)
        let canvas = scene.dashboard.view()
        let y = canvas.size.rows - 1
        let underlined = (0..<columns).filter { canvas[$0, y].style.attributes.contains(.underline) }
        #expect(underlined == Array(9..<15))
        #expect(scene.screen.contains("“servce” is no field: did you mean service?"))
        #expect(scene.dashboard.order.count < 6, "the last that was right still holds")
    }

    @Test("The help of the circuits lists every field of the filter")
    func help() {
        let scene = Scene.shop()
        let help = scene.dashboard.helpLines.map { $0.map(\.text).joined() }.joined(separator: "\n")
        for field in QueryField.all { #expect(help.contains(field.help), "\(field.name)") }
    }

    @Test("From a view without a filter of its own, / leads to the circuits")
    func elsewhere() {
        var scene = Scene.shop()
        scene.press(.character("2"), .character("/"))
        #expect(scene.dashboard.screen == .circuits)
    }

    @Test("Hostile names are offered without their escapes")
    func hostile() {
        var scene = Scene()
        let name = "a\u{1B}[2J\u{202E}b"
        scene.connect(
            Scene.Service(
                name: "h",
                circuits: [
                    CircuitDescription(id: 1, name: name, rule: RuleDescription(name: RuleDescription.failureRatio))
                ]))
        scene.tick()
        scene.press(.character("/"))
        scene.type("circuit=")
        #expect(!scene.screen.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0x202E })
        scene.press(.tab)
        #expect(!scene.screen.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0x202E })
    }

    @Test(
        "Alt moves and deletes by words as readline does",
        arguments: [
            ([.alt("b")], "svc=pay state=|open"), ([.alt("b"), .alt("b"), .alt("b")], "svc=|pay state=open"),
            ([.home, .alt("f")], "svc|=pay state=open"), ([.home, .alt("f"), .alt("f")], "svc=pay| state=open"),
            ([.home, .alt("d")], "|=pay state=open"), ([.alt("\u{7F}")], "svc=pay state=|"),
            ([.alt("\u{7F}"), .alt("\u{8}")], "svc=pay |"),
            ([.home, .alt("b"), .alt("\u{7F}")], "|svc=pay state=open"),
            ([.alt("f"), .alt("d"), .alt("x"), .alt("é")], "svc=pay state=open|"),
        ] as [([Key], String)])
    func words(keys: [Key], expected: String) {
        var field = TextField("svc=pay state=open")
        for key in keys { _ = field.handle(key) }
        var text = field.characters
        text.insert("|", at: field.cursor)
        #expect(String(text) == expected)
    }
}
