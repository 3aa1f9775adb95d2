// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Testing

@testable import Dashboard

/// Orders through the whole dashboard: from the keys of the table to what is sent.
@Suite struct DeskTests {
    @Test(
        "What is marked is what the dialog names and what is sent, guarded by what was shown; then the marks are gone")
    func marked() throws {
        var scene = OrderScene.desk(3)
        scene.press(.character(" "), .character(" "), .character("O"))
        let dialog = try #require(scene.desk.dialog)
        #expect(dialog.request.targets == Array(scene.all.prefix(2)) && dialog.request.group == nil)
        #expect(scene.screen.contains("orders-1/payment.charge") && scene.screen.contains("orders-2/payment.charge"))
        let marks = try #require(scene.dashboard).table.marks
        #expect(marks.count == 2)
        scene.change("orders-2", to: .forcedClosed)
        scene.run(1)
        #expect(scene.screen.contains("CHANGED"))
        scene.confirm()
        #expect(scene.sent.map(\.boot) == scene.processes.prefix(2).map(\.boot))
        #expect(scene.sent.map(\.ifOverrideRevision) == [0, 1])
        #expect(scene.dashboard?.table.marks.isEmpty == true)
        scene.perform()
        scene.run(1)
        #expect(scene.screen.contains(/force open 2 circuits: 2 done in 3–\d+ ms/))
    }

    @Test("A dialog that is cancelled leaves the marks")
    func cancelled() {
        var scene = OrderScene.desk(3)
        scene.press(.character("M"), .character("O"), .escape)
        #expect(scene.dashboard?.table.marks.count == 3)
        #expect(scene.screen.contains("cancelled, nothing was sent"))
    }

    @Test("In the view of one circuit an order is for that one, whatever is marked elsewhere")
    func oneCircuit() {
        var scene = OrderScene.desk(3)
        scene.press(.character(" "), .character(" "), .enter, .character("O"))
        #expect(scene.desk.dialog?.request.targets == [scene.all[2]])
    }

    @Test(
        "A group that is marked as a whole, or under the cursor, is remembered: a new instance is told and applied to")
    func group() throws {
        for marks in [true, false] {
            var scene = OrderScene.desk(2)
            // By service, then by circuit.
            scene.press(.character("t"), .character("t"), .home)
            if marks { scene.press(.character(" ")) }
            scene.press(.character("O"))
            #expect(scene.screen.contains("Force open: orders / payment.charge (2 circuits)"))
            scene.confirm()
            scene.perform()
            scene.run(2)
            #expect(scene.screen.contains(/force open orders \/ payment.charge on 2: 2 done in 3–\d+ ms: 0 admitted/))
            scene.start(OrderScene.Process("orders-3"))
            scene.run(2)
            #expect(scene.screen.contains("2/3 forced; new instance orders-3 NOT forced: apply again? Y"))
            scene.press(.character("Y"))
            #expect(scene.desk.dialog?.request.targets == [scene.all[2]])
            scene.confirm()
            #expect(scene.sent.map(\.boot) == [scene.processes[2].boot])
        }
    }

    @Test("What a filter left out of a group is not called a new instance later", arguments: [false, true])
    func filteredGroup(byState: Bool) {
        var scene = OrderScene.desk(3)
        if byState {
            scene.setState(.open, "orders-1")
            scene.run(1)
        } else {
            scene.press(.character("/"))
            scene.type("not instance=orders-3")
            scene.press(.enter)
        }
        for _ in 0..<(byState ? 4 : 1) { scene.press(.character("t")) }
        scene.press(.home, .character("O"))
        #expect(scene.desk.dialog?.request.targets.count == (byState ? 1 : 2))
        #expect(scene.desk.dialog?.request.group == nil)
    }

    @Test("A read-only dashboard says so, and sends nothing whatever is asked for", arguments: CommandAction.allCases)
    func readOnly(action: CommandAction) throws {
        var scene = OrderScene.desk(1, isReadOnly: true)
        scene.setState(.open, "orders-1")
        scene.change("orders-1", to: .forcedClosed)
        scene.run(1)
        #expect(scene.screen.contains("READ-ONLY"))
        let names: [CommandAction: String] = [
            .forceOpen: "force-open", .forceClosed: "force-closed", .clear: "clear", .reset: "reset", .probe: "probe",
        ]
        let name = try #require(names[action])
        for typed in [Keymap.key(for: name), ":\(name)\n", "ZY"] {
            scene.wait(500)
            for character in typed { scene.press(character == "\n" ? .enter : .character(character)) }
            #expect(scene.desk.dialog == nil && scene.sent.isEmpty)
            #expect(typed == "ZY" || scene.screen.contains("this dashboard is read-only"))
        }
    }

    @Test("An order to many circuits of one process goes out tick by tick, and is all done")
    func pace() {
        var process = OrderScene.Process("orders-1")
        process.names = (1...25).map { "call-\($0)" }
        var scene = OrderScene(dashboard: Size(columns: 120, rows: 40), [process])
        scene.press(.character("M"), .character("O"))
        scene.confirm()
        #expect(scene.sent.count == 10)
        for _ in 0..<16 {
            scene.perform()
            scene.run(1)
        }
        #expect(scene.screen.contains("force open 25 circuits: 25 done"))
    }

    @Test("Undo takes a force back by a clear, which asks first as well")
    func undo() {
        var scene = OrderScene.desk(1)
        scene.press(.character("O"))
        scene.confirm()
        scene.perform()
        scene.run(1)
        #expect(scene.screen.contains("Z undo: clear (gently, probes first)"))
        scene.press(.character("Z"))
        #expect(scene.sent.isEmpty && scene.screen.contains("Clear override: orders-1/payment.charge"))
        scene.confirm()
        #expect(scene.sent.map(\.action) == [.clear])
    }

    @Test("A held x that a busy screen looks at much later forgets one force and no other")
    func heldForgetWhileBusy() {
        var scene = OrderScene.desk(2)
        for _ in 0..<2 {
            scene.press(.character("O"))
            scene.confirm()
            scene.perform()
            scene.run(4)
            scene.press(.down)
        }
        scene.press(.character("6"), .home)
        #expect(scene.desk.holds.all.count == 2)
        let readAt = scene.now.up
        for (wait, offset) in [(0, 0), (2_000, 30)] as [(Milliseconds, Milliseconds)] {
            scene.wait(wait)
            scene.tell(.input(.key(.character("x")), readAt: readAt + offset))
        }
        #expect(scene.desk.holds.all.count == 1)
    }

    @Test("A held q that a busy screen looks at much later is still no answer")
    func heldWhileBusy() {
        var process = OrderScene.Process("orders-1")
        process.names = (1...25).map { "call-\($0)" }
        var scene = OrderScene(dashboard: Size(columns: 120, rows: 40), [process])
        scene.press(.character("M"), .character("O"))
        scene.confirm()
        let readAt = scene.now.up
        for wait in [0, 1_000, 1_000] as [Milliseconds] {
            scene.wait(wait)
            let effects = scene.dashboard?.update(.input(.key(.character("q")), readAt: readAt + 30), at: scene.now)
            #expect(effects == [])
        }
    }

    @Test("Enter typed elsewhere while the screen was away or had no focus confirms nothing", arguments: [true, false])
    func awayMeanwhile(isStop: Bool) {
        var scene = OrderScene.desk(1)
        scene.press(.character("O"))
        scene.wait(1_000)
        scene.press(.backTab)
        scene.wait(60_000)
        scene.tell(.input(isStop ? .resumed : .focus(true), readAt: scene.now.up))
        for _ in 0..<60 {
            scene.press(.enter)
            scene.wait(30)
        }
        #expect(scene.sent.isEmpty && scene.desk.dialog != nil)
        scene.wait(1_000)
        scene.press(.enter)
        #expect(scene.sent.count == 1)
    }

    @Test("With commands under way q asks, and quits at the second time; another key in between takes it back")
    func quitWithOrders() {
        var process = OrderScene.Process("orders-1")
        process.names = (1...25).map { "call-\($0)" }
        var scene = OrderScene(dashboard: Size(columns: 120, rows: 40), [process])
        scene.press(.character("M"), .character("O"))
        scene.confirm()
        let asked = "15 commands not sent yet, 10 commands without an answer: q again quits without"
        #expect(scene.effects(of: .character("q")) == [] && scene.screen.contains(asked))
        #expect(scene.effects(of: .down) == [] && scene.effects(of: .control("c")) == [])
        // A held key is no answer, and one that comes much later is another question.
        for _ in 0..<40 {
            scene.wait(30)
            #expect(scene.effects(of: .control("c")) == [])
        }
        scene.wait(60_000)
        #expect(scene.effects(of: .character("q")) == [])
        scene.wait(800)
        #expect(scene.effects(of: .character("q")) == [.quit(status: 0)])
        var quiet = OrderScene.desk(1)
        #expect(quiet.effects(of: .character("q")) == [.quit(status: 0)])
    }

    @Test(
        "The head of a group that a filter cut is a choice of circuits and not the group, also where no name is left out twice"
    )
    func filteredService() {
        var process = OrderScene.Process("orders-1")
        process.names = ["payment.charge", "stock.reserve"]
        for isFiltered in [false, true] {
            var scene = OrderScene(dashboard: Size(columns: 120, rows: 40), [process])
            if isFiltered {
                scene.press(.character("/"))
                scene.type("circuit~pay")
                scene.press(.enter)
            }
            scene.press(.character("t"), .home, .character("O"))
            #expect(scene.desk.dialog?.request.targets.count == (isFiltered ? 1 : 2))
            #expect(scene.desk.dialog?.request.group == (isFiltered ? nil : "orders"))
        }
    }

    @Test(
        "On the line of commands orders are refused where their circuit is not in sight",
        arguments: ["4", "5", "6"])
    func orderFromElsewhere(view: Character) {
        var scene = OrderScene.desk(2)
        scene.press(.character(view))
        for character in ":force-open" { scene.press(.character(character)) }
        scene.press(.enter)
        #expect(scene.desk.dialog == nil && scene.screen.contains("go to the circuit first"))
    }

    @Test(
        "On the map an order is for the calls under the cursor on all instances, whatever is marked, and for later ones"
    )
    func fromTheMap() {
        var scene = OrderScene.desk(3)
        scene.press(.character(" "), .character("3"))
        scene.run(8)
        scene.press(.home, .character("O"))
        #expect(scene.desk.dialog == nil && scene.screen.contains("a service's own line is no circuit"))
        scene.wait(500)
        scene.press(.down, .character("O"))
        #expect(scene.screen.contains("Force open: orders / payment.charge (3 circuits)"))
        scene.confirm()
        #expect(scene.sent.map(\.boot) == scene.processes.map(\.boot))
        scene.perform()
        scene.run(4)
        scene.start(OrderScene.Process("orders-4"))
        scene.run(4)
        #expect(scene.screen.contains("3/4 forced; new instance orders-4 NOT forced: apply again?"))
    }

    @Test(
        "A letter that asks for an order where none is in sight says so, and so does what is typed behind it",
        arguments: "456")
    func orderKeyElsewhere(view: Character) {
        var scene = OrderScene.desk(2)
        scene.press(.character(view))
        for key in "Oq x" { scene.press(.character(key)) }
        #expect(scene.screen.contains("go to the circuit first") && scene.desk.dialog == nil)
    }

    @Test("On the map another target behind the same name is not meant, nor told as new later")
    func twoTargets() {
        var scene = OrderScene.desk(2)
        var process = OrderScene.Process("orders-9")
        process.target = "pay-v2"
        scene.start(process)
        scene.press(.character("3"))
        scene.run(8)
        scene.press(.home, .down, .down, .character("O"))
        #expect(scene.screen.contains("Force open: orders / payment.charge → payments (2 circuits)"))
        #expect(scene.desk.dialog?.request.targets.map(\.instance.instance) == ["orders-1", "orders-2"])
        scene.confirm()
        scene.perform()
        var other = OrderScene.Process("orders-8")
        other.target = "pay-v2"
        scene.start(other)
        scene.run(8)
        #expect(scene.desk.holds.urgent == nil && !scene.screen.contains("NOT forced"))
        scene.start(OrderScene.Process("orders-3"))
        scene.run(8)
        #expect(scene.screen.contains("2/3 forced; new instance orders-3 NOT forced: apply again? Y"))
        scene.press(.character("Y"))
        #expect(scene.desk.dialog?.request.targets.map(\.instance.instance) == ["orders-3"])
        #expect(scene.desk.dialog?.request.calls.count == 1)
    }

    /// Two services' calls to payments are open, and on the map; a third one calls somebody else under the same name.
    private func oneRoot() -> OrderScene {
        var scene = OrderScene.desk(2)
        var gateway = OrderScene.Process("gateway-1")
        gateway.service = "gateway"
        scene.start(gateway)
        var other = OrderScene.Process("orders-9")
        other.target = "pay-v2"
        scene.start(other)
        for name in ["orders-1", "orders-2", "gateway-1"] { scene.setState(.open, name) }
        scene.press(.character("3"))
        scene.run(8)
        return scene
    }

    @Test("What fails for several callers as one root has a line of its own, and orders there are for all of its calls")
    func orderForARoot() {
        var scene = oneRoot()
        let first = scene.screen.split(separator: "\n").first { $0.contains("2 callers → payments") } ?? ""
        #expect(first.contains("■ open 3/3") && first.contains("◂ ROOT"))
        scene.press(.home, .character("O"))
        #expect(scene.screen.contains("Force open: 2 callers → payments (3 circuits)"))
        let asked = scene.desk.dialog?.request.targets.map(\.instance.instance)
        #expect(asked == ["gateway-1", "orders-1", "orders-2"])
        scene.confirm()
        scene.perform()
        scene.run(8)
        #expect(scene.screen.contains("force open 2 callers → payments on 3: 3 done"))
        #expect(scene.desk.holds.urgent == nil, "what calls somebody else was not chosen")
        scene.start(OrderScene.Process("orders-3"))
        scene.run(8)
        #expect(scene.screen.contains("3/4 forced; new instance orders-3/payment.charge NOT forced: apply again?"))
    }

    @Test("Each caller's own line means itself, and n and Enter go over the line of all as over the others")
    func ownLines() {
        var scene = oneRoot()
        scene.press(.home, .down, .down, .character("O"))
        #expect(scene.screen.contains("Force open: gateway / payment.charge (1 circuit)"))
        scene.press(.escape)
        scene.wait(500)
        scene.press(.end, .character("n"), .character("O"))
        #expect(scene.desk.dialog?.request.targets.count == 3)
        scene.press(.escape)
        scene.wait(500)
        scene.press(.home, .enter)
        #expect(scene.dashboard?.screen == .circuit && scene.dashboard?.selection?.name == "payment.charge")
    }

    @Test(
        "The line of a root stays while a force holds its calls, whoever gave it, and what O gave is taken back there")
    func forcedRoot() {
        var scene = oneRoot()
        scene.press(.home, .character("O"))
        scene.confirm()
        // One process obeys later than the others.
        let late = scene.sent.filter { $0.boot.hasSuffix("gateway-1") }
        scene.sent.removeAll { $0.boot.hasSuffix("gateway-1") }
        scene.perform()
        for isDone in [false, true] {
            if isDone {
                scene.sent = late
                scene.perform()
            }
            scene.run(8)
            let cursor = scene.screen.split(separator: "\n").first { $0.hasPrefix("▸") } ?? ""
            #expect(
                cursor.contains("2 callers → payments") && cursor.contains(isDone ? "▣ FORCED OPEN 3/3" : "■ open 1/3"))
        }
        #expect(scene.screen.contains("◂ forced: payments is held for 2 callers: gateway/payment.charge"))
        scene.press(.end, .character("n"), .character("C"))
        #expect(scene.screen.contains("Clear override: 2 callers → payments (3 circuits)"))
        scene.confirm()
        scene.perform()
        for name in ["orders-1", "orders-2", "gateway-1"] { scene.setState(.closed, name) }
        scene.run(8)
        #expect(scene.dashboard?.mapState.lines.first?.group == nil)
        #expect(scene.dashboard?.mapState.call?.caller == "gateway")
    }

    @Test(
        "n goes to the line of all calls of a root, and not to one of them that would be taken for all", arguments: "nN"
    )
    func nextRoot(key: Character) {
        var scene = oneRoot()
        for downs in 0..<6 {
            scene.press(.home)
            for _ in 0..<downs { scene.press(.down) }
            scene.press(.character(key))
            #expect(scene.dashboard?.mapState.groupLine != nil)
        }
    }

    @Test("A force that a restart took away is LOST on the map as well")
    func lostOnTheMap() {
        var scene = OrderScene.desk(2)
        scene.press(.character("O"))
        scene.confirm()
        scene.perform()
        scene.run(4)
        scene.restart("orders-1")
        scene.press(.character("3"))
        scene.run(24)
        let line = scene.screen.split(separator: "\n").first { $0.contains("payment.charge → payments  ") } ?? ""
        #expect(line.contains("LOST! ● closed 2/2"))
        #expect(scene.screen.contains("◂ LOST: orders/payment.charge → payments"))
    }

    @Test("Where rows are few a message has one, with what can be done and where the rest stands; Audit says it once")
    func shortMessage() {
        var scene = OrderScene.desk(2, columns: 60, rows: 12)
        scene.press(.character("M"), .character("O"))
        scene.confirm()
        scene.perform()
        scene.run(4)
        for name in ["orders-1", "orders-2"] {
            scene.change(name, to: .none, by: "bob", reason: "works again, I have seen it")
        }
        scene.run(24)
        var lines = scene.screen.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[10].hasPrefix(" force open 2 circuits: 0/2 forced;") && lines[10].hasSuffix("… Y 6 all"))
        #expect(!lines[9].contains("force open") && !lines[9].contains("bob"))
        // The last order is out of sight there.
        scene.press(.character("6"), .home)
        lines = scene.screen.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count { $0.contains("force open 2 circuits: 0/2") } == 1)
        #expect(lines[10].contains("Y apply again"))
    }

    @Test("What is pasted where nothing is typed is not dropped without a word", arguments: "136")
    func pasteInView(view: Character) {
        var scene = OrderScene.desk(1)
        scene.press(.character(view))
        scene.tell(.input(.paste("payments\nO"), readAt: scene.now.up))
        #expect(scene.screen.contains("pasted text is not for the views") && scene.desk.dialog == nil)
    }

    @Test("The line of a root of several callers is in sight when it comes, and the cursor stays on its call")
    func rootComes() {
        var scene = OrderScene.desk(2, rows: 20)
        for number in 1...12 {
            var gateway = OrderScene.Process("gateway-\(number)")
            gateway.service = "gateway-\(number)"
            scene.start(gateway)
        }
        scene.press(.character("3"))
        scene.run(8)
        scene.press(.home, .down)
        let call = scene.dashboard?.mapState.call
        for name in ["orders-1", "gateway-1"] { scene.setState(.open, name) }
        scene.run(8)
        #expect(scene.screen.contains("2 callers → payments"))
        #expect(call != nil && scene.dashboard?.mapState.call == call)
    }

    @Test("When what was one root is not any more, the cursor is on the first of its calls, and not on another root")
    func rootIsOver() {
        var scene = oneRoot()
        scene.press(.home)
        for name in ["orders-1", "orders-2"] { scene.setState(.closed, name) }
        scene.run(8)
        #expect(!scene.screen.contains("2 callers"))
        #expect(scene.dashboard?.mapState.call?.caller == "gateway")
        #expect(scene.screen.contains("the line for all calls to payments is gone: the cursor is on one of them"))
    }

    @Test("An order from elsewhere leaves the marks of the table")
    func marksStay() {
        var scene = OrderScene.desk(3)
        scene.press(.character("M"), .home, .enter, .character("O"))
        scene.confirm()
        #expect(scene.sent.count == 1 && scene.dashboard?.table.marks.count == 3)
    }

    @Test("Alt and a key while a reason is typed do nothing in the table behind")
    func chord() {
        var scene = OrderScene.desk(2)
        scene.press(.character("O"), .character("w"), .escape, .character("f"))
        #expect(scene.desk.dialog == nil && scene.screen.contains("cancelled, nothing was sent"))
    }

    @Test(
        "An Enter held on behind a dialog, or pressed once too often, does nothing in the view",
        arguments: [true, false])
    func surplusEnter(isConfirmed: Bool) {
        var scene = OrderScene.desk(2)
        scene.press(.character("O"))
        scene.wait(1_000)
        if isConfirmed { scene.press(.left) }
        scene.press(.enter)
        scene.wait(660)
        for _ in 0..<40 {
            scene.press(.enter)
            scene.wait(30)
        }
        #expect(scene.desk.dialog == nil && scene.dashboard?.screen == .circuits)
        #expect(scene.sent.count == (isConfirmed ? 1 : 0))
        #expect(isConfirmed || scene.screen.contains("cancelled, nothing was sent"))
        scene.wait(700)
        scene.press(.enter)
        #expect(scene.dashboard?.screen == .circuit)
    }

    @Test("Alt and a key edits the reason by words and does nothing in the views; Escape alone cancels")
    func alt() {
        var scene = OrderScene.desk(2)
        scene.press(.character("O"))
        for character in "provider down" { scene.press(.character(character)) }
        scene.press(.alt("b"), .alt("b"), .alt("f"), .alt("d"), .alt("\u{7F}"), .alt("x"), .character("x"))
        #expect(scene.desk.dialog?.reason.text == "x")
        scene.wait(1_000)
        scene.press(.escape)
        #expect(scene.desk.dialog == nil)
        for key in "OqR2?" {
            scene.wait(1_000)
            #expect(scene.effects(of: .alt(key)) == [])
            // What was typed right behind Escape, on a slow line.
            #expect(scene.effects(of: .character("q")) == [])
        }
        #expect(scene.desk.dialog == nil && scene.dashboard?.screen == .circuits)
    }

    @Test(
        "On a low screen the result of an order gives its rows back once it was read; what can be done about it stays")
    func lowResult() {
        var scene = OrderScene.desk(1, columns: 60, rows: 12)
        scene.press(.character("O"))
        scene.confirm()
        scene.perform()
        scene.run(2)
        var lines: [Substring] { scene.screen.split(separator: "\n", omittingEmptySubsequences: false) }
        #expect(lines[8].contains("done in 3 ms") && lines[9...10].joined().contains("Z undo"))
        scene.run(Int(Dashboard.noticeTime / 250) + 2)
        #expect(lines[9].contains("───") && lines[10].contains("force open orders") && lines[10].contains("Z undo"))
    }

    @Test("Marks go over to the process that took a circuit's place; what is gone is named by the dialog")
    func marksOverARestart() throws {
        var scene = OrderScene.desk(3)
        scene.press(.character("M"))
        scene.restart("orders-2")
        scene.observe(scene.processes[1], .source(.stopped(reason: "scaled down")))
        scene.run(200)
        scene.press(.character("O"))
        let dialog = try #require(scene.desk.dialog)
        #expect(dialog.request.targets.count == 3)
        #expect(dialog.facts.targets.contains { $0.key.instance.boot.hasPrefix("feed") })
        #expect(dialog.facts.leftOut.map(\.key.instance.instance) == [scene.processes[1].instance])
    }

    @Test("Letters typed for a dialog that did not open do nothing in the table")
    func deaf() {
        var scene = OrderScene.desk(2, isReadOnly: true)
        scene.press(.character(" "), .character("O"))
        for key in "Uq: U" {
            scene.wait(200)
            scene.press(.character(key))
        }
        #expect(scene.dashboard?.table.marks.count == 1 && scene.screen.contains("this dashboard is read-only"))
        scene.wait(500)
        scene.press(.character("U"))
        #expect(scene.dashboard?.table.marks.isEmpty == true)
    }

    @Test("The dialog's time of day is in the zone that the header has")
    func zone() {
        var scene = OrderScene.desk(1)
        scene.press(.character("O"))
        #expect(scene.screen.contains("ends by itself at 12:13:24 UTC"), "\(scene.screen)")
        scene.press(.escape)
        scene.wait(100)
        scene.press(.character("u"), .character("O"))
        #expect(scene.screen.contains("ends by itself at 13:13:24 local"))
    }
}
