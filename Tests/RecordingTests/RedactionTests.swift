// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import Testing

@testable import Recording

@Suite("Recordings without names")
struct RedactionTests {
    /// All kinds of facts, with a text of its own in each place that holds one.
    private static func secrets() -> [Observation.Fact] {
        var count = 0
        func secret() -> String {
            count += 1
            return "geheim\(count)"
        }
        var description = CircuitDescription(
            id: 1, name: secret(), target: CircuitTarget(service: secret(), endpoint: secret()),
            tags: [secret(): secret()], rule: RuleDescription(name: secret()))
        let slot = CircuitOverride(
            mode: .forcedOpen, revision: 3, principal: secret(), claimed: secret(), reason: secret(), since: 1)
        let trip = Trip(at: 1, rule: secret(), errors: [TripError(type: secret(), message: secret())])
        (description.override, description.trip) = (slot, trip)
        let kinds: [Event.Kind] = [
            .state(StateChange(from: .closed, to: .open, generation: 1, cause: .rule, trip: trip)),
            .override(OverrideChange(from: .none, to: slot, cause: .command)),
            .command(
                CommandRecord(
                    id: "6f1c0f6e-0f6d-4b5e-9d59-1f2a3b4c5d6e", action: .clear, principal: secret(), claimed: secret(),
                    reason: secret(), refusal: CommandError.Code(rawValue: secret()))),
            .probe(ProbeRecord(ok: false, microseconds: 1, error: secret())),
            .retryExhausted(attempts: 2, error: secret()), .suppressed(kind: secret(), count: 2), .config,
        ]
        let identity = ServiceIdentity(
            service: secret(), instance: secret(), boot: "00c0ffee12345678", environment: secret(), version: secret(),
            pid: 4_711, host: secret(), started: 5)
        let row = CircuitRow(id: 1)
        return [
            .source(.connecting), .origin(SourceOrigin(kind: .file, labels: [secret(): secret()], owner: 987_654)),
            .source(.greeted(identity, actions: ["clear", secret()])),
            .link(SourceLink(protocolMinor: 0, certificateNames: [secret()])),
            .source(.subscribed(interval: 1_000, mayOperate: true)), .circuit(description),
            .sample(ProviderSample(at: TelemetryInstant(t: 1, up: 1), seq: 0, rows: [row]), isEnd: true),
            .source(.ready), .complaint(code: secret(), message: secret()),
            .foreign(Array(#"{"type":"\#(secret())"}"#.utf8)),
        ]
            + kinds.enumerated().map { index, kind in
                .event(
                    Event(at: TelemetryInstant(t: 1, up: 2), seq: Int64(index + 1), circuit: 1, kind: kind),
                    replayed: false)
            } + [.source(.stopped(reason: secret())), .source(.lost(reason: secret()))]
    }

    /// All texts in a value.
    private static func texts(_ value: Any) -> [String] {
        if let text = value as? String { return [text] }
        return Mirror(reflecting: value).children.flatMap { texts($0.value) }
    }

    @Test("Nothing of what was said is in the file, neither in a fact nor in a keyframe")
    func nothing() throws {
        var redaction = Redaction()
        let recorder = try Recorder(
            RecordingHeader(started: 1_790_000_000_000, program: "test", isRedacted: true),
            began: TelemetryInstant(t: 1_790_000_000_000, up: 0))
        var (up, said) = (Milliseconds(0), Set<String>())
        let facts = Self.secrets()
        for _ in 1...3 {
            for fact in facts {
                up += 2_000
                let at = TelemetryInstant(t: 1_790_000_000_000 + up, up: up)
                let observation = Observation(source: SourceID("geheim.sock"), at: at, fact: fact, bytes: 9)
                said.formUnion(Self.texts(observation))
                if let redacted = redaction.redact(observation) { try recorder.record(redacted) }
            }
        }
        try recorder.end()
        let bytes = recorder.takeOutput()
        let lines = try Recorded(bytes: bytes).lines()
        #expect(said.filter { $0.hasPrefix("geheim") }.count > 25)
        #expect(
            lines.count { $0.contains(#""keyframe":{"#) } > 1 && lines.contains { $0.contains(#""memory":"circuit""#) })
        let spoken: Set = ["clear"]
        for text in said.subtracting(spoken) {
            #expect(!lines.contains { $0.contains(text) }, "\(text)")
        }
        #expect(!lines.contains { $0.contains("4711") || $0.contains("987654") || $0.contains("geheim") })
        let player = try Player(bytes)
        try player.play(to: recorder.now.at)
        #expect(player.header.isRedacted && player.complaints == [])
        #expect(canonical(player.moment) == canonical(recorder.now))
    }

    @Test("The same name is the same pseudonym, and who is called is who answers")
    func stable() throws {
        var redaction = Redaction()
        func redact(_ fact: Observation.Fact) throws -> Observation.Fact {
            let observation = Observation(source: SourceID("a"), at: TelemetryInstant(t: 1, up: 1), fact: fact)
            let redacted = redaction.redact(observation)
            return try #require(redacted).fact
        }
        let description = CircuitDescription(
            id: 1, name: "pay", target: CircuitTarget(service: "payments"),
            rule: RuleDescription(name: RuleDescription.failureRatio))
        guard case .circuit(let circuit) = try redact(.circuit(description)),
            case .circuit(let again) = try redact(.circuit(description)),
            case .source(.greeted(let payments, _)) = try redact(
                .source(.greeted(ServiceIdentity(service: "payments", instance: "1"), actions: []))),
            case .source(.greeted(let orders, _)) = try redact(
                .source(.greeted(ServiceIdentity(service: "orders", instance: "1"), actions: [])))
        else {
            Issue.record("another kind of fact")
            return
        }
        #expect(circuit == again && circuit.name == "circuit-1" && circuit.rule.name == RuleDescription.failureRatio)
        #expect(circuit.target.service == payments.service && payments.service != orders.service)
        #expect(payments.instance == orders.instance && payments.boot != orders.boot && payments.boot.count == 16)
    }
}
