// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Dashboard
import Fleet

/// The JSON of `list`: what the protocol calls by the same names, and what only the monitor knows.
struct CircuitListing: Encodable {
    var version = 1
    var circuits: [Entry]
    var troubles: [String]

    init(circuits: [CircuitView], troubles: [String]) {
        self.circuits = circuits.map(Entry.init)
        self.troubles = troubles
    }

    struct Entry: Encodable {
        let view: CircuitView

        private struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(_ name: String) { stringValue = name }
            init?(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        /// Every field of the row by its wire name, then the rest; unknown is null.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            for field in Field.allCases {
                try container.encode(FieldValue(view.row[field], of: field), forKey: Key(field.name))
            }
            // The service's clock now: what its instants are to be compared with.
            try container.encode(view.up, forKey: Key("up_ms"))
            try container.encode(view.identity.service, forKey: Key("service"))
            try container.encode(view.identity.instance, forKey: Key("instance"))
            try container.encode(view.identity.boot, forKey: Key("boot"))
            try container.encode(view.identity.environment, forKey: Key("env"))
            try container.encode(view.key.name, forKey: Key("circuit"))
            try container.encode(view.description.target.service, forKey: Key("target_service"))
            try container.encode(view.description.target.endpoint, forKey: Key("target_endpoint"))
            try container.encode(view.standing.word, forKey: Key("standing"))
            try container.encode(view.hasTwin, forKey: Key("twin"))
            try container.encode(view.identity.keepsOverrides, forKey: Key("keeps_overrides"))
            try container.encode(!view.isSilent, forKey: Key("fresh"))
            try container.encode(view.failureRatio, forKey: Key("failure_ratio"))
            try container.encode(view.age?.span, forKey: Key("for_ms"))
            try container.encode(view.age?.isAtLeast, forKey: Key("for_at_least"))
            try container.encode(TripEntry(view.description.trip), forKey: Key("trip"))
            try container.encode(OverrideEntry(view.description.override), forKey: Key("override_slot"))
        }
    }

    /// A row's value as the wire has it: a number, a word or null.
    struct FieldValue: Encodable {
        let value: Int64?
        let words: [String]?

        init(_ value: Int64?, of field: Field) {
            self.value = value
            if case .word(let words) = field.spec.kind { self.words = words } else { words = nil }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            guard let value else { return try container.encodeNil() }
            guard let words else { return try container.encode(value) }
            try container.encode(words.indices.contains(Int(clamping: value)) ? words[Int(clamping: value)] : nil)
        }
    }

    struct TripEntry: Encodable {
        var at: Milliseconds
        var rule: String
        var calls: Int64?
        var failed: Int64?
        var consecutive_failed: Int64?
        var errors: [ErrorEntry]

        struct ErrorEntry: Encodable {
            var type: String
            var message: String
            var count: Int64
        }

        init?(_ trip: Trip?) {
            guard let trip else { return nil }
            (at, rule, calls, failed) = (trip.at, trip.rule, trip.calls, trip.failed)
            consecutive_failed = trip.consecutiveFailed
            errors = trip.errors.map { ErrorEntry(type: $0.type, message: $0.message, count: $0.count) }
        }
    }

    struct OverrideEntry: Encodable {
        var mode: String
        var rev: Int64
        var principal: String
        var claimed: String
        var reason: String
        var since: Milliseconds?
        var until: Milliseconds?

        init(_ slot: CircuitOverride) {
            (mode, rev, principal) = (slot.mode.rawValue, slot.revision, slot.principal)
            (claimed, reason) = (slot.claimed, slot.reason)
            (since, until) = (slot.since, slot.until)
        }
    }
}
