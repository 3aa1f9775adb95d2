// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Testing

@testable import Dashboard

extension OrderScene {
    /// The audit view after an order on a group, one of somebody else's, a refusal, and a new instance.
    static func audited(columns: Int = 120, rows: Int = 40) -> OrderScene {
        var scene = OrderScene.desk(2, columns: columns, rows: rows)
        scene.change("orders-1", to: .forcedClosed, by: "ann", reason: "INC-41")
        scene.run(4)
        scene.change("orders-1", to: .none, cause: .expiry)
        scene.run(4)
        scene.press(.character("t"), .character("t"), .home, .character(" "), .character("O"))
        scene.tell(.input(.paste("INC-42: provider down"), readAt: scene.now.up))
        scene.confirm()
        scene.change("orders-2", to: .forcedOpen, by: "bob", reason: "same here")
        scene.perform()
        scene.run(4)
        scene.start(Process("orders-3"))
        scene.run(4)
        for character in ":audit" { scene.press(.character(character)) }
        scene.press(.enter)
        return scene
    }
}

/// The view of what was done.
@Suite struct AuditScreenTests {
    private func lines(_ scene: OrderScene) -> [String] { scene.screen.split(separator: "\n").map(String.init) }

    @Test(
        "What is missing stands on top, then each target of the last order with latency and proof, then everybody's record"
    )
    func order() throws {
        let scene = OrderScene.audited()
        let text = lines(scene).joined(separator: "\n")
        let words = [
            "Forces of this screen", "new instance orders-3 NOT forced: apply again? Y", "Orders of this screen",
            "1 done in 3 ms, 1 REFUSED: the override is at revision 1",
            "orders-1/payment.charge: done in 3 ms: 0 admitted",
            "orders-2/payment.charge: REFUSED", "Record", "REFUSED    orders-2/payment.charge",
            "done       orders-1/payment.charge      force open by oncall (root) for 10 min: “INC-42: provider down”",
            "INC-41",
        ]
        var rest = text[...]
        for word in words {
            let place = try #require(rest.firstRange(of: word), "\(word) is not there, or not in this order:\n\(text)")
            rest = rest[place.upperBound...]
        }
        #expect(text.contains("override expired"))
    }

    @Test("Why an order was refused is said whole where its line is cut, if the line under the cursor leaves room")
    func refusedAtEdge() {
        var scene = OrderScene.audited(columns: 80, rows: 30)
        scene.run(1)
        for _ in 0..<3 {
            let words = lines(scene).map { $0.split(separator: " ").joined(separator: " ") }.joined(separator: " ")
            #expect(words.contains("the override is at revision 1 (override_conflict)"), "\(scene.screen)")
            scene.press(.down)
        }
        #expect(scene.dashboard?.auditRowAtCursor?.place == .target(order: 1, index: 0))
    }

    @Test("Every line is where its place says, with forces and orders or without")
    func places() throws {
        var scenes = [OrderScene.audited(), OrderScene.desk(1)]
        scenes[1].change("orders-1", to: .forcedOpen)
        scenes[1].run(1)
        for scene in scenes {
            let rows = try #require(scene.dashboard).auditRows(columns: 80)
            #expect(rows.count > 1)
            for index in rows.indices { #expect(rows.index(of: rows[index].place) == index) }
            for gone in [AuditPlace.order(99), .target(order: 1, index: 99), .line(99), .hold(99, part: 0)] {
                #expect(rows.index(of: gone) == nil)
            }
        }
    }

    @Test("Enter goes to the circuit of the line")
    func enter() {
        var scene = OrderScene.audited()
        scene.press(.end)
        // The oldest is of orders-1.
        scene.press(.enter)
        #expect(scene.dashboard?.screen == .circuit)
        #expect(scene.dashboard?.selection?.instance.instance == "orders-1")
        scene.press(.character("6"), .home, .down, .enter)
        #expect(scene.screen.contains("this line is about no single circuit"))
    }

    @Test("A circuit that the filter or a fold hides from the table is selected all the same, and stays so")
    func hidden() {
        var scene = OrderScene.audited()
        scene.press(.character("1"), .character("*"), .character("6"), .end, .enter)
        scene.run(8)
        #expect(scene.dashboard?.selection?.instance.instance == "orders-1")
        scene.press(.character("/"))
        scene.type("instance=orders-2")
        scene.press(.enter)
        for character in ":goto orders-1/payment.charge" { scene.press(.character(character)) }
        scene.press(.enter)
        #expect(scene.screen.contains("the filter hid orders-1/payment.charge: it is dropped"))
        scene.run(8)
        #expect(scene.dashboard?.selection?.instance.instance == "orders-1")
    }

    @Test("The filter of the circuits is that of the record; forces and orders stay in sight")
    func filter() {
        var scene = OrderScene.audited()
        scene.press(.character("/"))
        scene.type("instance=orders-2")
        scene.press(.enter, .character("6"))
        let text = lines(scene).joined(separator: "\n")
        #expect(text.contains("by bob") && !text.contains("INC-41") && text.contains("NOT forced: apply again?"))
    }

    @Test("A force that is forgotten is told of no more")
    func forget() {
        var scene = OrderScene.audited()
        #expect(scene.desk.holds.urgent != nil)
        scene.press(.end, .character("x"))
        #expect(scene.screen.contains("the cursor is on no force") && scene.desk.holds.urgent != nil)
        scene.press(.home, .character("x"))
        #expect(scene.desk.holds.urgent == nil && scene.screen.contains("nothing more is said of: force open"))
        #expect(scene.sent.isEmpty)
    }

    @Test(
        "x stops the order that the cursor was on as the view opened, whatever came above it, and a held x stops there")
    func stops() throws {
        var process = OrderScene.Process("orders-1")
        process.names = (1...25).map { "call-\($0)" }
        var scene = OrderScene(dashboard: Size(columns: 120, rows: 40), [process])
        scene.press(.character("M"), .character("O"))
        scene.confirm()
        scene.press(.character("6"))
        scene.perform()
        scene.run(1)
        #expect(scene.desk.holds.all.count == 1)
        scene.press(.character("x"))
        #expect(scene.screen.contains("stopped: 15 commands not sent"))
        for _ in 0..<30 {
            scene.wait(30)
            scene.press(.character("x"))
        }
        #expect(scene.desk.holds.all.count == 1)
    }

    @Test("When the line under the cursor goes, an x that was meant for it does nothing")
    func goneLine() throws {
        var scene = OrderScene.audited()
        scene.press(.home)
        scene.run(1)
        let hold = try #require(scene.desk.holds.all.first)
        scene.dashboard?.operations.drop(hold.number)
        scene.run(1)
        let before = (scene.desk.holds.all.count, scene.desk.orders.all.count, scene.desk.orders.unfinished)
        scene.press(.character("x"))
        #expect(scene.screen.contains("the line that the cursor was on is gone: look again"))
        #expect(before.0 == scene.desk.holds.all.count && before.1 == scene.desk.orders.all.count)
        #expect(before.2 == scene.desk.orders.unfinished)
        scene.wait(1_500)
        scene.press(.character("x"))
        #expect(!scene.screen.contains("look again"))
    }

    @Test("The cursor stays with its line, whatever comes above it: x forgets the force that it is on")
    func sticks() throws {
        var scene = OrderScene.audited(columns: 80)
        scene.press(.home)
        var before = try #require(scene.dashboard?.auditList.selected)
        for _ in 0..<6 {
            if case .order = before { break }
            scene.press(.down)
            before = try #require(scene.dashboard?.auditList.selected)
        }
        guard case .order = before else {
            Issue.record("the cursor is on \(before)")
            return
        }
        let rows = scene.dashboard?.auditRows(columns: 80).count ?? 0
        scene.start(OrderScene.Process("orders-4"))
        scene.change(
            "orders-1", to: .none, by: "bob",
            reason: "a reason that is long enough for another line of the sentence on top")
        scene.run(8)
        #expect(scene.dashboard.map { $0.auditRows(columns: 80).count > rows } == true)
        #expect(scene.dashboard?.auditRowAtCursor?.place == before)
        // What still goes out is stopped there; here all of it has.
        scene.press(.character("x"))
        #expect(scene.screen.contains("nothing of that order is on its way") && scene.desk.holds.urgent != nil)
    }

    @Test("Scrolling stays within the lines, and what is below is counted")
    func scrolling() {
        var scene = OrderScene.audited(columns: 80, rows: 18)
        #expect(scene.screen.contains("more"))
        for _ in 0..<40 { scene.press(.down) }
        #expect(lines(scene).contains { $0.contains("INC-41") })
        for _ in 0..<40 { scene.press(.up) }
        #expect(lines(scene).contains { $0.contains("Forces of this screen") })
    }
}
