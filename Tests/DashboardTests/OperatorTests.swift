// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Testing

@testable import Dashboard

/// What an operator does, in keys.
@Suite struct OperatorTests {
    @Test("The broken circuits come first, and the selection starts there")
    func urgentFirst() {
        let scene = Scene.shop()
        #expect(scene.dashboard.order.map(\.name).prefix(3) == ["payment.charge", "shipping.quote", "search.suggest"])
        #expect(scene.dashboard.selection?.name == "payment.charge")
    }

    @Test("Force open takes O, a move to the button and Enter, and guards against a stale view")
    func forceOpen() {
        var scene = Scene.shop()
        scene.select("stock.reserve")
        scene.press(.character("O"))
        scene.type("why not")
        scene.wait(500)
        scene.press(.tab, .tab)
        scene.wait(100)
        scene.press(.enter)
        #expect(scene.sent.count == 1)
        let command = scene.sent.first
        #expect(command?.action == .forceOpen)
        #expect(command?.reason == "why not")
        #expect(command?.claimed == "oncall")
        #expect(command?.lifetime == .limited(600_000))
        #expect(command?.ifOverrideRevision == 0)
        #expect(command?.boot == "0000000000orders")
        #expect(scene.screen.contains("sent, waiting for the service"))
    }

    @Test("As long as nobody knows how much traffic several circuits have, a force of them asks for a word")
    func unknownTraffic() {
        var scene = Scene()
        scene.connect(Scene.services[1])
        scene.tick()
        scene.press(.character(" "), .character(" "), .character("O"))
        #expect(scene.screen.contains("“open 2”"))
    }

    @Test("On a screen too small to draw anything nothing can be confirmed, nor just after it has grown again")
    func unseen() {
        var scene = Scene.shop(columns: 50, rows: 10)
        scene.press(.character("O"))
        scene.wait(1_000)
        scene.press(.backTab)
        scene.press(.enter)
        #expect(scene.sent.isEmpty)
        scene.input(.resize(Size(columns: 120, rows: 40)))
        scene.press(.character("O"))
        scene.wait(1_000)
        scene.press(.backTab)
        scene.input(.resize(Size(columns: 50, rows: 10)))
        scene.press(.enter)
        scene.wait(1_000)
        scene.press(.enter)
        scene.input(.resize(Size(columns: 120, rows: 40)))
        scene.press(.enter)
        #expect(scene.sent.isEmpty)
        scene.wait(1_000)
        scene.press(.enter)
        #expect(scene.sent.count == 1)
    }

    @Test("The view of a circuit stays with it when it recovers and leaves the table, and so do orders")
    func recovers() {
        var scene = Scene.shop()
        scene.press(.character("!"))
        scene.select("payment.charge")
        scene.press(.enter)
        var row = scene.row("orders", 1, step: 17)
        row.state = .closed
        let orders = Scene.services[1]
        scene.observe(orders, .sample(ProviderSample(at: .init(t: 0, up: 604_500), seq: 1, rows: [row]), isEnd: true))
        scene.wait(2_000)
        scene.tick()
        #expect(!scene.dashboard.order.contains { $0.name == "payment.charge" })
        #expect(scene.screen.contains("orders / payment.charge"))
        scene.press(.character("O"))
        #expect(scene.dashboard.operations.dialog?.request.targets.map(\.name) == ["payment.charge"])
    }

    @Test("Keys queued before the dialog can have been seen never confirm")
    func queuedKeys() {
        var scene = Scene.shop()
        scene.press(.character("O"), .backTab, .enter, .left, .enter, .enter)
        #expect(scene.sent.isEmpty)
    }

    @Test("That counts from the key that opened it, however long ago the last tick was")
    func settlesFromTheKey() {
        var scene = Scene.shop()
        scene.wait(240)
        scene.press(.character("O"), .backTab)
        scene.wait(399)
        scene.press(.enter)
        #expect(scene.sent.isEmpty)
        #expect(scene.screen.contains("that was quick"))
    }

    @Test("A key counts from when it was read, however long it waited to be looked at")
    func slowMonitor() {
        var scene = Scene.shop()
        scene.press(.character("O"))
        scene.wait(2_000)
        scene.press(.backTab, waiting: 2_001)
        scene.press(.enter, waiting: 2_001)
        scene.wait(2_000)
        scene.press(.enter, waiting: 4_001)
        #expect(scene.sent.isEmpty)
    }

    @Test("A refusal is shown in the service's words")
    func refusal() throws {
        var scene = Scene.shop()
        scene.press(.character("R"))
        scene.wait(500)
        scene.press(.left)
        scene.wait(200)
        scene.press(.enter)
        let command = try #require(scene.sent.first)
        let error = CommandError(.overrideConflict, "deploy set r4 3 s ago")
        scene.send(.answer(CommandResult(id: command.id, outcome: .failure(error))))
        #expect(scene.screen.contains("REFUSED: deploy set r4 3 s ago (override_conflict)"))
    }

    @Test("What comes as calls and may be retries is told as such")
    func retriesAmongCalls() {
        var scene = Scene.shop()
        scene.select("catalog.list")
        scene.press(.character("O"))
        #expect(scene.screen.contains("about 20.0 calls/s will be refused, up to 4.0 of them retries"))
    }

    @Test("Nothing is asked of a service that says nothing, or that lets us only observe")
    func obstacles() {
        var scene = Scene.shop()
        scene.run(steps: 20, silent: ["orders"])
        scene.select("payment.charge")
        scene.press(.character("O"))
        #expect(scene.screen.contains("nobody answers for orders now"))
        var observer = Scene.shop()
        observer.observe(Scene.services[1], .source(.subscribed(interval: 250, mayOperate: false)))
        observer.observe(Scene.services[1], .source(.ready))
        observer.select("payment.charge")
        observer.press(.character("O"))
        #expect(observer.screen.contains("lets this user only observe"))
        #expect(observer.sent.isEmpty)
        for (own, words) in [
            (nil, "name yours with --cert and --key"), (2, "ask for a place on the publisher's list of operators"),
        ] as [(Milliseconds?, String)] {
            let link = SourceLink(protocolMinor: 0, certificateExpires: 1, ownCertificateExpires: own)
            observer.observe(Scene.services[1], .link(link))
            observer.wait(500)
            observer.press(.character("O"))
            #expect(observer.screen.contains(words))
        }
    }

    @Test("Who said goodbye is told apart from who was lost")
    func stopped() {
        var scene = Scene.shop()
        scene.observe(Scene.services[1], .source(.stopped(reason: "deploy")))
        scene.tick()
        #expect(scene.screen.contains("LIVE") && scene.screen.contains("1/1 sources fresh"))
        #expect(scene.screen.contains("3 stopped") && !scene.screen.contains("unknown"))
        scene.observe(Scene.services[0], .source(.stopped(reason: "deploy")))
        scene.tick()
        #expect(scene.screen.contains("STOPPED") && !scene.screen.contains("STALE"))
        scene.connect(Scene.services[0])
        scene.observe(Scene.services[0], .source(.lost(reason: "gone")))
        scene.tick()
        #expect(scene.screen.contains("STALE") && scene.screen.contains("3 unknown"))
    }

    @Test("Who said goodbye and stays away is missing once its rows have left the screen")
    func neverBack() {
        var scene = Scene.shop()
        scene.observe(Scene.services[1], .source(.stopped(reason: "deploy")))
        scene.observe(Scene.services[1], .source(.lost(reason: "refused")))
        scene.run(steps: FleetModel.stoppedRetention / 250, silent: ["orders"])
        #expect(scene.screen.contains("1/1 sources fresh") && scene.screen.contains("3 stopped"))
        scene.run(steps: 1, silent: ["orders"])
        #expect(scene.screen.contains("1/2 sources fresh") && !scene.screen.contains("3 stopped"))
    }

    @Test("What a service tells late stands in the log where its time is")
    func logOrder() throws {
        var scene = Scene.shop()
        let event = Event(
            at: TelemetryInstant(t: scene.now.t - 5_000, up: 595_000), seq: 1, circuit: 2,
            kind: .state(StateChange(from: .closed, to: .open, generation: 1, cause: .rule)))
        scene.observe(Scene.services[1], .event(event, replayed: true))
        scene.tick()
        let lines = scene.screen.split(separator: "\n").map(String.init)
        let late = try #require(lines.firstIndex { $0.contains("orders/stock.reserve") && $0.contains("→ open") })
        let first = try #require(lines.firstIndex { $0.contains("publishes") })
        #expect(first < late)
    }

    @Test("Rows hold still in the moment of a key, and move when it is over")
    func holdsStill() {
        var scene = Scene.shop()
        scene.press(.down)
        let before = scene.dashboard.order
        let gateway = Scene.services[0]
        var row = scene.row("gateway", 1, step: 17)
        row.state = .open
        scene.observe(gateway, .sample(ProviderSample(at: .init(t: 0, up: 604_500), seq: 1, rows: [row]), isEnd: true))
        scene.tick()
        #expect(scene.dashboard.order == before)
        scene.wait(1_600)
        scene.tick()
        #expect(scene.dashboard.order.first?.name == "orders.create")
        #expect(scene.dashboard.selection?.name == "shipping.quote")
    }

    @Test("While the order is that of before a key, the table says so")
    func heldOrder() {
        var scene = Scene.shop()
        scene.press(.down)
        var row = scene.row("gateway", 1, step: 17)
        row.state = .open
        let at = TelemetryInstant(t: 0, up: 604_500)
        scene.observe(Scene.services[0], .sample(ProviderSample(at: at, seq: 1, rows: [row]), isEnd: true))
        let former = scene.dashboard.glance
        scene.wait(1_000)
        scene.tick()
        #expect(scene.dashboard.order.last?.name != nil && scene.dashboard.order.first?.name == "payment.charge")
        #expect(scene.screen.contains("rows held since the key"))
        #expect(scene.dashboard.glance != former)
        scene.wait(1_000)
        scene.tick()
        #expect(scene.dashboard.order.first?.name == "orders.create")
        #expect(!scene.screen.contains("rows held"))
    }

    @Test("When the circuit under the cursor leaves the filter, the table says which, until the next key")
    func leavesTheFilter() {
        var scene = Scene.shop()
        scene.press(.character("/"))
        scene.type("open")
        scene.press(.enter, .end)
        #expect(!scene.screen.contains("no longer in the filter"))
        var row = scene.row("gateway", 3, step: 17)
        row.overrideMode = OverrideMode.none
        row[.overrideRevision] = 4
        let at = TelemetryInstant(t: 0, up: 604_500)
        scene.observe(Scene.services[0], .sample(ProviderSample(at: at, seq: 1, rows: [row]), isEnd: true))
        scene.wait(1_600)
        scene.tick()
        #expect(scene.dashboard.selection?.name == "shipping.quote")
        #expect(scene.screen.contains("gateway/search.suggest is no longer in the filter"))
        scene.press(.up)
        #expect(!scene.screen.contains("no longer in the filter"))
        // Who changes the filter sees it.
        scene.press(.character("/"))
        scene.type(" state=open")
        #expect(!scene.screen.contains("no longer in the filter"))
    }

    @Test(
        "Under a filter, a row that no longer matches keeps its place while rows hold still, and so does the selection")
    func holdsStillUnderFilter() {
        var scene = Scene.shop()
        scene.press(.character("/"))
        scene.type("open")
        scene.press(.enter, .end)
        let selected = scene.dashboard.selection
        #expect(selected?.name == "search.suggest")
        var row = scene.row("gateway", 3, step: 17)
        row.overrideMode = OverrideMode.none
        row[.overrideRevision] = 4
        let gateway = Scene.services[0]
        scene.observe(gateway, .sample(ProviderSample(at: .init(t: 0, up: 604_500), seq: 1, rows: [row]), isEnd: true))
        scene.tick()
        #expect(scene.dashboard.selection == selected)
        scene.wait(1_600)
        scene.tick()
        #expect(scene.dashboard.selection?.name == "shipping.quote")
    }

    @Test("Details never draw over header, titles or table, however low the screen", arguments: 12...40)
    func lowScreens(rows: Int) {
        var scene = Scene.shop(columns: 80, rows: rows)
        scene.press(.character("d"))
        if scene.dashboard.table.showsDetails == false { scene.press(.character("d")) }
        let lines = scene.screen.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0].contains("breakertop") && lines[1].contains("sources fresh"))
        #expect(lines[4].contains("STATE") && lines[5].contains("■ open") && lines[6].contains("◐ half-open"))
        #expect(lines.last?.contains("Enter show") == true)
    }

    @Test("A notice does not outlive its moment")
    func noticeExpires() {
        var scene = Scene.shop()
        scene.press(.character("O"), .escape)
        #expect(scene.screen.contains("cancelled, nothing was sent"))
        scene.wait(Dashboard.noticeTime + 1)
        scene.tick()
        #expect(!scene.screen.contains("cancelled, nothing was sent"))
    }

    @Test("What could not be read is said, once")
    func complaints() {
        var scene = Scene.shop()
        for _ in 0..<5 {
            scene.observe(Scene.services[0], .complaint(code: "bad_value", message: "override.mode `half` is unknown"))
        }
        let lines = scene.screen.split(separator: "\n").filter { $0.contains("UNREADABLE") }
        #expect(lines.count == 1 && lines[0].contains("half"))
    }

    @Test("A service that cannot do an action is not asked for it")
    func unsupported() {
        var scene = Scene.shop()
        let orders = Scene.services[1]
        scene.observe(orders, .source(.greeted(orders.identity, actions: ["clear"])))
        for circuit in orders.circuits { scene.observe(orders, .circuit(circuit)) }
        scene.observe(orders, .source(.ready))
        scene.select("payment.charge")
        scene.press(.character("O"))
        #expect(scene.screen.contains("cannot force open: orders cannot do that"))
    }

    @Test("The filter hides what does not match; Esc shows all again and never quits")
    func filter() {
        var scene = Scene.shop()
        scene.press(.character("/"))
        scene.type("orders open")
        #expect(scene.dashboard.order.map(\.name) == ["payment.charge", "shipping.quote"])
        scene.press(.enter, .escape)
        #expect(scene.dashboard.order.count == 6)
        scene.press(.escape, .escape)
        #expect(scene.effects.isEmpty)
    }

    @Test("q in the filter is a letter; q on the table quits")
    func quit() {
        var scene = Scene.shop()
        scene.press(.character("/"), .character("q"), .escape)
        #expect(scene.effects.isEmpty)
        scene.press(.character("q"))
        #expect(scene.effects == [.quit(status: 0)])
    }

    @Test("The selection follows its circuit into the service's next boot")
    func newBoot() {
        var scene = Scene.shop()
        scene.select("payment.charge")
        var orders = Scene.services[1]
        scene.observe(orders, .source(.lost(reason: "connection closed")))
        orders.circuits.reverse()
        var identity = orders.identity
        identity.boot = "feedfeedfeedfeed"
        scene.observe(orders, .source(.greeted(identity, actions: [])))
        scene.observe(orders, .source(.subscribed(interval: 250, mayOperate: true)))
        for circuit in orders.circuits { scene.observe(orders, .circuit(circuit)) }
        scene.observe(orders, .source(.ready))
        scene.wait(2_000)
        scene.tick()
        #expect(scene.dashboard.selection?.name == "payment.charge")
        #expect(scene.dashboard.selection?.instance.boot == "feedfeedfeedfeed")
        #expect(scene.screen.contains("restarted: a new process"))
    }

    @Test("The event list says of an override that a restart lost or restored whose it was, why, and until when")
    func overridesOverARestart() {
        var scene = Scene.shop(columns: 160)
        var orders = Scene.services[1]
        let up = scene.serviceUp + 10_000
        orders.circuits[0].override = CircuitOverride(
            mode: .forcedOpen, revision: 1, principal: "uid 1000 (ann)", claimed: "ann", reason: "INC-42", since: up,
            until: up + 600_000)
        orders.circuits[1].override = CircuitOverride(
            mode: .forcedClosed, revision: 1, principal: "uid 1000 (ann)", since: up)
        for circuit in orders.circuits { scene.observe(orders, .circuit(circuit)) }
        scene.observe(orders, .source(.lost(reason: "connection closed")))
        var identity = orders.identity
        identity.boot = "feedfeedfeedfeed"
        scene.observe(orders, .source(.greeted(identity, actions: [])))
        scene.observe(orders, .source(.subscribed(interval: 250, mayOperate: true)))
        orders.circuits[0].override = CircuitOverride()
        orders.circuits[1].override.revision = 2
        orders.circuits[1].override.since = -4_000
        for circuit in orders.circuits { scene.observe(orders, .circuit(circuit)) }
        let change = OverrideChange(from: .none, to: orders.circuits[1].override, cause: .restored)
        let event = Event(at: .init(t: scene.now.t, up: 50), seq: 1, circuit: 2, kind: .override(change))
        scene.observe(orders, .event(event, replayed: true))
        scene.observe(orders, .source(.ready))
        let lost = scene.dashboard.fleet.events.all.last?.overrideEnd.map(Format.clock) ?? "nothing"
        let words = "OVERRIDE LOST by the restart: forced open until \(lost) by ann: “INC-42”"
        #expect(scene.screen.contains(words))
        let kept = "FORCED CLOSED again until cleared by ann"
        #expect(scene.screen.contains(kept) && scene.screen.contains("; kept over the restart"))
        #expect(scene.screen.contains("restarted: a new process"))
    }
}
