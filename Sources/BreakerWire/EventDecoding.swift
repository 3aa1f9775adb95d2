// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

extension ServiceMessage {
    /// Reads an event. A kind, or a word in it, that this version does not know makes it unknown as a whole.
    init(event fields: JSONFields) throws(WireError) {
        let at = TelemetryInstant(
            t: try fields.required("t", try fields.integer("t")), up: try fields.natural("up_ms"))
        let seq = try fields.positive("seq")
        let circuit = try fields.integer("circuit", in: JSONFields.positive)
        let replayed = try fields.bool("replayed") ?? false
        let name = try fields.name("kind")
        guard let kind = try Event.Kind(name: name, fields) else {
            self = .unknown(type: "event/\(name)")
            return
        }
        self = .event(Event(at: at, seq: seq, circuit: circuit, kind: kind), replayed: replayed)
    }
}

extension Event.Kind {
    fileprivate init?(name: String, _ fields: JSONFields) throws(WireError) {
        switch name {
        case "state":
            guard let change = try StateChange(fields) else { return nil }
            self = .state(change)
        case "override":
            guard let change = try OverrideChange(fields) else { return nil }
            self = .override(change)
        case "command":
            guard let record = try CommandRecord(fields) else { return nil }
            self = .command(record)
        case "probe": self = .probe(try ProbeRecord(fields))
        case "retry_exhausted":
            self = .retryExhausted(
                attempts: try fields.natural("attempts"), error: try fields.text("error", limit: WireLimits.textBytes))
        case "config": self = .config
        case "suppressed":
            self = .suppressed(kind: try fields.name("suppressed_kind"), count: try fields.positive("count"))
        default: return nil
        }
    }
}

extension StateChange {
    fileprivate init?(_ fields: JSONFields) throws(WireError) {
        let from = CircuitState(rawValue: try fields.name("from"))
        let to = CircuitState(rawValue: try fields.name("to"))
        let cause = Cause(rawValue: try fields.name("cause"))
        let generation = try fields.natural("gen")
        var trip: Trip?
        if let object = try fields.object("trip", "event.trip") { trip = try Trip(object) }
        guard let from, let to, let cause else { return nil }
        self.init(from: from, to: to, generation: generation, cause: cause, trip: trip)
    }
}

extension OverrideChange {
    fileprivate init?(_ fields: JSONFields) throws(WireError) {
        let from = OverrideMode(rawValue: try fields.name("from"))
        let to = OverrideMode(rawValue: try fields.name("to"))
        let cause = Cause(rawValue: try fields.name("cause"))
        guard let from, let to, let cause else { return nil }
        self.init(from: from, to: try CircuitOverride(fields, mode: to), cause: cause)
    }
}

extension CommandRecord {
    fileprivate init?(_ fields: JSONFields) throws(WireError) {
        let action = CommandAction(rawValue: try fields.name("action"))
        let isDone = try fields.required("ok", try fields.bool("ok"))
        let refusal = isDone ? nil : CommandError.Code(rawValue: try fields.name("code"))
        let id = try fields.uuid("id")
        guard let action else { return nil }
        self.init(
            id: id,
            action: action,
            principal: try fields.freeText("principal"),
            claimed: try fields.freeText("claimed"),
            reason: try fields.freeText("reason"),
            refusal: refusal
        )
    }
}

extension ProbeRecord {
    fileprivate init(_ fields: JSONFields) throws(WireError) {
        self.init(
            ok: try fields.required("ok", try fields.bool("ok")),
            microseconds: try fields.natural("us"),
            error: try fields.text("error", limit: WireLimits.textBytes)
        )
    }
}
