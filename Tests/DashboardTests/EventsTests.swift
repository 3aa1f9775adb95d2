// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Testing

@testable import Dashboard

@Suite struct EventsTests {
    private let gateway = Scene.cascadeProcesses[0]
    private let payments = Scene.cascadeProcesses[3]

    private func events(columns: Int = 120, rows: Int = 40) -> Scene {
        var scene = Scene.cascade(columns: columns, rows: rows)
        scene.press(.character("4"))
        return scene
    }

    private func selected(_ scene: Scene) -> String {
        scene.screen.split(separator: "\n").map(String.init).first { $0.hasPrefix("▸") } ?? ""
    }

    private func probe(_ scene: inout Scene, seq: Int64, error: String = "refused") {
        scene.wait(250)
        scene.note(.probe(ProbeRecord(ok: false, microseconds: 900, error: error)), of: payments, seq: seq)
        scene.tick()
    }

    @Test("It follows the newest until the cursor moves; then the cursor and its row hold still while others come")
    func follow() {
        var scene = events()
        #expect(scene.screen.contains("following"))
        probe(&scene, seq: 50)
        #expect(selected(scene).contains("probe failed"))
        scene.press(.down, .down)
        let line = selected(scene)
        for seq in 51...64 as ClosedRange<Int64> { probe(&scene, seq: seq) }
        #expect(selected(scene) == line)
        #expect(scene.screen.contains("16 newer"))
        scene.press(.character("F"))
        #expect(scene.screen.contains("following") && selected(scene).contains("probe failed"))
        scene.press(.down, .home)
        #expect(scene.screen.contains("following"))
    }

    @Test("A row does not move under the cursor when the list is longer than the screen")
    func rowsHoldStill() {
        var scene = events(columns: 80, rows: 24)
        for seq in 50...90 as ClosedRange<Int64> { probe(&scene, seq: seq) }
        scene.press(.pageDown, .pageDown, .up)
        let before = scene.screen.split(separator: "\n", omittingEmptySubsequences: false)
        let row = before.firstIndex { $0.hasPrefix("▸") }
        for seq in 91...99 as ClosedRange<Int64> { probe(&scene, seq: seq) }
        let after = scene.screen.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(after.firstIndex { $0.hasPrefix("▸") } == row)
    }

    @Test("A long reason is read to its end below, however narrow the screen", arguments: [60, 80, 120])
    func fullText(columns: Int) {
        var scene = events(columns: columns, rows: 30)
        let words = (1...60).map { "word\($0)" }
        probe(&scene, seq: 50, error: words.joined(separator: " "))
        #expect(scene.screen.contains("word60"))
    }

    @Test("Enter goes to the circuit, or says that it is gone; of a service's event, to its circuits")
    func jump() {
        var scene = events()
        probe(&scene, seq: 50)
        scene.press(.enter)
        #expect(scene.dashboard.screen == .circuit && scene.dashboard.selection?.name == "ledger.write")
        scene.press(.character("4"))
        var gone = CircuitDescription(
            id: 1, name: "ledger.write", rule: RuleDescription(name: RuleDescription.failureRatio))
        gone.isGone = true
        scene.observe(payments, .circuit(gone))
        scene.press(.enter)
        #expect(scene.dashboard.screen == .events && scene.screen.contains("ledger.write is gone"))
        scene.press(.character("/"))
        scene.type("kind=source gateway")
        scene.press(.enter, .home, .enter)
        #expect(scene.dashboard.screen == .circuits)
        #expect(scene.dashboard.order.allSatisfy { $0.instance.service == "gateway" } && !scene.dashboard.order.isEmpty)
    }

    private func note(_ kinds: [Event.Kind], in scene: inout Scene) {
        for (offset, kind) in kinds.enumerated() {
            scene.wait(250)
            scene.note(kind, of: payments, seq: 50 + Int64(offset))
        }
        scene.tick()
    }

    @Test(
        "Calls that gave up one after the other are one line with their count, which keeps its place while others join")
    func bursts() {
        var scene = events()
        let before = scene.dashboard.eventsState.rows.count
        let retry = Event.Kind.retryExhausted(attempts: 3, error: "refused")
        note(Array(repeating: retry, count: 30) + [.suppressed(kind: "retry_exhausted", count: 12)], in: &scene)
        #expect(scene.dashboard.eventsState.rows.count == before + 1)
        #expect(selected(scene).contains("gave up after 3 attempts  ×42 in 7.5 s  refused"))
        #expect(scene.screen.contains("the last at"))
        scene.wait(60_000)
        note([retry], in: &scene)
        #expect(scene.dashboard.eventsState.rows.count == before + 2, "what comes much later is another line")
        note([.probe(ProbeRecord(ok: true, microseconds: 900)), retry], in: &scene)
        #expect(scene.dashboard.eventsState.rows.count == before + 4, "what happened between stands between")
        scene.press(.character("!"))
        #expect(scene.dashboard.eventsState.rows.count == before)
    }

    @Test("An order and the override that came of it are one line, unless each says something of its own")
    func orders() {
        func command(_ action: CommandAction, refusal: CommandError.Code? = nil) -> Event.Kind {
            .command(
                CommandRecord(
                    id: "1", action: action, principal: "uid 7 (ann)", claimed: "nina", reason: "INC-1",
                    refusal: refusal))
        }
        func override(_ mode: OverrideMode, cause: OverrideChange.Cause = .command, claimed: String = "nina")
            -> Event.Kind
        {
            var slot = CircuitOverride(
                mode: mode, revision: 1, principal: "uid 7 (ann)", claimed: claimed, reason: "INC-1")
            if mode == .none { slot.reason = "" }
            return .override(OverrideChange(from: .none, to: slot, cause: cause))
        }
        let cases: [([Event.Kind], Int, String)] = [
            ([override(.forcedOpen), command(.forceOpen)], 1, "FORCED OPEN"),
            ([command(.forceOpen), override(.forcedOpen)], 1, "FORCED OPEN"),
            ([command(.clear), override(.none)], 1, "clear override by nina (ann)  done  “INC-1”"),
            ([override(.none), command(.clear)], 1, "clear override by nina"),
            ([override(.none, cause: .expiry), command(.clear)], 2, "clear override by nina"),
            ([override(.forcedOpen, claimed: "bob"), command(.forceOpen)], 2, "force open by nina"),
            ([override(.forcedOpen), command(.forceOpen, refusal: .overrideConflict)], 2, "refused"),
            ([command(.forceOpen), command(.forceOpen), override(.forcedOpen)], 2, "FORCED OPEN"),
            ([override(.forcedOpen), command(.forceOpen), command(.forceOpen)], 2, "force open by nina"),
        ]
        for (kinds, count, words) in cases {
            var scene = events()
            let before = scene.dashboard.eventsState.rows.count
            note(kinds, in: &scene)
            #expect(scene.dashboard.eventsState.rows.count == before + count, "\(kinds)")
            #expect(selected(scene).contains(words))
        }
    }

    @Test("Probes and calls that gave up can be hidden")
    func frequent() {
        var scene = events()
        probe(&scene, seq: 50)
        #expect(scene.screen.contains("probe failed"))
        scene.press(.character("!"))
        #expect(!scene.screen.contains("probe failed") && scene.screen.contains("frequent ones hidden"))
        scene.press(.character("!"))
        #expect(scene.screen.contains("probe failed"))
    }

    @Test(
        "A filter takes words and terms",
        arguments: [
            ("kind=state", 3), ("kind=state svc~pay", 1), ("kind=source", 6), ("!kind=source", 3),
            ("circuit=orders.create", 1), ("timed", 3), ("kind!=state kind!=source", 0), ("reset by", 1), ("lost", 1),
        ])
    func filter(text: String, count: Int) {
        var scene = events()
        scene.press(.character("/"))
        scene.type(text)
        scene.press(.enter)
        #expect(scene.dashboard.eventsState.rows.count == count)
        scene.press(.character("\\"))
        #expect(scene.dashboard.eventsState.rows.count == 9)
    }

    @Test("What is no filter is underlined where it is wrong, and told why; the last right one holds")
    func problem() {
        var scene = events()
        scene.press(.character("/"))
        scene.type("kind=stale")
        #expect(scene.screen.contains("“stale” is no kind: did you mean state?"))
        let canvas = scene.dashboard.view()
        let y = canvas.size.rows - 1
        let underlined = (0..<canvas.size.columns).filter { canvas[$0, y].style.attributes.contains(.underline) }
        #expect(underlined == Array(7..<12))
        #expect(scene.dashboard.eventsState.filter.text == "kind")
        scene.press(.enter)
        guard case .prompt = scene.dashboard.mode else { return #expect(Bool(false), "it stays to be mended") }
        scene.press(.escape)
        #expect(scene.dashboard.eventsState.filter.isEmpty && scene.dashboard.eventsState.rows.count == 9)
    }
}
