// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Testing

@testable import Dashboard

/// Who did what.
@Suite struct AuditListTests {
    private func text(_ line: AuditLine) -> String { line.spans(Theme(), WallClock(offset: nil)).map(\.text).joined() }

    @Test("Our own command stands there once, with the principal that the service saw and what came of it")
    func own() throws {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.operations.paste("INC-42")
        scene.confirm()
        #expect(scene.operations.audit.lines.map(\.result) == [.sent])
        scene.perform()
        scene.run(2)
        let line = try #require(scene.operations.audit.lines.first)
        #expect(scene.operations.audit.lines.count == 1)
        #expect(line.isOwn && line.result == .done && line.principal == "uid 0 (root)")
        #expect(
            text(line).contains(
                "done       orders-1/payment.charge      force open by oncall (root) for 10 min: “INC-42”, this screen"
            ))
    }

    @Test("What others did, and what happened by itself, stands beside it in the order of time")
    func others() {
        var scene = OrderScene.orders(2)
        scene.change("orders-1", to: .forcedOpen, reason: "maintenance")
        scene.run(2)
        scene.change("orders-1", to: .none, cause: .expiry)
        scene.run(2)
        scene.ask(.reset, [scene.all[1]])
        scene.confirm()
        scene.perform()
        scene.run(2)
        scene.change("orders-2", to: .forcedOpen, by: "bob")
        scene.restart("orders-2")
        scene.run(24)
        let lines = scene.operations.audit.lines
        #expect(lines.map(\.t) == lines.map(\.t).sorted())
        let words = lines.map(text)
        #expect(words.count == 5)
        #expect(words[0].contains(/done .*force open by ann for 60 s: “maintenance”$/))
        #expect(words[1].contains("override expired"))
        #expect(words[2].contains("▸") && words[2].contains("reset by oncall"))
        #expect(words[3].contains(/done .*force open by bob for 60 s$/))
        #expect(words[4].contains("OVERRIDE LOST by the restart: forced open of bob"))
    }

    @Test("A refusal keeps the service's sentence, though the event knows only the code")
    func refused() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.confirm()
        scene.change("orders-1", to: .forcedClosed)
        scene.perform()
        scene.run(2)
        let own = scene.operations.audit.lines.filter(\.isOwn)
        #expect(own.map(\.result) == [.refused("the override is at revision 1 (override_conflict)")])
    }

    @Test("What was not known is settled when the event tells it late")
    func late() throws {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.confirm()
        let command = try #require(scene.sent.first)
        let error = CommandError(.noAnswer, "no answer within 5 seconds")
        scene.operations.take(CommandResult(id: command.id, outcome: .failure(error)), at: scene.now.up)
        #expect(scene.operations.audit.lines.map(\.result) == [.unknown("no answer within 5 seconds")])
        // The service did it all the same.
        scene.perform()
        scene.run(2)
        #expect(scene.operations.audit.lines.map(\.result) == [.done])
    }

    @Test("Another service that tells our id tells nothing about our command")
    func foreignID() throws {
        var other = OrderScene.Process("gateway-1")
        other.service = "gateway"
        var scene = OrderScene([OrderScene.Process("orders-1"), other])
        scene.ask(.forceOpen, [scene.all[0]])
        scene.confirm()
        let id = try #require(scene.sent.first?.id)
        let record = CommandRecord(id: id, action: .clear, principal: "eve", claimed: "", reason: "")
        let event = Event(at: .init(t: scene.now.t, up: scene.up), seq: 1, circuit: 1, kind: .command(record))
        scene.observe(other, .event(event, replayed: false))
        scene.run(1)
        #expect(scene.operations.audit.lines.map(\.result) == [.sent, .done])
        #expect(scene.operations.audit.lines.map(\.isOwn) == [true, false])
    }

    @Test("A flood of others' commands pushes out neither our own nor more than its share")
    func bounded() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.confirm()
        scene.perform()
        for _ in 0..<600 {
            scene.change("orders-1", to: .forcedOpen)
            scene.change("orders-1", to: .none)
            scene.tick()
        }
        #expect(scene.operations.audit.lines.count == AuditList.capacity + 1)
        #expect(scene.operations.audit.lines.map(\.isOwn).contains(true))
    }
}
