// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet
import Testing

@testable import Dashboard

/// Whatever is pressed and whatever services say: nothing traps, and what is drawn stays on the screen.
@Suite struct AnyInputTests {
    @Test("Any keys, any facts, any size", arguments: 1...6 as ClosedRange<UInt64>)
    func anything(seed: UInt64) {
        var random = Dice(seed: seed)
        var scene = Scene.shop(columns: random.number(0...250), rows: random.number(0...60))
        for _ in 0..<180 {
            act(on: &scene, &random)
            let canvas = scene.dashboard.view()
            #expect(canvas.size == scene.dashboard.size)
            #expect(canvas.cells.count == canvas.size.columns * canvas.size.rows)
            #expect(scene.dashboard.table.marks.count <= 1_000)
        }
    }

    @Test("With hostile names and numbers too", arguments: 41...46 as ClosedRange<UInt64>)
    func hostile(seed: UInt64) {
        var random = Dice(seed: seed)
        var scene = Scene(columns: random.number(60...160), rows: random.number(12...50))
        let circuits = (1...9 as ClosedRange<Int64>).map { id in
            CircuitDescription(
                id: id, name: random.text(), target: CircuitTarget(service: random.text(), endpoint: random.text()),
                rule: RuleDescription(name: random.text(), threshold: random.integer(), minimumCalls: random.integer()),
                openTime: random.integer(), probeLimit: random.integer(), probeNeed: random.integer(),
                override: CircuitOverride(
                    mode: random.pick(OverrideMode.allCases), revision: random.integer(), principal: random.text(),
                    claimed: random.text(), reason: random.text(), since: random.integer(), until: random.integer()),
                trip: Trip(
                    at: random.integer(), rule: RuleDescription.failureRatio, calls: random.integer(),
                    failed: random.integer(), threshold: random.integer()))
        }
        let service = Scene.Service(name: "h", circuits: circuits)
        scene.connect(service)
        for _ in 0..<120 {
            let rows = circuits.map { circuit in
                var row = CircuitRow(id: circuit.id)
                for field in Field.allCases where field != .id { row[field] = random.integer() }
                row.state = random.pick(CircuitState.allCases)
                row.overrideMode = random.pick(OverrideMode.allCases)
                return row
            }
            let at = TelemetryInstant(t: random.integer(), up: random.integer())
            scene.observe(service, .sample(ProviderSample(at: at, seq: random.integer(), rows: rows), isEnd: true))
            act(on: &scene, &random)
            _ = scene.dashboard.view()
        }
    }

    @Test("Whatever is sent was drawn before the Enter that sent it", arguments: 1...4 as ClosedRange<UInt64>)
    func nothingUnseen(seed: UInt64) {
        var random = Dice(seed: seed)
        var scene = OrderScene.desk(4)
        var confirmed = 0
        for _ in 0..<600 {
            let key = orderKey(before: scene, &random)
            let before = key == .enter ? scene.screen : ""
            let sent = scene.sent.count
            scene.press(key)
            for command in scene.sent[sent...] {
                let instance = scene.processes.first { $0.boot == command.boot }?.instance ?? "?"
                #expect(before.contains("\(instance)/payment.charge"), "unseen:\n\(before)")
                confirmed += 1
            }
            disturb(&scene, &random)
        }
        #expect(confirmed > 0, "no order was ever confirmed")
    }

    private func orderKey(before scene: OrderScene, _ random: inout Dice) -> Key {
        guard let dialog = scene.desk.dialog else {
            return random.pick("OOACR 1126t".map(Key.character) + [.up, .down, .enter, .escape])
        }
        let word = Array(dialog.expectedWord)
        if dialog.focus == .word, dialog.word.text.count < word.count {
            return .character(word[dialog.word.text.count])
        }
        return random.pick([.enter, .enter, .enter, .tab, .tab, .backTab, .down, .character("x")])
    }

    private func disturb(_ scene: inout OrderScene, _ random: inout Dice) {
        let instance = "orders-\(random.number(1...4))"
        switch random.number(0...25) {
        case 24: scene.tell(.input(.resumed, readAt: scene.now.up))
        case 25: scene.tell(.input(.focus(random.pick([true, false])), readAt: scene.now.up))
        case 0: scene.change(instance, to: random.pick(OverrideMode.allCases))
        case 1: scene.resize(Size(columns: random.pick([50, 60, 90, 120]), rows: random.pick([8, 24, 40])))
        case 2: scene.perform()
        case 3: scene.setState(random.pick(CircuitState.allCases), instance)
        case 4, 5: scene.run(2)
        default: scene.wait(random.pick([100, 400, 800]))
        }
    }

    private func act(on scene: inout Scene, _ random: inout Dice) {
        switch random.number(0...9) {
        case 0: scene.wait(Milliseconds(random.number(0...5_000)))
        case 1: scene.tick()
        case 2: scene.input(.resize(Size(columns: random.number(-1...300), rows: random.number(-1...80))))
        case 3: scene.input(.paste(random.text()))
        case 4:
            let place = Point(x: random.number(-5...300), y: random.number(-5...100))
            scene.input(
                .mouse(Mouse(random.pick([.press, .wheelUp, .wheelDown, .drag]), button: .left, position: place)))
        case 5: scene.observe(random.pick(Scene.services), random.pick(facts))
        case 6: scene.run(steps: 1)
        default: scene.press(random.pick(keys))
        }
    }

    private var facts: [Observation.Fact] {
        [
            .source(.lost(reason: "gone")), .source(.stopped(reason: "deploy")), .source(.removed),
            .gap(from: .min, to: .max), .complaint(code: "x", message: "y"), .source(.connecting),
            .source(.greeted(Scene.services[0].identity, actions: ["force_open"])), .source(.ready),
            .event(
                Event(
                    at: TelemetryInstant(t: .max, up: .min), seq: 9, circuit: 2,
                    kind: .state(StateChange(from: .closed, to: .open, generation: .max, cause: .rule))),
                replayed: true),
        ]
    }

    private let keys: [Key] =
        Keymap.all.flatMap(\.keys).filter { $0 != .character("q") }
        + "abcxyz 019=~<>()!%\"\\é日".map(Key.character) + [
            .enter, .enter, .escape, .tab, .backspace, .delete, .left, .right, .alt("b"), .alt("f"), .alt("d"),
            .alt("\u{7F}"), .alt("q"),
        ]
}

/// Repeatable chance.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[number(0...(values.count - 1))] }

    mutating func integer() -> Int64 {
        pick([0, 1, 2, 60, 999, 1_000, 604_000, -1, .max, .min, .max - 1, Int64(number(0...1_000_000))])
    }

    mutating func text() -> String {
        pick([
            "", "orders", "日本語テキスト", "\u{1B}[2Jx\n\t", String(repeating: "long", count: 200), "a\u{301}\u{202E}b", "🙂👩‍👩‍👧",
            "100%",
        ])
    }
}
