// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
package import Fleet

/// Takes out of what is observed who and what it is about, before it is recorded: numbers, times and states stay.
///
/// A name becomes a pseudonym, such as `service-1`, the same one each time; a text that people or programs wrote freely is
/// dropped. What this version does not know is left out as a whole.
package struct Redaction: Sendable {
    private enum Kind: String, Sendable {
        case source, service, instance, circuit, endpoint, host, environment, version, label, value, person, name, rule
        case error, code, kind, boot, command
    }

    private var numbers: [Kind: [String: Int]] = [:]

    /// The most names of a kind that are told apart.
    private static let maximumNames = 200_000
    /// What stands for a text.
    private static let text = "redacted"

    package init() {}

    /// - Returns: `nil` when nothing of it may be recorded.
    package mutating func redact(_ observation: Observation) -> Observation? {
        guard let fact = redact(observation.fact) else { return nil }
        var observation = observation
        (observation.source, observation.fact) = (SourceID(name(.source, observation.source.name)), fact)
        return observation
    }

    private mutating func number(_ kind: Kind, _ text: String) -> Int {
        let count = numbers[kind]?.count ?? 0
        if let known = numbers[kind]?[text] { return known }
        guard count < Self.maximumNames else { return count + 1 }
        numbers[kind, default: [:]][text] = count + 1
        return count + 1
    }

    private mutating func name(_ kind: Kind, _ text: String) -> String {
        text.isEmpty ? "" : "\(kind.rawValue)-\(number(kind, text))"
    }

    /// A word that the protocol itself knows stays.
    private mutating func name(_ kind: Kind, _ text: String, unless known: Set<String>) -> String {
        known.contains(text) ? text : name(kind, text)
    }

    /// So many hexadecimal digits.
    private mutating func digits(_ kind: Kind, _ text: String, count: Int) -> String {
        let digits = String(number(kind, text), radix: 16)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }

    private func dropped(_ text: String) -> String { text.isEmpty ? "" : Self.text }
}

extension Redaction {
    private mutating func redact(_ fact: Observation.Fact) -> Observation.Fact? {
        switch fact {
        case .source(let phase): return .source(redact(phase))
        case .origin(let origin): return .origin(redact(origin))
        case .link(var link):
            link.certificateNames = link.certificateNames.map { name(.name, $0) }
            return .link(link)
        case .circuit(let description): return .circuit(redact(description))
        case .event(let event, let replayed): return .event(redact(event), replayed: replayed)
        case .complaint(let code, let message):
            return .complaint(code: name(.code, code, unless: Self.codes), message: dropped(message))
        case .sample, .gap, .histogram: return fact
        case .foreign: return nil
        }
    }

    private static let codes = Set(WireError.Code.allCases.map(\.rawValue))

    private mutating func redact(_ phase: SourcePhase) -> SourcePhase {
        switch phase {
        case .greeted(let identity, let actions):
            .greeted(redact(identity), actions: actions.filter { CommandAction(rawValue: $0) != nil })
        case .stopped(let reason): .stopped(reason: dropped(reason))
        case .lost(let reason): .lost(reason: dropped(reason))
        case .connecting, .subscribed, .ready, .removed: phase
        }
    }

    private mutating func redact(_ identity: ServiceIdentity) -> ServiceIdentity {
        ServiceIdentity(
            service: name(.service, identity.service), instance: name(.instance, identity.instance),
            boot: digits(.boot, identity.boot, count: 16), environment: name(.environment, identity.environment),
            version: name(.version, identity.version), host: name(.host, identity.host), started: identity.started,
            keepsOverrides: identity.keepsOverrides)
    }

    private mutating func redact(_ origin: SourceOrigin) -> SourceOrigin {
        SourceOrigin(kind: origin.kind, labels: redact(origin.labels), isFound: origin.isFound)
    }

    private mutating func redact(_ labels: [String: String]) -> [String: String] {
        var redacted: [String: String] = [:]
        for (key, value) in labels.sorted(by: { $0.key < $1.key }) { redacted[name(.label, key)] = name(.value, value) }
        return redacted
    }

    private mutating func redact(_ description: CircuitDescription) -> CircuitDescription {
        var redacted = description
        redacted.name = name(.circuit, description.name)
        redacted.target = CircuitTarget(
            service: name(.service, description.target.service), endpoint: name(.endpoint, description.target.endpoint))
        redacted.tags = redact(description.tags)
        redacted.rule.name = rule(description.rule.name)
        redacted.override = redact(description.override)
        redacted.trip = description.trip.map { redact($0) }
        return redacted
    }

    private mutating func rule(_ name: String) -> String {
        self.name(.rule, name, unless: [RuleDescription.failureRatio, RuleDescription.consecutiveFailures])
    }

    private mutating func redact(_ override: CircuitOverride) -> CircuitOverride {
        var redacted = override
        redacted.principal = name(.person, override.principal)
        redacted.claimed = name(.person, override.claimed)
        redacted.reason = dropped(override.reason)
        return redacted
    }

    private mutating func redact(_ trip: Trip) -> Trip {
        var redacted = trip
        redacted.rule = rule(trip.rule)
        redacted.errors = trip.errors.map {
            TripError(type: name(.error, $0.type), message: dropped($0.message), count: $0.count)
        }
        return redacted
    }

    private mutating func redact(_ event: Event) -> Event {
        Event(at: event.at, seq: event.seq, circuit: event.circuit, kind: redact(event.kind))
    }

    private mutating func redact(_ kind: Event.Kind) -> Event.Kind {
        switch kind {
        case .state(var change):
            change.trip = change.trip.map { redact($0) }
            return .state(change)
        case .override(var change):
            change.to = redact(change.to)
            return .override(change)
        case .command(let record): return .command(redact(record))
        case .probe(let record):
            return .probe(
                ProbeRecord(ok: record.ok, microseconds: record.microseconds, error: record.error.map(dropped)))
        case .retryExhausted(let attempts, let error):
            return .retryExhausted(attempts: attempts, error: error.map(dropped))
        case .suppressed(let kind, let count):
            return .suppressed(kind: name(.kind, kind, unless: Self.kinds), count: count)
        case .config: return kind
        }
    }

    private static let kinds: Set = ["state", "override", "command", "probe", "retry_exhausted", "config"]

    private mutating func redact(_ record: CommandRecord) -> CommandRecord {
        CommandRecord(
            id: "00000000-0000-4000-8000-" + digits(.command, record.id, count: 12), action: record.action,
            principal: name(.person, record.principal), claimed: name(.person, record.claimed),
            reason: dropped(record.reason),
            refusal: record.refusal.map { CommandError.Code(rawValue: name(.code, $0.rawValue, unless: Self.refusals)) }
        )
    }

    private static let refusals: Set = [
        "unknown_circuit", "wrong_boot", "not_allowed", "read_only", "id_conflict", "override_conflict", "rate_limited",
        "invalid", "not_applicable", "unsupported", "not_connected",
    ]
}
