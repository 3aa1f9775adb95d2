// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

private let nameLimit = ServiceIdentity.maximumNameLength

extension CircuitDescription {
    func write(to writer: inout JSONWriter) {
        writer.field("id", id)
        writer.field("name", name, limit: nameLimit)
        writer.key("target")
        writer.open("{")
        writer.field("service", target.service, limit: nameLimit)
        writer.field("endpoint", target.endpoint, limit: WireLimits.textBytes)
        writer.close("}")
        writer.tags(tags)
        writer.key("rule")
        writer.open("{")
        writer.field("name", rule.name, limit: nameLimit)
        writer.threshold(rule.threshold, ofRule: rule.name)
        writer.field("min_calls", rule.minimumCalls)
        writer.field("window_ms", rule.window)
        writer.close("}")
        writer.field("open_ms", openTime)
        writer.field("probe_limit", probeLimit)
        writer.field("probe_need", probeNeed)
        writer.key("override")
        writer.open("{")
        writer.field("mode", override.mode.rawValue, limit: nameLimit)
        override.writeDetails(to: &writer)
        writer.close("}")
        if let trip { trip.write(to: &writer) }
        if isGone { writer.field("gone", true) }
    }
}

extension CircuitOverride {
    /// Everything but the mode, which in an event is called `to`.
    func writeDetails(to writer: inout JSONWriter) {
        writer.field("rev", revision)
        writer.field("principal", principal, limit: WireLimits.textBytes)
        writer.field("claimed", claimed, limit: WireLimits.textBytes)
        writer.field("reason", reason, limit: WireLimits.textBytes)
        writer.field("since", since)
        writer.field("until", until)
    }
}

extension Trip {
    /// Writes the field `trip`.
    func write(to writer: inout JSONWriter) {
        writer.key("trip")
        writer.open("{")
        writer.field("at", at)
        writer.field("rule", rule, limit: nameLimit)
        writer.field("calls", calls)
        writer.field("failed", failed)
        writer.field("consecutive_failed", consecutiveFailed)
        writer.threshold(threshold, ofRule: rule)
        writer.key("errors")
        writer.open("[")
        for error in errors.prefix(Self.maximumErrors) {
            writer.open("{")
            writer.field("type", error.type, limit: nameLimit)
            writer.field("message", error.message, limit: WireLimits.textBytes)
            writer.field("count", error.count)
            writer.close("}")
        }
        writer.close("]")
        writer.close("}")
    }
}

extension JSONWriter {
    fileprivate mutating func threshold(_ value: Int64?, ofRule name: String) {
        if name == RuleDescription.failureRatio {
            field("threshold_permille", value)
        } else {
            field("threshold_count", value)
        }
    }

    /// In order of their names: equal circuits make equal lines.
    fileprivate mutating func tags(_ tags: [String: String]) {
        key("tags")
        open("{")
        for (name, value) in tags.sorted(by: { $0.key < $1.key }).prefix(CircuitDescription.maximumTags) {
            element(name, limit: nameLimit)
            raw(":")
            valueFollows()
            element(value, limit: nameLimit)
        }
        close("}")
    }
}
