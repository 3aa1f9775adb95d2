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

    @Test("The dialog's time of day is in the zone that the header has")
    func zone() {
        var scene = OrderScene.desk(1)
        scene.press(.character("O"))
        #expect(scene.screen.contains("ends by itself at 12:13:24 UTC"), "\(scene.screen)")
        scene.press(.escape, .character("u"), .character("O"))
        #expect(scene.screen.contains("ends by itself at 13:13:24 local"))
    }
}
