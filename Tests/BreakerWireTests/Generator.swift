// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire

/// Messages at random from a seed, within the limits of the protocol: what encodes must decode to the same.
struct Generator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    // SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func natural(from least: Int64 = 0) -> Int64 {
        let bits = Int.random(in: 0...53, using: &self)
        return max(least, Int64(next() & (1 << bits - 1)))
    }

    mutating func moment() -> Int64 { Bool.random(using: &self) ? natural() : -natural() }

    mutating func maybe<Value>(_ make: (inout Generator) -> Value) -> Value? {
        Bool.random(using: &self) ? make(&self) : nil
    }

    mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: 0..<values.count, using: &self)]
    }

    /// Plain and hostile characters; at most 60 bytes, so that no limit cuts it.
    mutating func text(from least: Int = 0) -> String {
        let scalars: [Unicode.Scalar] = [
            "a", "Z", "0", " ", "\"", "\\", "/", "\n", "\t", "\u{0}", "\u{1B}", "\u{7F}", "ä", "✓", "\u{2028}",
            "\u{FFFD}", "\u{1F600}", "\u{10FFFF}", "\u{301}",
        ]
        var view = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: least...15, using: &self) { view.append(pick(scalars)) }
        return String(view)
    }

    mutating func uuid() -> String {
        let groups = [8, 4, 4, 4, 12].map { count in
            String((0..<count).map { _ in pick(Array("0123456789abcdefABCDEF")) })
        }
        return groups.joined(separator: "-")
    }

    mutating func row(id: Int64) -> CircuitRow {
        var row = CircuitRow(id: id)
        for field in Field.allCases where field != .id {
            switch field.spec.kind {
            case .word(let words): row[field] = maybe { Int64.random(in: 0..<Int64(words.count), using: &$0) }
            case .instant: row[field] = maybe { $0.moment() }
            default: row[field] = maybe { $0.natural() }
            }
        }
        return row
    }

    mutating func instant() -> TelemetryInstant { TelemetryInstant(t: moment(), up: natural()) }
}

extension Generator {
    mutating func override(_ mode: OverrideMode) -> CircuitOverride {
        CircuitOverride(
            mode: mode, revision: natural(), principal: text(), claimed: text(), reason: text(),
            since: maybe { $0.moment() }, until: maybe { $0.moment() })
    }

    mutating func trip() -> Trip {
        Trip(
            at: moment(), rule: pick(["failure_ratio", "consecutive_failures", text(from: 1)]),
            calls: maybe { $0.natural() }, failed: maybe { $0.natural() }, consecutiveFailed: maybe { $0.natural() },
            threshold: maybe { Int64.random(in: 0...1_000, using: &$0) },
            errors: (0..<Int.random(in: 0...Trip.maximumErrors, using: &self)).map { _ in
                TripError(type: text(from: 1), message: text(), count: natural())
            })
    }

    mutating func circuit() -> CircuitDescription {
        var tags: [String: String] = [:]
        for _ in 0..<Int.random(in: 0...CircuitDescription.maximumTags, using: &self) { tags[text()] = text() }
        let rule = RuleDescription(
            name: pick(["failure_ratio", "consecutive_failures", text(from: 1)]),
            threshold: maybe { Int64.random(in: 0...1_000, using: &$0) },
            minimumCalls: maybe { $0.natural() }, window: maybe { $0.natural() })
        return CircuitDescription(
            id: natural(from: 1), name: text(from: 1), target: CircuitTarget(service: text(), endpoint: text()),
            tags: tags, rule: rule, openTime: maybe { $0.natural() }, probeLimit: maybe { $0.natural() },
            probeNeed: maybe { $0.natural() }, override: override(pick(OverrideMode.allCases)),
            trip: maybe { $0.trip() }, isGone: Bool.random(using: &self))
    }

    mutating func event() -> Event {
        Event(at: instant(), seq: natural(from: 1), circuit: maybe { $0.natural(from: 1) }, kind: eventKind())
    }

    private mutating func eventKind() -> Event.Kind {
        switch Int.random(in: 0...6, using: &self) {
        case 0:
            .state(
                StateChange(
                    from: pick(CircuitState.allCases), to: pick(CircuitState.allCases), generation: natural(),
                    cause: pick(StateChange.Cause.allCases), trip: maybe { $0.trip() }))
        case 1:
            .override(
                OverrideChange(
                    from: pick(OverrideMode.allCases), to: override(pick(OverrideMode.allCases)),
                    cause: pick(OverrideChange.Cause.allCases)))
        case 2:
            .command(
                CommandRecord(
                    id: uuid(), action: pick(CommandAction.allCases), principal: text(), claimed: text(),
                    reason: text(), refusal: maybe { CommandError.Code(rawValue: $0.text(from: 1)) }))
        case 3:
            .probe(
                ProbeRecord(ok: Bool.random(using: &self), microseconds: natural(), error: maybe { $0.text() }))
        case 4: .retryExhausted(attempts: natural(), error: maybe { $0.text() })
        case 5: .config
        default: .suppressed(kind: text(from: 1), count: natural(from: 1))
        }
    }

    mutating func serviceMessage() -> ServiceMessage {
        switch Int.random(in: 0...10, using: &self) {
        case 0: .hello(hello())
        case 1:
            .subscribed(
                Subscribed(
                    interval: natural(from: 1), role: pick([.observer, .operator]),
                    limits: .init(lineBytes: natural(from: 1), commandsPerSecond: natural())))
        case 2: .circuit(circuit())
        case 3: .event(event(), replayed: Bool.random(using: &self))
        case 4: .sample(sample())
        case 5: .ready
        case 6: .gap(gap())
        case 7: .result(result())
        case 8: .histogram(Histogram(circuit: natural(from: 1), at: instant(), latency: latency()))
        case 9: .error(ErrorMessage(code: text(from: 1), message: text(), line: maybe { $0.natural(from: 1) }))
        default: .bye(reason: text())
        }
    }

    private mutating func hello() -> Hello {
        Hello(
            version: ProtocolVersion(major: 1, minor: natural()),
            identity: ServiceIdentity(
                service: text(from: 1), instance: text(from: 1), environment: text(), version: text(),
                pid: natural(), host: text(), started: moment(),
                keepsOverrides: maybe { Bool.random(using: &$0) }),
            columns: Field.allCases.shuffled(using: &self).map(\.name) + ["from_the_future"],
            actions: (0..<3).map { _ in text() })
    }

    private mutating func sample() -> Sample {
        let rows = (0..<Int.random(in: 0...40, using: &self)).map { _ in row(id: natural(from: 1)) }
        return Sample(at: instant(), seq: natural(), rows: rows, isEnd: Bool.random(using: &self))
    }

    private mutating func latency() -> LatencyHistogram {
        let buckets = (0..<Int.random(in: 0...LatencyHistogram.bucketCount, using: &self)).map { _ in
            Int.random(in: 0..<LatencyHistogram.bucketCount, using: &self)
        }
        return LatencyHistogram(counts: Set(buckets).map { (bucket: $0, count: natural(from: 1)) })
    }

    private mutating func gap() -> Gap {
        let (first, second) = (natural(from: 1), natural(from: 1))
        return Gap(from: min(first, second), to: max(first, second))
    }

    private mutating func result() -> CommandResult {
        let error = CommandError(CommandError.Code(rawValue: text(from: 1)), text())
        return CommandResult(id: uuid(), outcome: Bool.random(using: &self) ? .success(natural()) : .failure(error))
    }

    mutating func monitorMessage() -> MonitorMessage {
        switch Int.random(in: 0...2, using: &self) {
        case 0:
            .subscribe(
                Subscribe(
                    client: text(from: 1), interval: natural(from: 1), filter: maybe { $0.text() }, detail: circuits(),
                    eventsSince: maybe { $0.natural() }))
        case 1: .detail(circuits())
        default: .command(command())
        }
    }

    private mutating func circuits() -> [Int64] {
        (0..<Int.random(in: 0...WireLimits.detail, using: &self)).map { _ in natural(from: 1) }
    }

    private mutating func command() -> Command {
        let action = pick(CommandAction.allCases)
        let lifetime: Command.Lifetime = Bool.random(using: &self) ? .untilCleared : .limited(natural(from: 1))
        return Command(
            id: uuid(), boot: ServiceIdentity.randomBoot(), circuit: natural(from: 1), action: action,
            lifetime: action.isForce ? lifetime : nil, reason: text(), claimed: text(),
            ifOverrideRevision: maybe { $0.natural() })
    }
}
