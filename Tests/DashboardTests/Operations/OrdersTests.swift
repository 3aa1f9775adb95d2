// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Testing

@testable import Dashboard

/// What becomes of an order once it is sent.
@Suite struct OrdersTests {
    @Test("An order is done only when the service said so and the row was read back, with the proof of its effect")
    func readBack() throws {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.confirm()
        #expect(scene.status.contains("force open orders-1/payment.charge: sent, waiting for the service"))
        let command = try #require(scene.sent.first)
        scene.operations.take(CommandResult(id: command.id, outcome: .success(7)), at: scene.now.up)
        scene.sent = []
        scene.run(1)
        #expect(scene.status.contains("accepted, waiting to read it back"))
        scene.change("orders-1", to: .forcedOpen, by: "oncall")
        scene.run(5)
        #expect(scene.status.contains(/done in 0 ms: 0 admitted, 2\d refused since/))
        // When it ends, what was done stays done; after a while there is nothing more to say.
        scene.change("orders-1", to: .none, by: "ann")
        scene.run(1)
        #expect(scene.status.contains("done in 0 ms, and ended since"))
        scene.run(Int(OrderedCommand.retention / 250) + 2)
        #expect(scene.operations.orders.all.isEmpty)
        #expect(scene.status.contains("0/1 forced; orders-1 cleared by ann"))
    }

    @Test("A force is not said to have ended because its service says nothing any more")
    func silent() throws {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.confirm()
        scene.perform()
        scene.run(5)
        #expect(scene.status.contains("done in 3 ms"))
        scene.silence("orders-1")
        scene.run(200)
        #expect(scene.status.contains("done in 3 ms, nothing is heard of it since"))
    }

    @Test("A force that the next process took over goes on; one that it did not has ended", arguments: [true, false])
    func restarted(keeping: Bool) {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.confirm()
        scene.perform()
        scene.run(5)
        scene.restart("orders-1", keeping: keeping)
        scene.run(24)
        let words = scene.operations.orders.all.first?.status(at: scene.now.up, Theme()).map(\.text).joined() ?? ""
        #expect(words.contains("done in 3 ms"))
        #expect(words.contains("ended since") == !keeping)
    }

    @Test("A probe that failed before anybody could see it is done all the same")
    func failedProbe() throws {
        var scene = OrderScene.orders(1)
        scene.setState(.open, "orders-1")
        scene.run(4)
        scene.ask(.probe)
        scene.confirm()
        let command = try #require(scene.sent.first)
        scene.sent = []
        let seq = scene.probeFails("orders-1")
        scene.tell(.answer(CommandResult(id: command.id, outcome: .success(seq))))
        scene.operations.take(CommandResult(id: command.id, outcome: .success(seq)), at: scene.now.up)
        scene.run(1)
        #expect(scene.status.contains("done in"))
    }

    @Test("A row that shows the same force by somebody else is not taken for our own")
    func notOurs() throws {
        var scene = OrderScene.orders(1)
        scene.change("orders-1", to: .forcedOpen)
        scene.run(1)
        scene.ask(.forceOpen)
        scene.confirm()
        let command = try #require(scene.sent.first)
        scene.operations.take(CommandResult(id: command.id, outcome: .success(7)), at: scene.now.up)
        scene.run(1)
        #expect(scene.status.contains("accepted, waiting to read it back"))
    }

    @Test("An accepted order whose effect never shows is worth an alarm")
    func neverReadBack() throws {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.confirm()
        let command = try #require(scene.sent.first)
        scene.operations.take(CommandResult(id: command.id, outcome: .success(7)), at: scene.now.up)
        scene.run(Int(OrderedCommand.readBackTime / 250) + 1)
        #expect(scene.status.contains("accepted, but its effect does not show"))
    }

    @Test("An order without an answer is not called refused; when its effect shows, that is told")
    func unanswered() throws {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.confirm()
        let command = try #require(scene.sent.first)
        let error = CommandError(.noAnswer, "no answer within 5 seconds")
        scene.operations.take(CommandResult(id: command.id, outcome: .failure(error)), at: scene.now.up)
        #expect(scene.status.contains("NOT KNOWN whether it was done: no answer within 5 seconds"))
        #expect(!scene.status.contains("REFUSED"))
        scene.change("orders-1", to: .forcedOpen, by: "oncall")
        scene.run(1)
        #expect(scene.status.contains("done, as the circuit shows; no answer came"))
    }

    @Test(
        "Of a command without an answer nothing is forgotten before it can happen no more; done later, it can be taken back"
    )
    func wakesLate() throws {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.confirm()
        let command = try #require(scene.sent.first)
        scene.silence("orders-1")
        scene.run(20)
        let error = CommandError(.noAnswer, "no answer within 5 seconds")
        scene.operations.take(CommandResult(id: command.id, outcome: .failure(error)), at: scene.now.up)
        scene.run(400)
        #expect(scene.operations.orders.unfinished.sent == 1, "q asks")
        scene.processes[0].isSilent = false
        scene.perform()
        scene.run(4)
        #expect(scene.operations.holds.all.count == 1)
        #expect(scene.operations.undo(at: scene.now.up) != nil)
        // Nobody is there any more who could do it.
        var gone = OrderScene.orders(1)
        gone.ask(.forceOpen)
        gone.confirm()
        gone.operations.take(
            CommandResult(id: try #require(gone.sent.first).id, outcome: .failure(error)), at: gone.now.up)
        gone.sent = []
        gone.restart("orders-1")
        gone.run(100)
        #expect(gone.operations.orders.all.isEmpty)
    }

    @Test("What went wrong with an order is not hidden behind one that was given after it")
    func wrongBefore() throws {
        var scene = OrderScene.orders(2)
        scene.ask(.forceOpen, [scene.all[0]])
        scene.confirm()
        let first = try #require(scene.sent.first)
        scene.sent = []
        scene.ask(.forceOpen, [scene.all[1]])
        scene.confirm()
        scene.perform()
        scene.run(2)
        let error = CommandError(.notAllowed, "you only observe")
        scene.operations.take(CommandResult(id: first.id, outcome: .failure(error)), at: scene.now.up)
        scene.run(1)
        #expect(scene.status.contains("orders-1/payment.charge: REFUSED: "))
        #expect(scene.status.contains("orders-2/payment.charge: done in"))
    }

    @Test("The gravest reason is told first")
    func gravest() throws {
        var scene = OrderScene.orders(3)
        scene.ask(.forceOpen)
        scene.confirm()
        let last = try #require(scene.sent.last)
        let first = try #require(scene.sent.first)
        scene.operations.take(
            CommandResult(id: first.id, outcome: .failure(CommandError(.noAnswer, "no answer"))), at: scene.now.up)
        scene.operations.take(
            CommandResult(id: last.id, outcome: .failure(CommandError(.notAllowed, "you only observe"))),
            at: scene.now.up)
        #expect(scene.status.contains("you only observe") && !scene.status.contains("no answer"))
    }

    @Test("An order for many has one line with what must not be overlooked, and one line a circuit")
    func many() {
        var scene = OrderScene.orders(3)
        scene.ask(.forceOpen, group: "payment.charge")
        scene.operations.paste("INC-42")
        scene.confirm()
        #expect(scene.sent.count == 3)
        // Somebody is faster at one of them.
        scene.change("orders-2", to: .forcedClosed)
        scene.perform()
        scene.run(3)
        let status = scene.status
        #expect(status.contains(/payment.charge on 3: 2 done in 3–\d+ ms, 1 REFUSED: the override is at revision 1/))
        let lines = scene.operations.orders.all[0].lines(at: scene.now.up, Theme()).map { $0.map(\.text).joined() }
        #expect(lines[0].contains("orders-1/payment.charge: done in 3 ms: 0 admitted"))
        #expect(lines[1].contains("orders-2/payment.charge: REFUSED: the override is at revision 1"))
    }

    @Test("A process gets no more commands a second than it takes; the rest waits and goes out later")
    func pace() {
        var process = OrderScene.Process("orders-1")
        process.names = (1...25).map { "call-\($0)" }
        var scene = OrderScene([process, OrderScene.Process("orders-2")])
        scene.ask(.forceOpen, process.names.map(process.key) + [scene.all[1]])
        scene.confirm()
        #expect(scene.sent.count == 11)
        #expect(scene.status.contains("11 sent, 15 waiting to be sent"))
        scene.perform()
        scene.run(3)
        #expect(scene.sent.isEmpty)
        scene.run(1)
        #expect(scene.sent.count == 10)
        scene.run(4)
        #expect(scene.sent.count == 15)
        scene.perform()
        scene.run(2)
        #expect(scene.status.contains("26 done"))
    }

    @Test("A command that a service has no room for is sent again, a few times")
    func rateLimited() throws {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.confirm()
        let id = try #require(scene.sent.first?.id)
        for attempt in 1...OrderedCommand.maximumAttempts {
            #expect(scene.sent.map(\.id) == [id], "attempt \(attempt)")
            scene.sent = []
            let error = CommandError(.rateLimited, "too many commands")
            scene.operations.take(CommandResult(id: id, outcome: .failure(error)), at: scene.now.up)
            scene.run(7)
        }
        #expect(scene.sent.isEmpty)
        #expect(scene.status.contains("REFUSED: too many commands (rate_limited)"))
        #expect(scene.operations.audit.lines.count == 1)
    }

    @Test("Of orders that are settled only the newest are kept")
    func bounded() {
        var scene = OrderScene.orders(1)
        for _ in 0..<40 {
            scene.ask(.reset)
            scene.confirm()
            scene.perform()
            scene.run(1)
        }
        #expect(scene.operations.orders.all.count == Orders.maximumOrders)
        #expect(scene.operations.orders.all.last?.number == 40)
    }

    @Test("An order that still goes out is never forgotten for a new one: that is refused in a sentence")
    func noRoom() {
        var process = OrderScene.Process("orders-1")
        process.names = (1...400).map { "call-\($0)" }
        var scene = OrderScene([process])
        for index in 0..<Orders.maximumOrders {
            scene.ask(.forceOpen, (0..<20).map { process.key("call-\(index * 20 + $0 + 1)") })
            scene.confirm()
        }
        scene.ask(.forceOpen, [process.key("call-400")])
        #expect(scene.operations.dialog == nil)
        #expect(scene.notice == "16 orders still go out: wait for one, or stop one in the view Audit")
        #expect(scene.operations.orders.all.first?.number == 1)
        #expect(scene.operations.orders.all.count == Orders.maximumOrders)
    }

    @Test("The newest order goes out first, and what older ones have not sent to the same circuits stays here")
    func lastWord() throws {
        var (scene, keys) = Self.sixtyForced()
        scene.perform()
        scene.run(2)
        scene.ask(.clear, keys)
        scene.confirm()
        for _ in 0..<32 {
            scene.perform()
            scene.run(1)
        }
        // Ten were forced: the clear of those is what goes out, and no further force does.
        #expect(scene.processes[0].slots.count == 10)
        #expect(scene.processes[0].slots.values.allSatisfy { $0.mode == .none })
        try #require(scene.operations.orders.all.count == 2)
        #expect(scene.operations.orders.all[0].targets.count { $0.fate.isDropped } == 50)
        #expect(scene.operations.orders.all[1].targets.count { $0.fate == .done } == 10)
    }

    @Test("A newer order does not wait for an older one that still goes out")
    func newestFirst() {
        var process = OrderScene.Process("orders-1")
        process.names = (1...61).map { "call-\($0)" }
        var scene = OrderScene([process])
        scene.ask(.forceOpen, process.names.prefix(60).map(process.key))
        scene.confirm()
        scene.sent = []
        scene.ask(.forceOpen, [process.key("call-61")])
        scene.confirm()
        scene.run(5)
        #expect(scene.sent.first?.circuit == 61)
    }

    @Test("An order that is stopped sends no more, and says what it has not sent")
    func stopped() {
        var (scene, _) = Self.sixtyForced()
        #expect(scene.operations.stop(1, at: scene.now.up) == (50, 10))
        scene.perform()
        scene.run(12)
        #expect(scene.sent.isEmpty)
        #expect(scene.status.contains("10 done") && scene.status.contains("50 NOT SENT"))
        #expect(scene.operations.stop(1, at: scene.now.up) == (0, 0))
    }

    @Test(
        "What was on its way when its order was stopped, or given another way, is not sent once more",
        arguments: [true, false])
    func noSecondTry(isStopped: Bool) throws {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.confirm()
        let id = try #require(scene.sent.first?.id)
        if isStopped {
            _ = scene.operations.stop(1, at: scene.now.up)
        } else {
            scene.ask(.reset)
            scene.confirm()
        }
        scene.sent = []
        let error = CommandError(.rateLimited, "too many commands")
        scene.operations.take(CommandResult(id: id, outcome: .failure(error)), at: scene.now.up)
        scene.run(20)
        #expect(!scene.sent.contains { $0.action == .forceOpen })
        #expect(scene.operations.orders.all.first?.targets.first?.fate.isDropped == true)
    }

    @Test("What came of the newest order is said before that an older force is missing")
    func newsFirst() throws {
        var scene = OrderScene.orders(2)
        scene.ask(.forceOpen, [scene.all[0]])
        scene.confirm()
        scene.perform()
        scene.run(3)
        scene.change("orders-1", to: .none, by: "bob")
        scene.run(3)
        #expect(scene.status.contains("cleared by bob"))
        scene.ask(.reset, [scene.all[1]])
        scene.confirm()
        let id = try #require(scene.sent.first?.id)
        let error = CommandError(.overrideConflict, "somebody was faster")
        scene.operations.take(CommandResult(id: id, outcome: .failure(error)), at: scene.now.up)
        scene.run(1)
        #expect(scene.status.contains("REFUSED: somebody was faster"))
        scene.run(Int(OrderedCommand.retention / 250) + 2)
        #expect(scene.status.contains("cleared by bob"))
    }

    /// Sixty circuits of one process, ten of which were sent a force.
    private static func sixtyForced() -> (OrderScene, [CircuitKey]) {
        var process = OrderScene.Process("orders-1")
        process.names = (1...60).map { "call-\($0)" }
        var scene = OrderScene([process])
        let keys = process.names.map(process.key)
        scene.ask(.forceOpen, keys)
        scene.confirm()
        return (scene, keys)
    }

    // MARK: - Undo

    @Test("After a force the undo is a clear of exactly what was done, at the revision that was set")
    func undoForce() {
        var scene = OrderScene.orders(5)
        scene.ask(.forceOpen, group: "payment.charge")
        scene.confirm()
        // One refuses.
        scene.change("orders-2", to: .forcedClosed)
        scene.perform()
        scene.run(1)
        #expect(scene.status.contains("u undo: clear (gently, probes first)"))
        #expect(scene.operations.askUndo(in: scene.fleet, at: scene.now.up) == nil)
        let dialog = scene.operations.dialog
        #expect(dialog?.request.action == .clear && dialog?.focus == .cancel && dialog?.isWide == false)
        scene.confirm()
        #expect(scene.sent.map(\.action) == [.clear, .clear, .clear, .clear])
        #expect(scene.sent.map { String($0.boot.suffix(8)) } == ["orders-1", "orders-3", "orders-4", "orders-5"])
        #expect(Set(scene.sent.map(\.ifOverrideRevision)) == [1])
        scene.perform()
        scene.run(1)
        #expect(scene.status.contains("4 done"))
        // What takes something back is not taken back in turn.
        #expect(scene.operations.undo(at: scene.now.up) == nil)
    }

    @Test("What somebody changed after our force is not undone")
    func undoChanged() {
        var scene = OrderScene.orders(2)
        scene.ask(.forceOpen)
        scene.confirm()
        scene.perform()
        scene.run(1)
        scene.change("orders-2", to: .forcedOpen, by: "ann")
        scene.run(1)
        #expect(scene.operations.askUndo(in: scene.fleet, at: scene.now.up) == nil)
        #expect(scene.screen.contains("left out orders-2/payment.charge: it was changed since by ann"))
        scene.confirm()
        #expect(scene.sent.map(\.boot) == ["00000000orders-1"])
    }

    @Test("After a clear the undo forces again as it was, for the time that was left")
    func undoClear() {
        var scene = OrderScene.orders(1)
        scene.change("orders-1", to: .forcedOpen, reason: "INC-42")
        scene.run(20)
        scene.ask(.clear)
        scene.confirm()
        scene.perform()
        scene.run(1)
        #expect(scene.status.contains("u undo: force open again"))
        #expect(scene.operations.askUndo(in: scene.fleet, at: scene.now.up) == nil)
        #expect(scene.operations.dialog?.reason.text == "INC-42")
        scene.confirm()
        let command = scene.sent.first
        #expect(command?.action == .forceOpen && command?.ifOverrideRevision == 2)
        guard case .limited(let time) = command?.lifetime else {
            Issue.record("it does not end")
            return
        }
        #expect((53_000...55_000).contains(time))
    }

    @Test("One undo after another goes back over all forces that stand, however old, and over what was cleared")
    func undoSeveral() {
        var scene = OrderScene.orders(3)
        scene.change("orders-3", to: .forcedOpen, by: "bob", reason: "INC-7")
        scene.run(1)
        func done(_ action: CommandAction, _ index: Int) {
            scene.ask(action, [scene.all[index]])
            scene.confirm()
            scene.perform()
            scene.run(2)
        }
        done(.forceOpen, 0)
        scene.run(4 * 300)
        scene.change("orders-3", to: .forcedOpen, by: "bob", reason: "INC-7")
        scene.run(1)
        done(.clear, 2)
        done(.forceOpen, 1)
        var undone: [String] = []
        for _ in 0..<3 {
            #expect(scene.operations.askUndo(in: scene.fleet, at: scene.now.up) == nil)
            scene.confirm()
            undone += scene.sent.map { "\($0.action) \($0.boot.suffix(8))" }
            // What is under way is not offered again.
            let next = scene.operations.undo(at: scene.now.up)?.request
            #expect(next?.targets != scene.operations.orders.all.last?.targets.map(\.key))
            scene.perform()
            scene.run(2)
            if undone.count == 2 { break }
        }
        #expect(undone == ["clear orders-2", "forceOpen orders-3"])
        done(.clear, 2)
        scene.run(4 * 125)
        #expect(scene.operations.askUndo(in: scene.fleet, at: scene.now.up) == nil)
        scene.confirm()
        #expect(scene.sent.map { "\($0.action) \($0.boot.suffix(8))" } == ["clear orders-1"])
        scene.perform()
        scene.run(2)
        #expect(scene.operations.askUndo(in: scene.fleet, at: scene.now.up) == "there is nothing to undo")
    }

    /// Forces a circuit, or does something else to it, and waits until that is known.
    private func done(_ action: CommandAction, _ index: Int, _ scene: inout OrderScene) {
        scene.ask(action, [scene.all[index]])
        scene.confirm()
        scene.perform()
        scene.run(2)
    }

    @Test("Where what was done last cannot be taken back now, the undo says why and goes to nothing older")
    func undoLastOnly() {
        var scene = OrderScene.orders(2)
        done(.forceOpen, 0, &scene)
        done(.forceOpen, 1, &scene)
        scene.silence("orders-2")
        scene.run(40)
        let refusal = scene.operations.askUndo(in: scene.fleet, at: scene.now.up)
        #expect(scene.operations.dialog == nil && refusal?.contains("nobody answers") == true, "\(refusal ?? "")")
    }

    @Test("A probe, and a clear of which nothing is known, leave the undo of the force that stands")
    func undoBehindProbe() throws {
        var scene = OrderScene.orders(1)
        scene.setState(.open, "orders-1")
        done(.forceClosed, 0, &scene)
        let force = try #require(scene.operations.undo(at: scene.now.up)?.order)
        scene.ask(.probe)
        scene.confirm()
        scene.run(1)
        #expect(scene.sent.map(\.action) == [.probe])
        #expect(scene.operations.undo(at: scene.now.up)?.order == force)
        scene.sent = []
        scene.ask(.clear)
        scene.confirm()
        scene.run(1)
        let clear = try #require(scene.sent.first)
        #expect(scene.operations.undo(at: scene.now.up) == nil, "it is under way")
        let error = CommandError(.noAnswer, "no answer within 5 seconds")
        scene.operations.take(CommandResult(id: clear.id, outcome: .failure(error)), at: scene.now.up)
        scene.run(1)
        #expect(scene.operations.undo(at: scene.now.up)?.order == force)
    }

    @Test("A clear is offered back until its force would have ended, and for what is left of it when it is asked")
    func undoLate() {
        var scene = OrderScene.orders(1)
        scene.change("orders-1", to: .forcedOpen)
        scene.run(4)
        done(.clear, 0, &scene)
        scene.run(4 * 40)
        #expect(scene.operations.askUndo(in: scene.fleet, at: scene.now.up) == nil)
        guard case .limited(let time)? = scene.operations.dialog?.request.lifetime else {
            Issue.record("it does not end")
            return
        }
        #expect((15_000...19_000).contains(time))
        scene.press(.escape)
        scene.run(4 * 20)
        #expect(scene.operations.askUndo(in: scene.fleet, at: scene.now.up) == "there is nothing to undo")
    }

    @Test("A reset, a probe and what was refused offer no undo; that of a force ends with it, another one after a time")
    func noUndo() {
        var scene = OrderScene.orders(1)
        scene.ask(.reset)
        scene.confirm()
        scene.perform()
        scene.run(1)
        #expect(scene.operations.askUndo(in: scene.fleet, at: scene.now.up) == "there is nothing to undo")
        scene.ask(.forceOpen)
        scene.confirm()
        scene.perform()
        scene.run(1)
        scene.run(Int(UndoOffer.time / 250))
        #expect(scene.operations.undo(at: scene.now.up) != nil)
        scene.ask(.clear)
        scene.confirm()
        scene.perform()
        scene.run(1)
        #expect(scene.operations.undo(at: scene.now.up)?.request.action == .forceOpen)
        scene.run(Int(UndoOffer.time / 250))
        #expect(scene.operations.undo(at: scene.now.up) == nil)
    }

    @Test("When a force is over it says by what and keeps what was counted; nothing is offered to be taken back")
    func ended() throws {
        var scene = OrderScene.orders(3)
        scene.ask(.forceOpen)
        scene.confirm()
        scene.perform()
        scene.run(5)
        #expect(scene.operations.undo(at: scene.now.up) != nil)
        scene.change("orders-1", to: .none, cause: .expiry)
        scene.change("orders-2", to: .none, by: "bob")
        scene.run(1)
        var order: Order? { scene.operations.orders.all.first }
        var words: String { order?.status(at: scene.now.up, Theme()).map(\.text).joined() ?? "" }
        #expect(words.contains("3 done in 3–"))
        #expect(words.contains(/1 ended since by time, 1 ended since cleared by bob: 0 admitted, \d\d refused since/))
        #expect(scene.operations.undo(at: scene.now.up) != nil)
        scene.change("orders-3", to: .none, by: "bob")
        scene.run(1)
        #expect(words.contains(/2 ended since cleared by bob: 0 admitted, \d\d refused while it held/))
        #expect(scene.operations.undo(at: scene.now.up) == nil)
        let first = try #require(order?.lines(at: scene.now.up, Theme()).first).map(\.text).joined()
        #expect(first.contains(/done in 3 ms, and ended since by time: 0 admitted, \d\d refused while it held/))
    }
}
