// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Testing

@testable import Dashboard

/// All about one circuit, and the way there and on.
@Suite struct CircuitScreenTests {
    @Test("The circuit looked at has its histogram asked for, another one instead, and none once the view is left")
    func histograms() {
        var scene = Scene.shop()
        #expect(scene.wishes.isEmpty)
        scene.press(.enter)
        #expect(scene.wishes == [[DetailedCircuit(boot: "0000000000orders", circuit: 1)]])
        scene.press(.right, .down, .character("u"))
        #expect(scene.wishes.dropFirst() == [[DetailedCircuit(boot: "0000000000orders", circuit: 3)]])
        scene.press(.escape)
        #expect(scene.wishes.dropFirst(2) == [[]])
    }

    @Test("A restarted service has the histogram of its new boot asked for, and the page stays where it was")
    func restart() {
        var scene = Scene.shop(columns: 80, rows: 24)
        scene.press(.enter, .pageDown)
        let orders = Scene.services[1]
        var identity = orders.identity
        identity.boot = "00000000000again"
        scene.observe(orders, .source(.lost(reason: "gone")))
        scene.observe(orders, .source(.connecting))
        scene.observe(orders, .source(.greeted(identity, actions: [])))
        scene.observe(orders, .source(.subscribed(interval: 250, mayOperate: true)))
        for circuit in orders.circuits { scene.observe(orders, .circuit(circuit)) }
        scene.observe(orders, .source(.ready))
        let scroll = scene.dashboard.circuitScroll
        for _ in 0..<20 {
            scene.wait(500)
            scene.tick()
        }
        #expect(scene.wishes.last == [DetailedCircuit(boot: "00000000000again", circuit: 1)])
        #expect(scroll > 0)
        #expect(scene.dashboard.circuitScroll == scroll)
    }

    @Test("Right and Left go through the circuits of the table, and say where it ends")
    func neighbours() {
        var scene = Scene.shop()
        let order = scene.dashboard.order.map(\.name)
        scene.press(.enter)
        var seen = [scene.dashboard.selection?.name]
        for _ in 1..<order.count {
            scene.press(.right)
            seen.append(scene.dashboard.selection?.name)
        }
        #expect(seen == order)
        scene.press(.character("."))
        #expect(scene.dashboard.selection?.name == order.last)
        #expect(scene.screen.contains("the last circuit of the table"))
        scene.press(.left, .character(","))
        #expect(scene.dashboard.selection?.name == order[order.count - 3])
    }

    @Test("Another circuit begins at its top")
    func top() {
        var scene = Scene.incident(columns: 80, rows: 24)
        scene.look(at: "payment.charge")
        scene.press(.end, .right)
        #expect(!scene.screen.contains("↑"))
    }

    @Test("The state machine shows the present state, and not as certain once nothing is heard")
    func machine() {
        var scene = Scene.incident()
        scene.look(at: "payment.charge")
        #expect(scene.screen.contains("● closed ──≥ 60%──▸[■ open]──4.0 s──▸ ◐ half-open"))
        scene.wait(20_000)
        scene.tick()
        #expect(scene.screen.contains("(■ open?)"))
        #expect(!scene.screen.contains("[■ open]"))
    }

    @Test(
        "Since when it is broken stands in the table and in the headline, and is the outage's beginning, not a probe's")
    func outage() {
        var scene = Scene.incident()
        let row = scene.screen.split(separator: "\n").first { $0.contains("payment.charge") } ?? ""
        #expect(row.contains("■ open"))
        #expect(row.contains(" 99 s "))
        scene.look(at: "payment.charge")
        #expect(scene.screen.contains("■ open for 99 s (since 12:06:40Z), probe in 1.0 s, opened 17× in 10 min"))
        scene.press(.character("3"))
        let line = scene.screen.split(separator: "\n").first { $0.contains("→ payments") } ?? ""
        #expect(line.hasSuffix(" 99 s"))
    }

    @Test("An event that a probe failed says why the circuit opened at first; in the circuit's own view the head does")
    func openedAtFirst() {
        var scene = Scene.incident()
        let first = "a probe failed, timed out after 800 ms; first: 41/50 failed"
        scene.press(.character("4"))
        let line = scene.screen.split(separator: "\n").first { $0.contains("a probe failed") } ?? ""
        #expect(line.contains(first))
        scene.press(.character("1"))
        scene.look(at: "payment.charge")
        #expect(scene.screen.contains("a probe failed, timed out after 800 ms") && !scene.screen.contains(first))
        #expect(scene.screen.contains("opened because failure ratio 82% ≥ 60%: 41 of 50 calls (needs 20) in 10 s"))
    }

    @Test("The history of a circuit tells when its process went and another one came")
    func restarted() throws {
        var scene = OrderScene.desk(2, columns: 120, rows: 60)
        scene.setState(.open, "orders-1")
        scene.run(8)
        scene.restart("orders-1")
        scene.run(24)
        for instance in ["orders-1", "orders-2"] {
            for character in ":goto \(instance)/payment.charge" { scene.press(.character(character)) }
            scene.press(.enter, .character("2"))
            let history = try #require(scene.screen.split(separator: "history, the newest first").last)
            #expect(history.contains("restarted: a new process") == (instance == "orders-1"))
        }
    }

    @Test(
        "Details below the table go on in a second line in place of what has nothing to say, and never take more rows",
        arguments: [60, 80, 120, 200])
    func detailLines(columns: Int) throws {
        var scene = Scene.shop(columns: columns)
        scene.select("payment.charge")
        let circuit = try #require(scene.dashboard.selection.flatMap(scene.dashboard.fleet.circuit))
        let pane = DetailsPane(
            circuit: circuit, theme: Theme(), wallClock: WallClock(offset: nil), columns: columns)
        let lines = pane.lines.map { $0.map(\.text).joined() }
        #expect(lines.count <= DetailsPane.rows && lines.allSatisfy { $0.displayWidth < columns })
        let words = lines.prefix(4).joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(words.contains("opened 3× in all, ≥ 1 in 10 min") && words.contains("(needs 20) in 10 s at 12:03:10Z"))
        #expect(lines.contains { $0.hasPrefix(" configured") })
    }

    @Test("How often it opened is told of the last minutes and in all, each as what it is")
    func opened() {
        var scene = Scene.shop()
        scene.select("payment.charge")
        #expect(
            scene.dashboard.selection.flatMap(scene.dashboard.fleet.circuit)?.openedWords
                == ", opened 3× in all, ≥ 1 in 10 min")
        scene.select("catalog.list")
        #expect(scene.dashboard.selection.flatMap(scene.dashboard.fleet.circuit)?.openedWords == "")
    }

    @Test("While a service is silent its graphs stay blank, and nothing is calm")
    func silence() {
        var scene = Scene.incident(columns: 80)
        scene.look(at: "catalog.list")
        let strip = { scene.screen.split(separator: "\n").first { $0.hasPrefix(" state") }.map(String.init) ?? "" }
        #expect(strip().filter { $0 == "●" }.count == 60)
        scene.wait(100_000)
        scene.tick()
        #expect(strip().filter { $0 == "●" }.count == 40)
        #expect(strip().count == CircuitCharts.margin + 40)
    }

    @Test("An override's reason, errors and trips are there to their last word", arguments: [60, 80, 120, 200])
    func whole(columns: Int) {
        for (name, words) in [
            ("search.suggest", Scene.longReason), ("payment.charge", "reset reason: connection refused"),
        ] {
            var scene = Scene.incident(columns: columns, rows: 200)
            scene.look(at: name)
            let text = scene.dashboard.view().text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(text.contains(words), "\(columns) columns")
        }
    }

    @Test(
        "Of what there is no room for it says how much, and the keys bring it all into sight", arguments: [12, 40])
    func scrolls(rows: Int) throws {
        var scene = Scene.incident(columns: 80, rows: rows)
        scene.look(at: "payment.charge")
        var body: [String] {
            scene.screen.split(separator: "\n", omittingEmptySubsequences: false)
                .dropFirst(6).dropLast(2).map(String.init)
        }
        var shown = body
        var seen = Array(shown.dropLast())
        for _ in 0..<300 where shown.last?.contains("↓") ?? false {
            scene.press(.down)
            shown = body
            seen.append(shown.dropLast().last ?? "")
        }
        let page = try #require(scene.dashboard.page)
        let all = page.lines.map { line in
            var canvas = Canvas(size: Size(columns: 80, rows: 1))
            canvas.write(line, x: 0, y: 0, maximumColumns: 80)
            return canvas.text
        }
        #expect(seen.count == all.count)
        #expect(zip(seen, all).first { $0 != $1 } == nil)
        scene.press(.home)
        #expect(!scene.screen.contains("↑"))
    }

    @Test("Latencies come from the histogram; without one it says why there is less")
    func latencies() {
        var scene = Scene.incident()
        scene.look(at: "catalog.list")
        #expect(scene.screen.contains("asked for and has not come yet"))
        scene.stay(seconds: 4, at: 899_000)
        #expect(scene.screen.contains("publishes no histogram"))
        #expect(scene.screen.contains("48 ms"))
        scene.tellLatencies(of: 2, in: Scene.services[0], up: 903_000)
        #expect(scene.screen.contains("p99.9"))
        #expect(scene.screen.contains("9,120"))
        #expect(!scene.screen.contains("histogram"))
    }

    @Test("After the first histogram there are no latencies between two yet: those of the row stand there")
    func firstHistogram() {
        var scene = Scene.incident()
        scene.look(at: "catalog.list")
        var calls = LatencyHistogram()
        for call in 1...100 as ClosedRange<Int64> { calls.record(microseconds: 8_000 + call) }
        let at = TelemetryInstant(t: scene.now.t, up: 899_000)
        scene.observe(Scene.services[0], .histogram(circuit: 2, calls, at: at))
        let lines = scene.screen.split(separator: "\n")
        #expect(!scene.screen.contains("last 0 s") && scene.screen.contains("since boot"))
        #expect(lines.contains { $0.contains("recent") && $0.contains("48 ms") })
    }

    @Test("On the smallest screen what is said of a circuit begins beside what it is about")
    func besideItsLabel() {
        var scene = Scene.incident(columns: 60, rows: 16)
        scene.look(at: "payment.charge")
        #expect(scene.screen.contains(/opened because +failure ratio/))
    }

    @Test("On the smallest screen each line of the head stands once, and whole")
    func smallest() {
        var scene = Scene.incident(columns: 60, rows: 12)
        scene.look(at: "payment.charge")
        let words = scene.screen.split(whereSeparator: { $0 == " " || $0 == "\n" }).joined(separator: " ")
        #expect(words.contains("opened 17× in 10 min"))
        #expect(words.ranges(of: "■ open for").count == 1 && words.ranges(of: "orders / payment.charge").count == 1)
    }

    @Test("What a circuit has not, it has not: no zeros of a bulkhead that is none")
    func policies() {
        var scene = Scene.incident(columns: 80, rows: 100)
        scene.look(at: "catalog.list")
        #expect(scene.screen.contains("without        bulkhead, limiter"))
        #expect(!scene.screen.contains("queued"))
    }

    @Test("Transitions outlive the list of events, and each is told once")
    func transitions() throws {
        var scene = Scene.incident()
        scene.look(at: "payment.charge")
        let key = try #require(scene.dashboard.selection)
        #expect(scene.dashboard.fleet.chronicle(of: key).count == 1 + 16 * 3)
        let gateway = Scene.services[0]
        for number in 10_000..<13_000 as Range<Int64> {
            let event = Event(
                at: TelemetryInstant(t: scene.now.t, up: 899_000), seq: number, circuit: 1,
                kind: .retryExhausted(attempts: 3, error: nil))
            scene.observe(gateway, .event(event, replayed: false))
        }
        let after = scene.dashboard.fleet.chronicle(of: key)
        #expect(after.count == Circuit.maximumTransitions)
        #expect(after.map(\.t) == after.map(\.t).sorted(by: >))
    }

    @Test("Any place of any page is drawn inside its block", arguments: 1...12 as ClosedRange<UInt64>)
    func inside(seed: UInt64) {
        var dice = Dice(seed: seed)
        var scene = Scene.incident()
        scene.look(at: dice.pick(["payment.charge", "search.suggest", "catalog.list"]))
        if seed % 2 == 0 { scene.tellLatencies(of: 1, in: Scene.services[1], up: 899_000) }
        let moves: [Key] = [.up, .down, .pageUp, .pageDown, .home, .end, .left, .right]
        for _ in 0..<25 {
            scene.input(.resize(Size(columns: dice.number(60...250), rows: dice.number(12...80))))
            scene.press(dice.pick(moves))
            let body = scene.dashboard.body
            var drawn = Canvas(size: scene.dashboard.size)
            // The last column stays free as well: what is written there may wrap the line.
            let (width, height) = (drawn.size.columns, drawn.size.rows)
            let outside = [
                Rect(x: 0, y: 0, columns: width, rows: body.y),
                Rect(x: width - 1, y: body.y, columns: 1, rows: body.rows),
                Rect(x: 0, y: body.y + body.rows, columns: width, rows: height - body.y - body.rows),
            ]
            for rect in outside { drawn.fill(rect, with: "×") }
            scene.dashboard.drawCircuit(on: &drawn, in: body)
            let spilled = outside.flatMap { rect in
                (rect.y..<rect.y + rect.rows).flatMap { y in
                    (rect.x..<rect.x + rect.columns).filter { drawn[$0, y] != Cell("×") }.map { Point(x: $0, y: y) }
                }
            }
            #expect(spilled.isEmpty, "\(drawn.size)")
        }
    }
}

extension Scene {
    /// The histograms asked for, wish by wish.
    var wishes: [[DetailedCircuit]] {
        effects.compactMap { if case .detail(let circuits) = $0 { circuits } else { nil } }
    }
}

@Suite struct WrapTests {
    private func lines(_ text: String, _ columns: Int, indent: Int = 0) -> [String] {
        [Span(text)].wrapped(toColumns: columns, indent: indent).map { $0.map(\.text).joined() }
    }

    @Test("Lines break at spaces, words that are too long within, wide characters never")
    func breaks() {
        #expect(lines("the quick brown fox", 10) == ["the quick", "brown fox"])
        #expect(lines("the quick brown fox", 10, indent: 2) == ["the quick", "  brown", "  fox"])
        #expect(lines("abcdefghij", 4) == ["abcd", "efgh", "ij"])
        #expect(lines("日本語", 3) == ["日", "本", "語"])
        #expect(lines("日", 1) == ["日"])
        #expect(lines("", 5) == [""])
    }

    @Test("A break keeps each part's style")
    func styles() {
        let line = [Span("opened ", .plain), Span("because of", .plain.bold)]
        #expect(
            line.wrapped(toColumns: 14) == [
                [Span("opened "), Span("because", .plain.bold)], [Span("of", .plain.bold)],
            ])
    }
}
