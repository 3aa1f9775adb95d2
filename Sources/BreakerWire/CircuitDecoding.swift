// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

extension CircuitDescription {
    init(_ fields: JSONFields) throws(WireError) {
        let rule = try fields.required("rule", try fields.object("rule", "circuit.rule"))
        let override = try fields.object("override", "circuit.override")
        let trip = try fields.object("trip", "circuit.trip")
        self.init(
            id: try fields.positive("id"),
            name: try fields.name("name"),
            target: try CircuitTarget(try fields.object("target", "circuit.target")),
            tags: try fields.tags("tags"),
            rule: try RuleDescription(rule),
            openTime: try fields.integer("open_ms", in: JSONFields.natural),
            probeLimit: try fields.integer("probe_limit", in: JSONFields.natural),
            probeNeed: try fields.integer("probe_need", in: JSONFields.natural)
        )
        if let override {
            let word = try override.name("mode")
            guard let mode = OverrideMode(rawValue: word) else {
                // Neither "none" nor any other guess would be safe to show.
                throw WireError(
                    .badValue, "circuit `\(name)`: override.mode is `\(word)`, which protocol 1 does not know")
            }
            self.override = try CircuitOverride(override, mode: mode)
        }
        if let trip { self.trip = try Trip(trip) }
        isGone = try fields.bool("gone") ?? false
    }
}

extension CircuitTarget {
    fileprivate init(_ fields: JSONFields?) throws(WireError) {
        guard let fields else {
            self.init()
            return
        }
        self.init(service: try fields.optionalName("service"), endpoint: try fields.freeText("endpoint"))
    }
}

extension RuleDescription {
    fileprivate init(_ fields: JSONFields) throws(WireError) {
        let name = try fields.name("name")
        self.init(
            name: name,
            threshold: try fields.threshold(ofRule: name),
            minimumCalls: try fields.integer("min_calls", in: JSONFields.natural),
            window: try fields.integer("window_ms", in: JSONFields.natural)
        )
    }
}

extension CircuitOverride {
    /// Reads the slot's fields beside its mode: in a circuit they stand apart, in an event among the event's own.
    init(_ fields: JSONFields, mode: OverrideMode) throws(WireError) {
        self.init(
            mode: mode,
            revision: try fields.natural("rev"),
            principal: try fields.freeText("principal"),
            claimed: try fields.freeText("claimed"),
            reason: try fields.freeText("reason"),
            since: try fields.integer("since"),
            until: try fields.integer("until")
        )
    }
}

extension Trip {
    init(_ fields: JSONFields) throws(WireError) {
        let rule = try fields.name("rule")
        self.init(
            at: try fields.required("at", try fields.integer("at")),
            rule: rule,
            calls: try fields.integer("calls", in: JSONFields.natural),
            failed: try fields.integer("failed", in: JSONFields.natural),
            consecutiveFailed: try fields.integer("consecutive_failed", in: JSONFields.natural),
            threshold: try fields.threshold(ofRule: rule)
        )
        guard var reader = try fields.opened("errors", "[") else { return }
        while try reader.nextElement() {
            guard errors.count < Self.maximumErrors else { throw fields.tooMany("errors", Self.maximumErrors) }
            let error = try JSONFields(&reader, "trip.errors")
            errors.append(
                TripError(
                    type: try error.name("type"),
                    message: try error.freeText("message"),
                    count: try error.integer("count", in: JSONFields.natural) ?? 1
                ))
        }
    }
}

extension JSONFields {
    /// A ratio and a count go by different names, so that nobody takes 500 ‰ for 500 calls.
    fileprivate func threshold(ofRule name: String) throws(WireError) -> Int64? {
        if name == RuleDescription.failureRatio { return try integer("threshold_permille", in: 0...1_000) }
        return try integer("threshold_count", in: Self.natural)
    }

    fileprivate func tags(_ name: StaticString) throws(WireError) -> [String: String] {
        guard var reader = try opened(name, "{") else { return [:] }
        var tags: [String: String] = [:]
        while let key = try reader.nextKey() {
            guard tags.count < CircuitDescription.maximumTags else {
                throw tooMany(name, CircuitDescription.maximumTags)
            }
            let tag = reader.string(key)
            guard tag.utf8.count <= ServiceIdentity.maximumNameLength else {
                throw reader.failure(.badValue, "a tag's name has \(tag.utf8.count) bytes", at: key.start)
            }
            let value = try reader.string(limit: ServiceIdentity.maximumNameLength, path, name)
            guard tags.updateValue(value, forKey: tag) == nil else {
                throw reader.failure(.malformed, "a tag is there twice", at: key.start)
            }
        }
        return tags
    }
}
