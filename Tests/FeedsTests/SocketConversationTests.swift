// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import BreakerWire
import Fleet
import Testing

@testable import Feeds

@Suite("A monitor's side of a connection")
struct SocketConversationTests {
    private static let boot = "00000000000000aa"

    private func line(_ text: String) -> InboundLine { .line(Array(text.utf8)) }

    private func line(_ message: ServiceMessage) -> InboundLine {
        var bytes: [UInt8] = []
        MessageEncoder().append(message, to: &bytes)
        return .line(bytes.dropLast())
    }

    private func hello(boot: String = boot) -> InboundLine {
        line(.hello(Hello(identity: ServiceIdentity(service: "orders", instance: "1", boot: boot), actions: ["clear"])))
    }

    private func subscribed(interval: Milliseconds = 250) -> InboundLine {
        let limits = Subscribed.Limits(lineBytes: 65_536, commandsPerSecond: 20)
        return line(.subscribed(Subscribed(interval: interval, role: .operator, limits: limits)))
    }

    private func kinds(_ actions: [SocketConversation.Action]) -> [String] {
        actions.map { action in
            switch action {
            case .observe(.source(let phase)):
                switch phase {
                case .greeted(let identity, let actions): "greeted \(identity.service) \(actions)"
                case .subscribed(let interval, let mayOperate): "subscribed \(interval) \(mayOperate)"
                case .ready: "ready"
                default: "phase \(phase)"
                }
            case .observe(.circuit(let circuit)): "circuit \(circuit.id)"
            case .observe(.sample(let sample, let isEnd)): "sample \(sample.rows.count) \(isEnd)"
            case .observe(.event(let event, let replayed)): "event \(event.seq) \(replayed)"
            case .observe(.gap(let from, let to)): "gap \(from)-\(to)"
            case .observe(.complaint(let code, _)): "complaint \(code)"
            case .observe(.histogram(let circuit, let latency, _)): "histogram \(circuit) \(latency.total)"
            case .observe(.foreign(let line)): "foreign \(String(decoding: line, as: UTF8.self))"
            case .observe(.origin), .observe(.link): "not told by services"
            case .send(.subscribe(let subscribe)):
                "subscribe \(subscribe.client) \(subscribe.interval) \(subscribe.eventsSince.map(String.init) ?? "-")"
            case .send: "send"
            case .answer(let result): "answer \(result.id)"
            case .end(.stopped(let reason)): "stopped \(reason)"
            case .end(.lost): "lost"
            case .end(.hopeless): "hopeless"
            }
        }
    }

    private func feed(
        _ lines: [InboundLine], earlier: SocketConversation.Bookmark? = nil
    ) -> (kinds: [String], conversation: SocketConversation) {
        var conversation = SocketConversation(client: "test/1", interval: 250, earlier: earlier)
        return (lines.flatMap { kinds(conversation.receive($0)) }, conversation)
    }

    @Test("What it does not know is passed on as it came")
    func foreign() {
        let text = #"{"type":"weather", "sky":["blue",1e3]}"#
        let event = #"{"type":"event","t":1,"up_ms":1,"seq":3,"kind":"eclipse"}"#
        #expect(
            feed([hello(), subscribed(), line(text), line(event)]).kinds.suffix(2) == [
                "foreign \(text)", "foreign \(event)",
            ])
    }

    @Test("It subscribes on hello and passes on what is told")
    func whole() {
        let at = TelemetryInstant(t: 1, up: 1)
        let id = "6f1c0f6e-0f6d-4b5e-9d59-1f2a3b4c5d6e"
        let (kinds, conversation) = feed([
            hello(), subscribed(),
            line(.circuit(CircuitDescription(id: 1, name: "c", rule: RuleDescription(name: "failure_ratio")))),
            line(.event(Event(at: at, seq: 4, circuit: 1, kind: .config), replayed: true)),
            line(.sample(Sample(at: at, seq: 4, rows: [CircuitRow(id: 1)]))), line(.ready),
            line(#"{"type":"hologram","x":[1]}"#), line(.gap(Gap(from: 5, to: 9))),
            line(.histogram(Histogram(circuit: 1, at: at, latency: LatencyHistogram(counts: [(bucket: 2, count: 3)])))),
            line(.result(CommandResult(id: id, outcome: .success(1)))),
            line(.error(ErrorMessage(code: "bad_value", message: "no"))), line(.bye(reason: "deploy")), line(.ready),
        ])
        #expect(
            kinds == [
                #"greeted orders ["clear"]"#, "subscribe test/1 250 -", "subscribed 250 true", "circuit 1",
                "event 4 true",
                "sample 1 true", "ready", #"foreign {"type":"hologram","x":[1]}"#, "gap 5-9", "histogram 1 3",
                "answer \(id)", "complaint bad_value",
                "stopped deploy",
            ])
        #expect(conversation.bookmark == .init(boot: Self.boot, event: 9))
        #expect(conversation.protocolMinor == ProtocolVersion.current.minor)
    }

    @Test("It asks the same boot only for what it missed")
    func bookmark() {
        let same = feed([hello()], earlier: .init(boot: Self.boot, event: 7))
        #expect(same.kinds.last == "subscribe test/1 250 7")
        let other = feed([hello(boot: "00000000000000bb")], earlier: .init(boot: Self.boot, event: 7))
        #expect(other.kinds.last == "subscribe test/1 250 -")
        #expect(other.conversation.bookmark == .init(boot: "00000000000000bb", event: 0))
    }

    @Test(
        "What is no service of this protocol is given up at its first line",
        arguments: [
            "HTTP/1.1 400 Bad Request", "", "{}", "\u{0}", #"{"type":"ready"}"#, #"{"type":"hello"}"#,
            #"{"type":"hello","protocol":{"major":2,"minor":0},"service":"s"}"#,
        ]
    )
    func strangers(text: String) {
        #expect(feed([line(text), hello()]).kinds == ["hopeless"])
    }

    @Test("An endless first line, facts before the subscription and a second hello end it")
    func outOfOrder() {
        #expect(feed([.tooLong(bytes: 70_000)]).kinds == ["hopeless"])
        #expect(feed([hello(), line(.ready)]).kinds.last == "hopeless")
        #expect(feed([hello(), subscribed(), hello()]).kinds.last == "hopeless")
        #expect(feed([hello(), line(.error(ErrorMessage(code: "x", message: "no")))]).kinds.last == "lost")
    }

    @Test("A service is given up when most of what it says cannot be read, not for a part of it, however long")
    func tolerance() {
        let start = [hello(), subscribed(), line(.ready)]
        let nonsense = line("nonsense")
        let bearable = start + Array(repeating: nonsense, count: 50)
        #expect(feed(bearable).kinds.last == "complaint malformed")
        #expect(feed(bearable + [line(.bye(reason: "deploy"))]).kinds.last == "stopped deploy")
        #expect(feed(bearable + [.tooLong(bytes: 70_000)]).kinds.last == "hopeless")
        let half = (1...1_000).flatMap { _ in [nonsense, line(.ready)] }
        let kinds = feed(start + half).kinds
        #expect(kinds.last == "ready")
        #expect(kinds.count { $0 == "complaint malformed" } == 1_000)
        // A good past is no credit for ever.
        let turned = start + Array(repeating: line(.ready), count: 1_000) + Array(repeating: nonsense, count: 51)
        #expect(feed(turned).kinds.last == "hopeless")
    }

    @Test("A circuit with an override from the future is told in words, and the others are followed")
    func unknownOverride() {
        var conversation = SocketConversation(client: "test/1", interval: 250)
        for line in [hello(), subscribed()] { _ = conversation.receive(line) }
        let rule = #""rule":{"name":"failure_ratio"}"#
        let circuit = #"{"type":"circuit","id":2,"name":"charge",\#(rule),"override":{"mode":"half_open","rev":1}}"#
        let actions = conversation.receive(line(circuit))
        guard case .observe(.complaint("bad_value", let words))? = actions.first else {
            Issue.record("not told, but \(actions)")
            return
        }
        for word in ["`charge`", "override.mode", "`half_open`"] { #expect(words.contains(word), "\(words)") }
        let other = line(#"{"type":"circuit","id":3,"name":"ship",\#(rule)}"#)
        #expect(kinds(conversation.receive(other)) == ["circuit 3"])
    }

    @Test(
        "Silence is borne for ten intervals, at least 10 s; before the subscription for 5 s",
        arguments: [(nil, 5_000), (250, 10_000), (2_000, 20_000), (9_007_199_254_740_991, 90_071_992_547_409_910)]
            as [(Int64?, Int64)]
    )
    func silence(interval: Int64?, limit: Int64) {
        let lines = interval.map { [hello(), subscribed(interval: $0)] } ?? [hello()]
        #expect(feed(lines).conversation.silenceLimit == limit)
    }
}
