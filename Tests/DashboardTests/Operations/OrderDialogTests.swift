// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Testing

@testable import Dashboard

/// What the dialog shows, and what keys make of it.
@Suite struct OrderDialogTests {
    // MARK: - What never confirms

    @Test("Force open takes a move to the button and Enter, and sends what was shown and typed")
    func forceOpen() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.type("why not")
        scene.wait(500)
        scene.press(.tab, .tab, .enter)
        #expect(scene.sent.count == 1)
        let command = scene.sent.first
        #expect(command?.action == .forceOpen && command?.reason == "why not" && command?.claimed == "oncall")
        #expect(command?.lifetime == .limited(600_000))
        #expect(command?.ifOverrideRevision == 0 && command?.boot == "00000000orders-1")
    }

    @Test("Cancel is the default: Enter sends nothing", arguments: CommandAction.allCases)
    func cancelIsDefault(action: CommandAction) {
        var scene = OrderScene.orders(1)
        if action == .clear { scene.change("orders-1", to: .forcedOpen) }
        if action == .probe { scene.setState(.open, "orders-1") }
        scene.run(1)
        scene.ask(action)
        #expect(scene.operations.dialog?.focus == .cancel)
        scene.wait(1_000)
        scene.press(.enter)
        #expect(scene.sent.isEmpty && scene.operations.dialog == nil)
        #expect(scene.notice == "\(action.title.lowercased()): cancelled, nothing was sent")
    }

    @Test("Keys queued before the dialog can have been seen never confirm")
    func queuedKeys() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.press(.backTab, .enter, .left, .enter, .enter)
        #expect(scene.sent.isEmpty)
    }

    @Test("It takes no confirmation before a person can have read it", arguments: [(399, 0), (400, 1)])
    func settles(milliseconds: Milliseconds, sent: Int) {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.press(.backTab)
        scene.wait(milliseconds)
        scene.press(.enter)
        #expect(scene.sent.count == sent)
        #expect(scene.screen.contains("that was quick") == (sent == 0))
    }

    @Test("While the terminal takes nothing, what it does not show is confirmed by nothing")
    func blockedTerminal() {
        for isDesk in [false, true] {
            var scene = isDesk ? OrderScene.desk(1) : OrderScene.orders(1)
            scene.isBlocked = true
            if isDesk { scene.press(.character("O")) } else { scene.ask(.forceOpen) }
            scene.run(8)
            scene.press(.left, .enter)
            #expect(scene.sent.isEmpty && scene.screen.contains("this was not on the screen yet"))
            scene.isBlocked = false
            scene.run(1)
            scene.wait(OrderDialog.settlingTime - 1)
            scene.press(.enter)
            #expect(scene.sent.isEmpty)
            scene.wait(OrderDialog.repeatTime)
            scene.press(.enter)
            #expect(scene.sent.count == 1)
        }
    }

    @Test("A change that the terminal has not taken is confirmed by nothing either, though the dialog had stood there")
    func unseenChange() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.wait(1_000)
        scene.isBlocked = true
        scene.change("orders-1", to: .forcedClosed)
        scene.run(8)
        // A frame that was made before it is on its way still.
        scene.operations.show(scene.operations.edition - 1, at: scene.now.up)
        scene.wait(1_000)
        scene.press(.left, .enter)
        #expect(scene.sent.isEmpty)
        scene.isBlocked = false
        scene.run(4)
        scene.press(.enter)
        #expect(scene.sent.count == 1)
    }

    @Test("A key counts from when it was read, however long it waited to be looked at")
    func slowMonitor() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.wait(2_000)
        scene.press(.backTab, waiting: 2_001)
        scene.press(.enter, waiting: 2_001)
        scene.wait(2_000)
        scene.press(.enter, waiting: 4_001)
        #expect(scene.sent.isEmpty)
    }

    @Test("A held Enter never confirms, from wherever it starts, unless its first press did")
    func heldEnter() {
        let starts: [[Key]] = [
            [], [.tab], [.left], [.right], [.backTab], [.backTab, .backTab], [.character("x")],
            [.character("x"), .tab],
        ]
        for moves in starts {
            for delay in [250, 500, 660] as [Milliseconds] {
                var scene = OrderScene.orders(1)
                scene.ask(.forceOpen)
                scene.wait(100)
                for key in moves { scene.press(key) }
                scene.press(.enter)
                scene.wait(delay)
                for _ in 0..<60 {
                    scene.press(.enter)
                    scene.wait(30)
                }
                #expect(scene.sent.isEmpty, "\(moves), repeating after \(delay) ms")
            }
        }
    }

    @Test("After a refused Enter, a second deliberate one confirms")
    func onceMore() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.press(.backTab, .enter)
        scene.wait(OrderDialog.repeatTime + OrderDialog.burstTime)
        scene.press(.enter)
        #expect(scene.sent.count == 1)
    }

    @Test("Pasted text lands in the reason and confirms nothing")
    func paste() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.wait(1_000)
        scene.press(.backTab)
        scene.operations.paste("maintenance\n\n\ny\r\n")
        #expect(scene.sent.isEmpty)
        #expect(scene.screen.contains("maintenance"))
    }

    @Test("A time that is none is named, and nothing is sent")
    func badTime() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.press(.backTab, .backTab, .control("u"))
        scene.type("soon")
        scene.wait(1_000)
        scene.press(.tab, .enter)
        #expect(scene.sent.isEmpty)
        #expect(scene.screen.contains("“soon” is no time"))
        #expect(scene.screen.contains("how long: 30s, 10m, 2h, 1d or forever"))
    }

    @Test("Tab goes from Cancel to the reason, through what else there is to fill in, and to the button behind it")
    func order() {
        var scene = OrderScene.orders(5)
        scene.ask(.forceOpen)
        var parts: [OrderDialog.Focus] = []
        for _ in OrderDialog.Focus.allCases {
            scene.press(.tab)
            if let focus = scene.operations.dialog?.focus { parts.append(focus) }
        }
        #expect(parts == [.reason, .lifetime, .word, .confirm, .cancel])
        // So it stands on the screen.
        let lines = scene.screen.split(separator: "\n")
        let places = ["reason", "for ", "type "].map { word in lines.firstIndex { $0.contains("│ \(word)") } ?? -1 }
        #expect(places == places.sorted() && !places.contains(-1))
        scene.press(.left)
        #expect(scene.operations.dialog?.focus == .confirm)
    }

    @Test("A reason is sent without the blanks around it")
    func blanks() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.type("  provider down, INC-7 ")
        scene.confirm()
        #expect(scene.sent.map(\.reason) == ["provider down, INC-7"])
    }

    // MARK: - A wide order

    @Test("A wide order asks for a word, and nothing else confirms it")
    func word() {
        var scene = OrderScene.orders(5)
        scene.ask(.forceOpen)
        scene.wait(1_000)
        #expect(scene.screen.contains("“open 5”"))
        scene.press(.backTab, .enter)
        #expect(scene.sent.isEmpty && scene.operations.dialog?.focus == .word)
        scene.operations.paste("open 5")
        #expect(scene.screen.contains("the word has to be typed"))
        scene.wait(1_000)
        scene.type("open 4")
        scene.press(.tab, .enter)
        #expect(scene.sent.isEmpty)
        scene.press(.backspace)
        scene.type("5")
        scene.wait(1_000)
        scene.press(.tab, .enter)
        #expect(scene.sent.count == 5)
    }

    @Test(
        "Wide is more than four circuits, or several with half of all calls when traffic moves at once",
        arguments: [
            (CommandAction.forceOpen, 5, 100, true), (.forceOpen, 4, 10, false), (.forceOpen, 4, 100, true),
            (.forceOpen, 1, 100, false), (.reset, 4, 100, true), (.forceClosed, 2, 100, true),
        ])
    func wide(action: CommandAction, count: Int, share: Int64, isWide: Bool) {
        var other = OrderScene.Process("gateway-1")
        other.service = "gateway"
        // All the orders have 80 calls/s.
        other.rate = share == 100 ? 4 : 800
        var scene = OrderScene((1...count).map { OrderScene.Process("orders-\($0)") } + [other])
        scene.ask(action, Array(scene.all.prefix(count)))
        #expect(scene.operations.dialog?.isWide == isWide)
    }

    @Test("A circuit that heals, or opens, while the dialog stands is told, and has to be read anew")
    func heals() {
        var scene = OrderScene.orders(1)
        scene.setState(.open, "orders-1")
        scene.run(1)
        scene.ask(.forceOpen)
        scene.press(.backTab)
        scene.setState(.closed, "orders-1")
        scene.run(1)
        #expect(scene.operations.dialog?.focus == .cancel)
        #expect(scene.screen.contains("CHANGED: orders-1/payment.charge is closed by now, and was open"))
        for _ in 0..<6 {
            scene.setState(.open, "orders-1")
            scene.run(1)
            scene.setState(.closed, "orders-1")
            scene.run(1)
        }
        #expect(scene.operations.dialog?.facts.targets.count == 1, "it is left out for no such change")
    }

    @Test("Arrows go by where the buttons stand: to the right is Cancel")
    func arrows() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.press(.right)
        #expect(scene.operations.dialog?.focus == .cancel)
        scene.press(.left, .left)
        #expect(scene.operations.dialog?.focus == .confirm)
        scene.press(.right)
        #expect(scene.operations.dialog?.focus == .cancel)
    }

    @Test("What becomes wide while the dialog stands asks for a word then, once, and goes back to Cancel")
    func becomesWide() {
        var other = OrderScene.Process("gateway-1")
        (other.service, other.rate) = ("gateway", 800)
        var scene = OrderScene([OrderScene.Process("orders-1"), OrderScene.Process("orders-2"), other])
        scene.ask(.forceOpen, Array(scene.all.prefix(2)))
        scene.press(.backTab)
        #expect(scene.operations.dialog?.isWide == false && scene.operations.dialog?.focus == .confirm)
        scene.operations.fleetArrivals = 60
        scene.run(1)
        #expect(scene.operations.dialog?.isWide == true && scene.operations.dialog?.focus == .cancel)
        #expect(scene.screen.contains("CHANGED: it is felt widely by now: a word is asked for"))
        scene.operations.fleetArrivals = 10_000
        scene.press(.backTab)
        scene.run(4)
        #expect(scene.operations.dialog?.isWide == true && scene.operations.dialog?.focus == .confirm)
    }

    @Test(
        "Two circuits whose process has a long name are told apart, and each is named in full",
        arguments: [60, 80, 120])
    func longNames(columns: Int) {
        var process = OrderScene.Process("checkout-7d9f8b6c5d-x2k4v-eu-central-1a-blue-canary")
        (process.service, process.names) = ("checkout", ["payment.charge", "payment.refund"])
        var scene = OrderScene([process])
        scene.size = Size(columns: columns, rows: 30)
        scene.ask(.forceOpen, [process.key("payment.charge"), process.key("payment.refund")])
        // Names are broken at the end of a line only.
        let shown = scene.screen.filter { !$0.isWhitespace && $0 != "│" }
        for name in process.names { #expect(shown.contains("\(process.instance)/\(name)"), "\(scene.screen)") }
    }

    @Test("A long process is cut in its middle where there is no room, its circuit is not")
    func displayNames() {
        let process = InstanceKey(
            service: "checkout", instance: "checkout-7d9f8b6c5d-x2k4v-eu-central-1a-blue-canary", boot: "b")
        let names = ["payment.charge", "payment.refund", String(repeating: "x", count: 100)].map {
            CircuitKey(instance: process, id: 1, name: $0).displayName
        }
        #expect(names[0] == "checkout-7d9f8b6c5d-x2…central-1a-blue-canary/payment.charge")
        #expect(Set(names).count == 3 && names.allSatisfy { $0.displayWidth <= 60 && $0.hasPrefix("check") })
    }

    @Test(
        "What is pasted into a terminal that does not mark it confirms nothing",
        arguments: ["x\t\t\t\r", "\t\t\t\r\r", "\u{19}\r"])
    func burst(text: String) {
        for extra in 0..<6 {
            var scene = OrderScene.orders(1)
            scene.ask(.forceOpen)
            scene.wait(5_000)
            let keys = text.map { character -> Key in
                character == "\t"
                    ? .tab : character == "\r" ? .enter : character == "\u{19}" ? .backTab : .character(character)
            }
            for key in Array(repeating: .tab, count: extra) + keys { scene.press(key, waiting: 1) }
            #expect(scene.sent.isEmpty)
        }
    }

    @Test("A clear of a few asks for no word however many calls they have; of many it does")
    func wideClear() {
        var scene = OrderScene.orders(5)
        for index in 1...5 { scene.change("orders-\(index)", to: .forcedOpen) }
        scene.run(1)
        scene.ask(.clear, Array(scene.all.prefix(4)))
        #expect(scene.operations.dialog?.isWide == false)
        scene.ask(.clear)
        #expect(scene.operations.dialog?.isWide == true)
    }

    // MARK: - What is shown is what is sent

    @Test("When somebody else forces the circuit meanwhile, it says so, goes back to Cancel and settles anew")
    func changedMeanwhile() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.wait(1_000)
        scene.press(.backTab)
        scene.change("orders-1", to: .forcedClosed, reason: "INC-42, do not touch")
        scene.run(1)
        #expect(scene.operations.dialog?.focus == .cancel)
        #expect(scene.screen.contains("CHANGED: orders-1/payment.charge: forced closed by ann"))
        #expect(scene.screen.contains("“INC-42, do not touch”"))
        // An Enter that was on its way neither confirms nor throws away what was typed.
        scene.press(.enter)
        #expect(scene.sent.isEmpty && scene.operations.dialog != nil)
        scene.press(.backTab)
        scene.wait(399)
        scene.press(.enter)
        #expect(scene.sent.isEmpty)
        scene.wait(1_000)
        scene.press(.enter)
        #expect(scene.sent.map(\.ifOverrideRevision) == [1])
    }

    @Test("When the override ends meanwhile, the revision that is shown is sent, and the service takes it")
    func endedMeanwhile() {
        var scene = OrderScene.orders(1)
        scene.change("orders-1", to: .forcedOpen)
        scene.run(1)
        scene.ask(.forceOpen)
        #expect(scene.screen.contains("forced open by ann for another 1:00 (r1)"))
        scene.change("orders-1", to: .none, cause: .expiry)
        scene.run(1)
        #expect(scene.screen.contains("CHANGED: orders-1/payment.charge: the override is over (r2)"))
        scene.confirm()
        #expect(scene.sent.map(\.ifOverrideRevision) == [2])
        scene.perform()
        scene.run(1)
        #expect(scene.status.contains("done in 3 ms"))
    }

    @Test("What is sent is guarded by what was shown, not by what came since")
    func guardedByWhatWasShown() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.wait(1_000)
        scene.press(.backTab)
        // It arrived, and was not drawn yet.
        scene.change("orders-1", to: .forcedOpen)
        scene.press(.enter)
        #expect(scene.sent.map(\.ifOverrideRevision) == [0])
        scene.perform()
        #expect(scene.status.contains("REFUSED: the override is at revision 1 (override_conflict)"))
    }

    @Test("A circuit that goes meanwhile is left out from then on, and the word has to be typed anew")
    func goneMeanwhile() {
        var scene = OrderScene.orders(6)
        scene.ask(.forceOpen)
        scene.wait(1_000)
        scene.press(.backTab, .backTab)
        scene.type("open 6")
        scene.restart("orders-6")
        scene.run(1)
        #expect(scene.operations.dialog?.word.text == "")
        #expect(scene.screen.contains("CHANGED: orders-6/payment.charge: it has restarted since"))
        #expect(scene.screen.contains("1 of 6 are left out"))
        scene.confirm()
        #expect(scene.sent.count == 5)
    }

    @Test("One that was silent when it was left out is not taken in behind the operator's back")
    func neverWider() {
        var scene = OrderScene.orders(2)
        scene.silence("orders-2")
        scene.run(12)
        scene.ask(.forceOpen)
        #expect(scene.screen.contains("left out orders-2/payment.charge: nobody answers for orders now"))
        scene.processes[1].isSilent = false
        scene.run(12)
        scene.confirm()
        #expect(scene.sent.map(\.boot) == ["00000000orders-1"])
    }

    @Test("When no circuit is left, there is nothing to confirm")
    func nothingLeft() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.restart("orders-1")
        scene.run(3)
        for way in [Key.left, .backTab, .backTab, .backTab] {
            scene.press(way)
            #expect(scene.operations.dialog?.focus != .confirm)
        }
    }

    @Test("A dialog whose circuit died names it, says that nobody is left, and nothing of what would come of it")
    func died() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        #expect(scene.screen.contains("ends by itself at") && scene.screen.contains("Force open  "))
        scene.silence("orders-1")
        scene.run(60)
        scene.restart("orders-1")
        scene.run(3)
        #expect(scene.screen.contains("Force open: orders-1/payment.charge"))
        #expect(scene.screen.contains("no circuit is left"))
        for word in ["ends by itself", "CHANGED", "0 circuits", "  Force open  ", "→"] {
            #expect(!scene.screen.contains(word), "\(word)")
        }
    }

    // MARK: - Obstacles

    @Test("Who only observes, cannot, or says nothing is told apart and left out")
    func leftOut() {
        var observer = OrderScene.Process("orders-2")
        observer.mayOperate = false
        var old = OrderScene.Process("orders-3")
        old.actions = ["clear"]
        var scene = OrderScene([OrderScene.Process("orders-1"), observer, old, OrderScene.Process("orders-4")])
        scene.silence("orders-4")
        scene.run(12)
        scene.ask(.forceOpen, group: "payment.charge")
        let screen = scene.screen
        #expect(screen.contains("left out orders-2/payment.charge: orders lets this user only observe"))
        #expect(screen.contains("left out orders-3/payment.charge: orders cannot do that"))
        #expect(screen.contains("left out orders-4/payment.charge: nobody answers for orders now"))
        #expect(screen.contains("3 of 4 are left out"))
        scene.confirm()
        #expect(scene.sent.map(\.boot) == ["00000000orders-1"])
    }

    @Test("Where it can be done nowhere, no dialog opens and the reason is said")
    func obstacles() {
        var scene = OrderScene.orders(1)
        scene.ask(.clear)
        #expect(scene.notice == "cannot clear override: no override holds this circuit")
        scene.ask(.probe)
        #expect(scene.notice == "cannot probe now: only an open circuit can probe early")
        scene.silence("orders-1")
        scene.run(12)
        scene.ask(.forceOpen)
        #expect(scene.notice == "cannot force open: nobody answers for orders now")
        #expect(scene.operations.dialog == nil)
    }

    @Test("One who may only observe reads what would help")
    func onlyObserves() {
        var process = OrderScene.Process("orders-1")
        process.mayOperate = false
        var scene = OrderScene([process])
        scene.ask(.forceOpen)
        #expect(scene.notice?.contains("connect to its socket, as the service's user") == true)
        for (own, words) in [
            (nil, "name yours with --cert and --key"), (2, "ask for a place on the publisher's list of operators"),
        ] as [(Milliseconds?, String)] {
            let link = SourceLink(protocolMinor: 0, certificateExpires: 1, ownCertificateExpires: own)
            scene.observe(process, .link(link))
            scene.ask(.forceOpen)
            #expect(scene.notice?.contains(words) == true)
        }
    }

    @Test("A read-only dashboard refuses every action in a sentence", arguments: CommandAction.allCases)
    func readOnly(action: CommandAction) {
        var scene = OrderScene(isReadOnly: true, [OrderScene.Process("orders-1")])
        scene.ask(action)
        #expect(scene.notice == "cannot \(action.title.lowercased()): this dashboard is read-only")
        #expect(scene.operations.dialog == nil)
    }

    @Test("More circuits than an order takes are refused in a sentence")
    func tooMany() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen, Array(repeating: scene.all[0], count: 1_001))
        #expect(scene.notice?.contains("cannot force open 1,001 circuits at once, only 1,000") == true)
    }

    @Test("A circuit whose override changes all the time is left out in the end, and the others can be confirmed")
    func restless() throws {
        var scene = OrderScene.orders(2)
        scene.ask(.forceOpen)
        for step in 0..<5 {
            scene.change("orders-2", to: step % 2 == 0 ? .forcedClosed : .none)
            scene.run(1)
        }
        let leftOut = try #require(scene.operations.dialog?.facts.leftOut.first)
        #expect(leftOut.obstacle == "its override keeps changing: ask for it by itself")
        scene.change("orders-2", to: .forcedOpen)
        scene.run(1)
        scene.confirm()
        #expect(scene.sent.map(\.boot) == [scene.processes[0].boot])
    }

    @Test("When the process is another one by now, the dialog says so and what to do, and sends nothing")
    func restartedMeanwhile() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.restart("orders-1")
        scene.run(24)
        #expect(scene.screen.contains("left out orders-1/payment.charge: it has restarted since "))
        #expect(scene.screen.contains("no circuit is left that it could be done to: Esc, and ask anew"))
        scene.confirm()
        #expect(scene.sent.isEmpty)
    }

    @Test("An Enter that is held on from the field for the reason does not throw the text away")
    func heldFromReason() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.wait(500)
        scene.type("INC-42")
        for _ in 0..<20 {
            scene.press(.enter)
            scene.wait(30)
        }
        #expect(scene.operations.dialog?.reason.text == "INC-42" && scene.sent.isEmpty)
        scene.wait(1_000)
        scene.press(.enter)
        #expect(scene.operations.dialog == nil && scene.sent.isEmpty)
    }

    @Test("Behind the right word Enter goes on to the button, and one more confirms")
    func wordThenButton() {
        var scene = OrderScene.orders(3)
        scene.ask(.forceOpen)
        scene.wait(500)
        scene.press(.backTab, .enter)
        #expect(scene.screen.contains("this is wide: type “open 3” here first"))
        scene.wait(700)
        scene.type("open 3")
        scene.press(.enter)
        #expect(scene.operations.dialog?.focus == .confirm && scene.sent.isEmpty)
        scene.press(.enter)
        #expect(scene.sent.isEmpty)
        scene.wait(1_000)
        scene.press(.enter)
        #expect(scene.sent.count == 3)
    }

    // MARK: - Facts

    @Test("It names each circuit, what arrives, what is refused already, the holder with the reason, and the end")
    func facts() {
        var scene = OrderScene.orders(3)
        scene.setState(.open, "orders-1")
        scene.change("orders-3", to: .forcedClosed, reason: "INC-42")
        scene.run(16)
        scene.ask(.forceOpen, group: "payment.charge")
        let screen = scene.screen
        #expect(screen.contains("Force open: payment.charge (3 circuits)"))
        #expect(screen.contains("orders-1/payment.charge  ■ open          20.0 calls/s, 20.0 refused"))
        #expect(screen.contains("orders-2/payment.charge  ● closed        20.0 calls/s"))
        #expect(screen.contains("└ forced closed by ann for another 0:56 (r1): “INC-42”"))
        #expect(screen.contains("about 60.0 calls/s will be refused (20.0 of them are already)"))
        #expect(screen.contains("replaces 1 override of ann"))
        let end = Format.clock(scene.fleet.now.t + 600_000)
        #expect(screen.contains("ends by itself at \(end) UTC, in 10 min"))
    }

    @Test("Before a force one reads whether a restart may lose it", arguments: [true, false, nil])
    func lostAtRestart(keeps: Bool?) {
        var process = OrderScene.Process("orders-1")
        process.keepsOverrides = keeps
        var scene = OrderScene([process])
        scene.ask(.forceOpen)
        #expect(scene.screen.contains("the service keeps no overrides: a restart may lose it") == (keeps == false))
        scene.ask(.reset)
        #expect(!scene.screen.contains("a restart may lose it"))
    }

    @Test("The suggested time gives way to the first thing typed, and the end follows")
    func suggestedTime() {
        var scene = OrderScene.orders(1)
        scene.ask(.forceOpen)
        scene.press(.backTab, .backTab)
        scene.type("5m")
        #expect(scene.operations.dialog?.lifetime.text == "5m")
        #expect(scene.screen.contains("in 5 min"))
        scene.press(.control("u"))
        scene.type("forever")
        #expect(scene.screen.contains("it never ends by itself: somebody has to clear it"))
    }

    // MARK: - Drawing

    @Test("A holder's reason is shown to its end, however long")
    func longReason() {
        var scene = OrderScene.orders(1)
        let reason = Array(repeating: "word", count: 38).joined(separator: " ") + " END"
        scene.change("orders-1", to: .forcedOpen, reason: reason)
        scene.run(1)
        scene.ask(.forceOpen)
        #expect(scene.screen.contains("END”"))
        let line = String(repeating: "日", count: 100)
        #expect(line.wrapped(toColumns: 31, indent: 2).allSatisfy { $0.displayWidth <= 31 })
        #expect(line.wrapped(toColumns: 31, indent: 2).joined().filter { $0 == "日" }.count == 100)
    }

    @Test("A long list says how much is out of sight, and pages show all of it")
    func pages() {
        var scene = OrderScene.orders(30)
        scene.ask(.forceOpen)
        #expect(scene.screen.contains(/and \d+ more: PgDn/))
        var seen: Set<String> = []
        for _ in 0..<10 {
            for index in 1...30 where scene.screen.contains("orders-\(index)/") { seen.insert("\(index)") }
            scene.press(.pageDown)
        }
        #expect(seen.count == 30)
        #expect(scene.screen.contains(/and \d+ above: PgUp/) && !scene.screen.contains("PgDn"))
        for _ in 0..<10 { scene.press(.pageUp) }
        #expect(scene.screen.contains("orders-1/"))
    }

    @Test("Fields and buttons have room on every screen from 60×12 up, and so has what will be refused")
    func room() {
        for rows in [12, 13, 14, 16, 18, 20, 24, 40] {
            for columns in [60, 80, 120, 200] {
                var scene = OrderScene.orders(12)
                scene.size = Size(columns: columns, rows: rows)
                scene.ask(.forceOpen, group: "payment.charge on every instance of the service orders")
                let screen = scene.screen
                for words in ["for ", "reason", "type ", "[ Cancel ]", "Force open (12)", "calls/s will be", "└", "┘"] {
                    #expect(screen.contains(words), "\(words) at \(columns)×\(rows)")
                }
            }
        }
    }

    @Test("Any keys, changes and sizes never trap", arguments: 0..<20)
    func anyKeys(seed: Int) {
        var generator = Dice(seed: UInt64(seed))
        var scene = OrderScene.orders(7)
        let keys: [Key] = [
            .tab, .backTab, .enter, .pageUp, .pageDown, .left, .right, .up, .down, .home, .backspace, .delete,
            .character("日"), .character("5"), .control("u"), .control("w"), .insert, .function(3),
            .alt("b"), .alt("f"), .alt("d"), .alt("\u{7F}"),
        ]
        for _ in 0..<200 {
            switch Int.random(in: 0..<14, using: &generator) {
            case 0: scene.ask(CommandAction.allCases.randomElement(using: &generator) ?? .clear, group: "日本\u{1B}[31m")
            case 1: scene.restart("orders-\(Int.random(in: 1...7, using: &generator))")
            case 2:
                scene.change(
                    "orders-\(Int.random(in: 1...7, using: &generator))",
                    to: OverrideMode.allCases.randomElement(using: &generator) ?? .none, reason: "a\u{1B}[31m\n日本")
            case 3: scene.operations.paste("a\u{1B}[31m\n日本")
            case 4: scene.perform()
            case 5: scene.run(1)
            default: scene.press(keys.randomElement(using: &generator) ?? .tab)
            }
            scene.wait(.random(in: 0...300, using: &generator))
            scene.size = Size(
                columns: .random(in: 0...140, using: &generator), rows: .random(in: 0...60, using: &generator))
            #expect(!scene.screen.unicodeScalars.contains("\u{1B}") && !scene.status.unicodeScalars.contains("\u{1B}"))
        }
    }
}
