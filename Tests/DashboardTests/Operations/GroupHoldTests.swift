// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Testing

@testable import Dashboard

/// A force on a group remembers the group.
@Suite struct GroupHoldTests {
    private func forced(_ count: Int = 3, group: String? = "payment.charge") -> OrderScene {
        var scene = OrderScene.orders(count)
        scene.ask(.forceOpen, group: group)
        scene.operations.paste("INC-42")
        scene.confirm()
        scene.perform()
        scene.run(3)
        return scene
    }

    @Test("All that was forced holds: nothing is asked")
    func holds() {
        let scene = forced()
        let hold = scene.operations.holds.all.first
        #expect(hold?.report.forced == 3 && hold?.report.total == 3 && hold?.needsAttention == false)
        #expect(scene.operations.holds.urgent == nil)
    }

    @Test("Of several forces the one whose loss is newest is told, and Y is for it")
    func newestLoss() {
        var scene = OrderScene.orders(2)
        for number in 0...1 {
            scene.ask(.forceOpen, [scene.all[number]])
            scene.confirm()
            scene.perform()
            scene.run(3)
        }
        scene.change("orders-1", to: .none, by: "bob", reason: "works again")
        scene.run(100)
        #expect(scene.status.contains("orders-1 cleared by bob"))
        scene.restart("orders-2")
        scene.run(24)
        #expect(scene.status.contains("override lost by restart of orders-2"))
        #expect(scene.operations.askAgain(in: scene.fleet, at: scene.now.up) == nil)
        #expect(scene.operations.dialog?.facts.targets.map(\.key.instance.instance) == ["orders-2"])
    }

    @Test("Circuits that ended alike are told together, each by its name")
    func endedAlike() {
        var process = OrderScene.Process("orders-1")
        process.names = ["payment.charge", "payment.refund"]
        var scene = OrderScene([process, OrderScene.Process("orders-2")])
        scene.ask(.forceOpen)
        scene.confirm()
        scene.perform()
        scene.run(3)
        for instance in ["orders-1", "orders-2"] { scene.change(instance, to: .none, by: "bob", reason: "fine") }
        scene.run(3)
        let sentence = scene.operations.holds.urgent?.sentence ?? ""
        #expect(sentence.ranges(of: "cleared by bob").count == 1, "\(sentence)")
        #expect(sentence.contains("orders-1") && sentence.contains("orders-2"))
    }

    @Test("A force that was carried out late is followed as long as it lasts")
    func late() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.confirm()
        let ends = scene.now.up + 600_000
        scene.wait(30_000)
        scene.perform()
        scene.run(3)
        #expect(scene.operations.holds.all.first?.end ?? 0 >= ends + 29_000)
    }

    @Test("A force that comes back by undo is on the circuits that had it, and on no group")
    func undoneClear() {
        var scene = OrderScene.orders(4)
        scene.change("orders-2", to: .forcedOpen, by: "bob")
        scene.run(3)
        scene.ask(.clear, group: "payment.charge")
        scene.confirm()
        scene.perform()
        scene.run(3)
        #expect(scene.operations.askUndo(in: scene.fleet, at: scene.now.up) == nil)
        #expect(scene.operations.dialog?.facts.targets.map(\.key.instance.instance) == ["orders-2"])
        scene.confirm()
        scene.perform()
        scene.run(3)
        #expect(scene.operations.holds.all.map(\.isGroup) == [false])
        #expect(scene.operations.holds.urgent == nil)
    }

    @Test("A probe ends no force of this screen: who clears it later is told")
    func probed() {
        var scene = OrderScene.orders(1)
        scene.setState(.open, "orders-1")
        scene.run(1)
        scene.ask(.forceClosed)
        scene.confirm()
        scene.perform()
        scene.run(3)
        scene.ask(.probe)
        scene.confirm()
        #expect(scene.sent.map(\.action) == [.probe])
        let began = scene.probeFails("orders-1")
        for command in scene.sent {
            scene.operations.take(CommandResult(id: command.id, outcome: .success(began)), at: scene.now.up)
        }
        scene.sent = []
        scene.run(4)
        #expect(scene.operations.orders.all.last?.effective.count == 1)
        scene.change("orders-1", to: .none, by: "bob", reason: "over")
        scene.run(4)
        #expect(scene.operations.holds.urgent?.sentence.contains("orders-1 cleared by bob: “over”") == true)
    }

    @Test("An order that was refused decides nothing: what the force misses is still told")
    func refusedOrder() throws {
        var scene = forced()
        scene.start(OrderScene.Process("orders-4"))
        scene.run(3)
        #expect(scene.operations.holds.urgent?.report.missing.count == 1)
        scene.ask(.reset, [scene.all[3]])
        scene.confirm()
        let command = try #require(scene.sent.first)
        scene.sent = []
        scene.operations.take(
            CommandResult(id: command.id, outcome: .failure(CommandError(.notAllowed, "no"))), at: scene.now.up)
        scene.run(3)
        #expect(scene.operations.holds.urgent?.report.missing.count == 1)
    }

    @Test("An instance that comes later is told as not forced; apply again is for it alone, for the time left")
    func newInstance() {
        var scene = forced()
        scene.start(OrderScene.Process("orders-4"))
        scene.run(200)
        #expect(
            scene.status.contains("payment.charge on 3: 3/4 forced; new instance orders-4 NOT forced: apply again? a"))
        #expect(scene.operations.askAgain(in: scene.fleet, at: scene.now.up) == nil)
        #expect(scene.operations.dialog?.facts.targets.map(\.key.instance.instance) == ["orders-4"])
        #expect(scene.operations.dialog?.reason.text == "INC-42")
        scene.confirm()
        #expect(scene.sent.map(\.boot) == ["00000000orders-4"])
        guard case .limited(let time) = scene.sent.first?.lifetime else {
            Issue.record("it does not end")
            return
        }
        #expect((540_000...552_000).contains(time))
        scene.perform()
        scene.run(3)
        #expect(scene.operations.holds.all.count == 1)
        #expect(scene.operations.holds.all.first?.report.forced == 4)
        #expect(scene.operations.holds.urgent == nil)
    }

    @Test("A force on single circuits does not spread to instances that come later")
    func single() {
        var scene = forced(group: nil)
        scene.start(OrderScene.Process("orders-4"))
        scene.run(3)
        #expect(scene.operations.holds.urgent == nil)
        #expect(scene.operations.holds.all.first?.report.total == 3)
    }

    @Test("A restart that loses the override is told, and one that keeps it is not", arguments: [true, false])
    func restart(keeps: Bool) {
        var scene = forced()
        scene.restart("orders-2", keeping: keeps)
        scene.run(24)
        let status = scene.operations.holds.all.first?.sentence
        if keeps {
            #expect(status == "force open payment.charge on 3: 3/3 forced")
        } else {
            #expect(
                status
                    == "force open payment.charge on 3: 2/3 forced; override lost by restart of orders-2: apply again?")
            #expect(scene.operations.askAgain(in: scene.fleet, at: scene.now.up) == nil)
            scene.confirm()
            scene.perform()
            scene.run(3)
            #expect(scene.operations.holds.all.first?.report.forced == 3)
        }
    }

    @Test(
        "What somebody else takes away is told with the name and offered again, for ten minutes",
        arguments: [OverrideMode.none, .forcedClosed])
    func cleared(mode: OverrideMode) {
        var scene = forced()
        scene.change("orders-2", to: mode, reason: mode == .none ? "over" : "")
        scene.run(3)
        let (word, why) = mode == .none ? ("cleared", ": “over”") : ("forced closed", "")
        #expect(
            scene.operations.holds.all.first?.sentence
                == "force open payment.charge on 3: 2/3 forced; orders-2 \(word) by ann\(why): apply again?")
        #expect(scene.status.contains("orders-2 \(word) by ann\(why): apply again? a"))
        _ = scene.operations.askAgain(in: scene.fleet, at: scene.now.up)
        #expect(scene.operations.dialog?.facts.targets.map(\.key.instance.instance) == ["orders-2"])
        scene.press(.escape)
        scene.run(Int(GroupHold.takenTime / 250) - 12)
        #expect(scene.operations.holds.urgent != nil)
        scene.run(12)
        // It stays over then, also in the next boot.
        #expect(scene.operations.holds.urgent == nil)
        scene.restart("orders-2")
        scene.run(24)
        #expect(scene.operations.holds.urgent == nil)
    }

    @Test("A force of one circuit that somebody else cleared stays in sight, with the name")
    func clearedAlone() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.confirm()
        scene.perform()
        scene.run(3)
        scene.change("orders-1", to: .none, by: "bob", reason: "over")
        scene.run(3)
        #expect(
            scene.status
                == "force open orders-1/payment.charge: 0/1 forced; orders-1 cleared by bob: “over”: apply again? a")
    }

    @Test(
        "What this screen ends is over, and nobody is asked about it", arguments: [CommandAction.clear, .forceClosed])
    func endedByUs(action: CommandAction) {
        var scene = forced()
        scene.ask(action, [scene.all[1]])
        scene.confirm()
        scene.perform()
        scene.run(12)
        #expect(scene.operations.holds.urgent == nil)
        #expect(scene.operations.holds.all.first?.sentence == "force open payment.charge on 3: 2/2 forced")
        // What is forced again and then taken by another is told all the same.
        scene.ask(.forceOpen, [scene.all[1]])
        scene.confirm()
        scene.perform()
        scene.run(4)
        scene.change("orders-2", to: .none, by: "bob")
        scene.run(12)
        #expect(scene.operations.holds.urgent?.sentence.contains("orders-2 cleared by bob") == true)
    }

    @Test("After a clear of the whole group nothing of it is asked for again, though not all of it was forced")
    func clearedByUs() {
        var scene = forced()
        scene.start(OrderScene.Process("orders-4"))
        scene.run(4)
        #expect(scene.operations.holds.urgent?.report.missing.count == 1)
        scene.ask(.clear, Array(scene.all.prefix(3)))
        scene.confirm()
        scene.perform()
        scene.run(12)
        #expect(scene.operations.holds.all.isEmpty)
    }

    @Test("A force that somebody's own took the place of is told when that one ends before ours would")
    func replaced() {
        var scene = forced(group: nil)
        scene.change("orders-2", to: .forcedOpen, by: "bob")
        scene.run(4)
        #expect(scene.operations.holds.urgent == nil)
        scene.change("orders-2", to: .none, by: "bob", cause: .expiry)
        scene.run(4)
        #expect(scene.operations.holds.urgent?.sentence.contains("orders-2 forced by bob now, which ended") == true)
    }

    @Test("While it is applied again, and when that is refused, what was taken stays in sight")
    func againRefused() throws {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.confirm()
        scene.perform()
        scene.run(3)
        scene.change("orders-1", to: .none, by: "bob")
        scene.run(3)
        _ = scene.operations.askAgain(in: scene.fleet, at: scene.now.up)
        scene.confirm()
        scene.run(8)
        #expect(scene.operations.holds.all.count == 1)
        let id = try #require(scene.sent.last?.id)
        scene.operations.take(
            CommandResult(id: id, outcome: .failure(CommandError(.overrideConflict, "no"))), at: scene.now.up)
        scene.run(4)
        #expect(scene.operations.holds.urgent?.sentence.contains("cleared by bob") == true)
    }

    @Test("What is applied again for longer is followed for as long")
    func longer() {
        var scene = forced()
        scene.restart("orders-2")
        scene.run(24)
        _ = scene.operations.askAgain(in: scene.fleet, at: scene.now.up)
        for _ in 0..<5 where scene.operations.dialog?.focus != .lifetime { scene.press(.tab) }
        scene.type("2h")
        scene.confirm()
        scene.perform()
        scene.run(4)
        scene.wait(650_000)
        scene.run(4)
        #expect(scene.operations.holds.all.first?.end.map { $0 > scene.now.up + 6_000_000 } == true)
    }

    @Test("What somebody decides after a restart lost the force counts as a decision")
    func decidedAfterRestart() {
        var scene = forced()
        scene.restart("orders-2")
        scene.run(24)
        #expect(scene.operations.holds.urgent != nil)
        scene.change("orders-2", to: .forcedClosed)
        scene.run(3)
        #expect(scene.operations.holds.all.first?.report.missing == [])
        #expect(scene.operations.holds.all.first?.sentence.contains("orders-2 forced closed by ann") == true)
    }

    @Test("What nobody is known to have cleared is over as well, a moment later")
    func clearedBySomebody() {
        var scene = forced()
        let slot = CircuitOverride(mode: .none, revision: 2)
        scene.processes[1].slots[1] = slot
        scene.observe(scene.processes[1], .circuit(scene.processes[1].circuits[0]))
        scene.run(12)
        #expect(scene.operations.holds.all.first?.sentence.contains("orders-2 ended by somebody") == true)
    }

    @Test("When its time is over, the hold is")
    func expired() {
        var scene = forced()
        for index in 1...3 { scene.change("orders-\(index)", to: .none, cause: .expiry) }
        scene.run(12)
        #expect(scene.operations.holds.all.isEmpty)
        var other = forced()
        other.wait(601_000)
        other.run(3)
        #expect(other.operations.holds.all.isEmpty)
    }

    @Test("A force without an end on a group is asked for where one comes after nobody was there for long")
    func desertedGroup() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen, group: "payment.charge")
        scene.press(.tab, .tab)
        scene.type("forever")
        scene.confirm()
        scene.perform()
        scene.run(3)
        #expect(scene.operations.holds.all.first?.end == nil && scene.operations.holds.all.count == 1)
        scene.observe(scene.processes[0], .source(.lost(reason: "connection closed")))
        scene.silence("orders-1")
        for _ in 0..<3 {
            scene.wait(FleetModel.lostRetention)
            scene.run(3)
        }
        #expect(scene.fleet.instances.isEmpty)
        scene.start(OrderScene.Process("orders-9"))
        scene.run(3)
        #expect(scene.operations.holds.urgent?.sentence.contains("new instance orders-9 NOT forced") == true)
    }

    @Test("A force without an end whose processes never come back is followed no more, and the record says so")
    func deserted() {
        var scene = OrderScene.orders(2)
        scene.ask(.forceOpen, [scene.all[0]])
        scene.press(.tab, .tab)
        scene.type("forever")
        scene.confirm()
        scene.perform()
        scene.run(3)
        #expect(scene.operations.holds.all.first?.end == nil && scene.operations.holds.all.count == 1)
        scene.observe(scene.processes[0], .source(.lost(reason: "connection closed")))
        scene.silence("orders-1")
        scene.wait(FleetModel.lostRetention - 1_000)
        scene.run(2)
        #expect(scene.operations.holds.all.count == 1)
        scene.wait(1_000)
        scene.run(3)
        scene.wait(FleetModel.lostRetention - 2_000)
        scene.run(3)
        #expect(scene.operations.holds.all.count == 1)
        scene.wait(2_000)
        scene.run(3)
        #expect(scene.operations.holds.all.isEmpty)
        #expect(
            scene.operations.audit.lines.last?.what
                == "force open orders-1/payment.charge: its processes never came back, it is followed no more")
    }

    @Test("A service that says nothing is not counted as forced, nor asked about")
    func silent() {
        var scene = forced()
        scene.silence("orders-3")
        scene.run(16)
        #expect(
            scene.operations.holds.all.first?.sentence == "force open payment.charge on 3: 2/3 forced; 1 not known")
    }

    @Test("One who refused is told as not forced; so is a left-out one")
    func refused() {
        var observer = OrderScene.Process("orders-3")
        observer.mayOperate = false
        var scene = OrderScene([OrderScene.Process("orders-1"), OrderScene.Process("orders-2"), observer])
        scene.ask(.forceOpen, group: "payment.charge")
        scene.confirm()
        scene.perform()
        scene.run(3)
        #expect(
            scene.operations.holds.all.first?.sentence
                == "force open payment.charge on 2: 2/3 forced; orders-3 NOT forced: apply again?")
        #expect(scene.operations.askAgain(in: scene.fleet, at: scene.now.up)?.contains("only observe") == true)
    }

    @Test("A hold that is dropped stays dropped")
    func dropped() {
        var scene = forced()
        let number = scene.operations.holds.all[0].number
        scene.operations.drop(number)
        scene.run(3)
        #expect(scene.operations.holds.all.isEmpty)
    }

    @Test("The oldest of too many holds goes")
    func bounded() {
        var scene = OrderScene.orders(1)
        for _ in 0..<20 {
            scene.ask(.forceOpen)
            scene.confirm()
            scene.perform()
            scene.run(3)
            #expect(scene.operations.holds.all.count <= GroupHolds.maximumHolds)
        }
        // Each replaced the one before.
        #expect(scene.operations.holds.all.count == 1)
    }
}
