// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

private let nameLimit = ServiceIdentity.maximumNameLength

extension Event {
    func write(to writer: inout JSONWriter, replayed: Bool) {
        writer.field("t", at.t)
        writer.field("up_ms", at.up)
        writer.field("seq", seq)
        writer.field("circuit", circuit)
        kind.write(to: &writer)
        if replayed { writer.field("replayed", true) }
    }
}

extension Event.Kind {
    fileprivate func write(to writer: inout JSONWriter) {
        switch self {
        case .state(let change): change.write(to: &writer)
        case .override(let change): change.write(to: &writer)
        case .command(let record): record.write(to: &writer)
        case .probe(let record): record.write(to: &writer)
        case .retryExhausted(let attempts, let error):
            writer.kind("retry_exhausted")
            writer.field("attempts", attempts)
            if let error { writer.field("error", error, limit: WireLimits.textBytes) }
        case .config: writer.kind("config")
        case .suppressed(let kind, let count):
            writer.kind("suppressed")
            writer.field("suppressed_kind", kind, limit: nameLimit)
            writer.field("count", count)
        }
    }
}

extension StateChange {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.kind("state")
        writer.field("from", from.rawValue, limit: nameLimit)
        writer.field("to", to.rawValue, limit: nameLimit)
        writer.field("gen", generation)
        writer.field("cause", cause.rawValue, limit: nameLimit)
        if let trip { trip.write(to: &writer) }
    }
}

extension OverrideChange {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.kind("override")
        writer.field("from", from.rawValue, limit: nameLimit)
        writer.field("to", to.mode.rawValue, limit: nameLimit)
        writer.field("cause", cause.rawValue, limit: nameLimit)
        to.writeDetails(to: &writer)
    }
}

extension CommandRecord {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.kind("command")
        writer.field("id", id, limit: nameLimit)
        writer.field("action", action.rawValue, limit: nameLimit)
        writer.field("principal", principal, limit: WireLimits.textBytes)
        writer.field("claimed", claimed, limit: WireLimits.textBytes)
        writer.field("reason", reason, limit: WireLimits.textBytes)
        writer.field("ok", refusal == nil)
        if let refusal { writer.field("code", refusal.rawValue, limit: nameLimit) }
    }
}

extension ProbeRecord {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.kind("probe")
        writer.field("ok", ok)
        writer.field("us", microseconds)
        if let error { writer.field("error", error, limit: WireLimits.textBytes) }
    }
}

extension JSONWriter {
    fileprivate mutating func kind(_ kind: StaticString) {
        key("kind")
        raw("\"")
        raw(kind)
        raw("\"")
        valueEnded()
    }
}
