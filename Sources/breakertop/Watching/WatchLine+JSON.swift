// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

/// The line as JSON: `version`, `type` and `t`, then what the protocol calls by the same names. What does not apply is left out.
extension WatchLine: Encodable {
    private enum Key: String, CodingKey {
        case version, type, t, service, instance, circuit, boot, seq, up_ms, replayed
        case circuits, sources, status, reason, silent_ms, count, lines
        case from, to, gen, cause, trip, rev, principal, claimed, since, until
        case id, action, ok, code, us, error, attempts, suppressed_kind
    }

    private typealias Fields = KeyedEncodingContainer<Key>

    func encode(to encoder: any Encoder) throws {
        // A circuit's fields are those of `list`.
        if case .circuit(let view) = kind { try CircuitListing.Entry(view: view).encode(to: encoder) }
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(1, forKey: .version)
        try fields.encode(t, forKey: .t)
        if !service.isEmpty { try fields.encode(service, forKey: .service) }
        if !instance.isEmpty { try fields.encode(instance, forKey: .instance) }
        try fields.encodeIfPresent(circuit, forKey: .circuit)
        switch kind {
        case .circuit: try fields.encode("circuit", forKey: .type)
        case .ready(let circuits, let sources):
            try fields.encode("ready", forKey: .type)
            try fields.encode(circuits, forKey: .circuits)
            try fields.encode(sources, forKey: .sources)
        case .event(let kind, let origin):
            try encode(origin, to: &fields)
            try encode(kind, to: &fields)
        case .silent(let time):
            try encodeSource("silent", to: &fields)
            try fields.encode(time, forKey: .silent_ms)
        case .heard: try encodeSource("heard", to: &fields)
        case .dropped(let count):
            try fields.encode("gap", forKey: .type)
            try fields.encode("slow_reader", forKey: .cause)
            try fields.encode(count, forKey: .lines)
        }
    }

    private func encode(_ origin: Origin?, to fields: inout Fields) throws {
        guard let origin else { return }
        try fields.encode(origin.boot, forKey: .boot)
        try fields.encode(origin.seq, forKey: .seq)
        try fields.encode(origin.up, forKey: .up_ms)
        if origin.isReplayed { try fields.encode(true, forKey: .replayed) }
    }

    private func encodeSource(_ status: String, reason: String? = nil, to fields: inout Fields) throws {
        try fields.encode("source", forKey: .type)
        try fields.encode(status, forKey: .status)
        try fields.encodeIfPresent(reason, forKey: .reason)
    }

    private func encode(_ kind: FleetEvent.Kind, to fields: inout Fields) throws {
        switch kind {
        case .told(let kind): try encode(kind, to: &fields)
        case .lost(let reason): try encodeSource("lost", reason: reason, to: &fields)
        case .stopped(let reason): try encodeSource("stopped", reason: reason, to: &fields)
        case .appeared: try encodeSource("up", to: &fields)
        case .restarted: try encodeSource("restarted", to: &fields)
        case .overrideLost(let slot):
            try fields.encode("override_lost", forKey: .type)
            try fields.encode(slot.mode.rawValue, forKey: .from)
            try encodeHolder(slot, to: &fields)
        case .twin: try encodeSource("twin", to: &fields)
        case .unreadable(let complaint): try encodeSource("unreadable", reason: complaint, to: &fields)
        case .tooMany(let limit):
            try encodeSource("too_many_circuits", to: &fields)
            try fields.encode(limit, forKey: .count)
        case .gap(let count):
            try fields.encode("gap", forKey: .type)
            try fields.encode("service", forKey: .cause)
            try fields.encode(count, forKey: .count)
        }
    }

    private func encode(_ kind: Event.Kind, to fields: inout Fields) throws {
        switch kind {
        case .state(let change):
            try fields.encode("state", forKey: .type)
            try fields.encode(change.from.rawValue, forKey: .from)
            try fields.encode(change.to.rawValue, forKey: .to)
            try fields.encode(change.generation, forKey: .gen)
            try fields.encode(change.cause.rawValue, forKey: .cause)
            try fields.encodeIfPresent(CircuitListing.TripEntry(change.trip), forKey: .trip)
        case .override(let change): try encode(change, to: &fields)
        case .command(let record): try encode(record, to: &fields)
        case .probe(let record):
            try fields.encode("probe", forKey: .type)
            try fields.encode(record.ok, forKey: .ok)
            try fields.encode(record.microseconds, forKey: .us)
            try fields.encodeIfPresent(record.error, forKey: .error)
        case .retryExhausted(let attempts, let error):
            try fields.encode("retry_exhausted", forKey: .type)
            try fields.encode(attempts, forKey: .attempts)
            try fields.encodeIfPresent(error, forKey: .error)
        case .config: try fields.encode("config", forKey: .type)
        case .suppressed(let kind, let count):
            try fields.encode("suppressed", forKey: .type)
            try fields.encode(kind, forKey: .suppressed_kind)
            try fields.encode(count, forKey: .count)
        }
    }

    private func encode(_ change: OverrideChange, to fields: inout Fields) throws {
        let slot = change.to
        try fields.encode("override", forKey: .type)
        try fields.encode(change.from.rawValue, forKey: .from)
        try fields.encode(slot.mode.rawValue, forKey: .to)
        try fields.encode(change.cause.rawValue, forKey: .cause)
        try fields.encode(slot.revision, forKey: .rev)
        try encodeHolder(slot, to: &fields)
    }

    private func encodeHolder(_ slot: CircuitOverride, to fields: inout Fields) throws {
        try fields.encode(slot.principal, forKey: .principal)
        try fields.encode(slot.claimed, forKey: .claimed)
        try fields.encode(slot.reason, forKey: .reason)
        try fields.encode(slot.since, forKey: .since)
        try fields.encode(slot.until, forKey: .until)
    }

    private func encode(_ record: CommandRecord, to fields: inout Fields) throws {
        try fields.encode("command", forKey: .type)
        try fields.encode(record.id, forKey: .id)
        try fields.encode(record.action.rawValue, forKey: .action)
        try fields.encode(record.principal, forKey: .principal)
        try fields.encode(record.claimed, forKey: .claimed)
        try fields.encode(record.reason, forKey: .reason)
        try fields.encode(record.refusal == nil, forKey: .ok)
        try fields.encodeIfPresent(record.refusal?.rawValue, forKey: .code)
    }
}
