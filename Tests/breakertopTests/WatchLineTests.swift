// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import Testing

@testable import breakertop

@Suite struct WatchLineTests {
    private let json = LineFormat(isJSON: true, isLocal: false)
    private let plain = LineFormat(isJSON: false, isLocal: false)

    private func told(_ kind: Event.Kind) -> WatchLine {
        WatchLine(
            FleetEvent(t: 43_384_000, service: "orders", instance: "orders-2", circuit: "payments", kind: .told(kind)),
            .init(boot: "b", seq: 4, up: 900, isReplayed: false))
    }

    private func text(_ line: WatchLine, _ format: LineFormat) -> String {
        String(decoding: format.bytes(of: line), as: UTF8.self)
    }

    static let kinds: [Event.Kind] = [
        opening(),
        .override(
            OverrideChange(
                from: .none,
                to: CircuitOverride(
                    mode: .forcedOpen, revision: 1, principal: "uid 1", claimed: "ann", reason: "INC", since: 100,
                    until: 600_100),
                cause: .command)),
        .override(OverrideChange(from: .forcedOpen, to: CircuitOverride(revision: 2), cause: .expiry)),
        .command(
            CommandRecord(id: "i", action: .forceOpen, principal: "uid 1", claimed: "", reason: "", refusal: .readOnly)),
        .probe(ProbeRecord(ok: false, microseconds: 1_500, error: "E")), .retryExhausted(attempts: 3, error: nil),
        .config,
        .suppressed(kind: "probe", count: 3),
    ]

    @Test("Every line of JSON is versioned, typed, dated and placed", arguments: kinds)
    func fields(kind: Event.Kind) {
        let line = text(told(kind), json)
        for field in [
            "\"version\":1", "\"type\":\"", "\"t\":43384000", "\"instance\":\"orders-2\"", "\"seq\":4",
            "\"boot\":\"b\"",
        ] {
            #expect(line.contains(field))
        }
        #expect(line.hasSuffix("}\n") && line.count { $0 == "\n" } == 1)
    }

    @Test("Plain lines say in words what signs say on the screen", arguments: kinds)
    func words(kind: Event.Kind) {
        let line = text(told(kind), plain)
        #expect(line.hasPrefix("12:03:04 UTC orders-2 payments: "))
        #expect(!line.contains { "→≥▣■●…".contains($0) })
    }

    @Test("A force's line says who, why and how long")
    func force() {
        #expect(text(told(Self.kinds[1]), plain).hasSuffix("forced open by ann (uid 1): “INC”, for 10 min\n"))
        #expect(text(told(Self.kinds[2]), plain).hasSuffix("forced open ended, its time is over\n"))
    }

    @Test("A circuit's line has the fields of `list` beside the line's own")
    func circuit() throws {
        let view = try #require(try Shop.standard().view("orders-1/stock"))
        let line = text(WatchLine(view, at: 5), json)
        for field in [
            "\"type\":\"circuit\"", "\"version\":1", "\"circuit\":\"stock\"", "\"state\":\"closed\"",
            "\"standing\":\"closed\"",
        ] {
            #expect(line.contains(field))
        }
    }

    @Test(
        "No control character of a peer gets into a line, JSON or plain",
        arguments: ["\u{1b}[2J", "\u{9b}31m", "\u{202e}", "\n", "\u{7f}"])
    func hostile(text hostile: String) {
        let event = FleetEvent(
            t: 0, service: "s\(hostile)", instance: "i\(hostile)", circuit: "c\(hostile)", kind: .lost(reason: hostile))
        for format in [json, plain] {
            let scalars = text(WatchLine(event, nil), format).dropLast().unicodeScalars
            #expect(!scalars.contains { $0.value < 32 || (0x7F...0x9F).contains($0.value) || $0 == "\u{202e}" })
        }
    }
}
