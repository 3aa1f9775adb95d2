// SPDX-License-Identifier: Apache-2.0

/// One field of a circuit's row.
///
/// This file is the one table of fields: the codec, the protocol page's table of columns and the JSON output derive from it.
/// To add a field, add a case and its line in ``Field/spec``, for which the compiler asks, and lengthen ``CircuitRow/Values`` by one, without
/// which the tests of rows stop.
public enum Field: Int, Sendable, Hashable, CaseIterable {
    case id
    case state, stateSince, generation
    case override, overrideRevision, openUntil
    case calls, ok, failed, timeouts, ignored, slow, late
    case rejected, rejectedForced
    case inFlight
    case windowCalls, windowFailed, windowSlow, consecutiveFailed
    case probesInFlight, probesOk
    case opened, lastCall
    case retries, retriesSaved, retriesExhausted, retriesDenied
    case bulkheadInUse, bulkheadQueued, bulkheadRejected
    case limiterRejected
    case fallbacks, fallbacksFailed
    case latencyP50, latencyP99
    case outageSince

    /// The field's line in the table.
    public var spec: FieldSpec { Self.table[rawValue] }

    /// The field's name on the wire, in JSON and in CSV.
    public var name: String { spec.name }

    /// The field of a wire name; `nil` for a name that this version does not know.
    public init?(name: String) {
        guard let field = Self.byName[name] else { return nil }
        self = field
    }

    /// The number of fields.
    public static let count = allCases.count

    private static let table: [FieldSpec] = allCases.map(\.line)
    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })

    private var line: FieldSpec {
        switch self {
        case .id: .init("id", .number, .none, "The circuit's number, as in its `circuit` message.")
        case .state: .init("state", .word(Self.states), .none, "The calculated state.")
        case .stateSince: .init("state_since", .instant, .milliseconds, "Since when it holds.")
        case .generation: .init("gen", .gauge, .none, "Rises with each transition and clearing.")
        case .override: .init("override", .word(Self.overrides), .none, "The override laid over the state.")
        case .overrideRevision: .init("override_rev", .gauge, .none, "Rises with each change of the override.")
        case .openUntil: .init("open_until", .instant, .milliseconds, "When an open circuit may probe; else null.")
        case .calls: .init("calls_total", .counter, .calls, "Calls admitted: ok + failed + ignored + late + in flight.")
        case .ok: .init("ok_total", .counter, .calls, "Calls that succeeded.")
        case .failed: .init("failed_total", .counter, .calls, "Calls that failed, timeouts among them.")
        case .timeouts: .init("timeout_total", .counter, .calls, "Failed calls that ran into their time limit.")
        case .ignored: .init("ignored_total", .counter, .calls, "Calls neither succeeded nor failed.")
        case .slow: .init("slow_total", .counter, .calls, "Calls slower than the slow-call limit.")
        case .late: .init("late_total", .counter, .calls, "Results of an older generation; they decide nothing.")
        case .rejected: .init("rejected_total", .counter, .calls, "Calls refused by the calculated state.")
        case .rejectedForced: .init("rejected_forced_total", .counter, .calls, "Calls refused by a forced open.")
        case .inFlight: .init("in_flight", .gauge, .calls, "Admitted calls not yet over.")
        case .windowCalls: .init("win_calls", .gauge, .calls, "Finished calls in the rule's window.")
        case .windowFailed: .init("win_failed", .gauge, .calls, "Failures in the rule's window.")
        case .windowSlow: .init("win_slow", .gauge, .calls, "Slow calls in the rule's window.")
        case .consecutiveFailed: .init("consecutive_failed", .gauge, .calls, "Failures in a row.")
        case .probesInFlight: .init("probe_in_flight", .gauge, .calls, "Probe calls in flight in half-open.")
        case .probesOk: .init("probe_ok", .gauge, .calls, "Probe calls that succeeded in this half-open.")
        case .opened: .init("opened_total", .counter, .none, "How often the circuit opened in this boot.")
        case .lastCall: .init("last_call", .instant, .milliseconds, "When a call last arrived; null if never.")
        case .retries: .init("retry_total", .counter, .calls, "Attempts after the first.")
        case .retriesSaved: .init("retry_saved_total", .counter, .calls, "Calls that succeeded on a later attempt.")
        case .retriesExhausted: .init("retry_exhausted_total", .counter, .calls, "Calls that failed on every attempt.")
        case .retriesDenied: .init("retry_denied_total", .counter, .calls, "Retries refused by budget or classifier.")
        case .bulkheadInUse: .init("bulkhead_in_use", .gauge, .calls, "Slots of the bulkhead in use.")
        case .bulkheadQueued: .init("bulkhead_queued", .gauge, .calls, "Calls that wait for a slot.")
        case .bulkheadRejected: .init("bulkhead_rejected_total", .counter, .calls, "Calls refused by the bulkhead.")
        case .limiterRejected: .init("limiter_rejected_total", .counter, .calls, "Calls refused by the rate limiter.")
        case .fallbacks: .init("fallback_total", .counter, .calls, "Calls answered by the fallback.")
        case .fallbacksFailed: .init("fallback_failed_total", .counter, .calls, "Fallbacks that failed themselves.")
        case .latencyP50: .init("lat_p50_us", .gauge, .microseconds, "Median latency of recent calls.")
        case .latencyP99: .init("lat_p99_us", .gauge, .microseconds, "99th percentile of the latency of recent calls.")
        case .outageSince: .init("outage_since", .instant, .milliseconds, "Since when not closed; else null.")
        }
    }

    private static let states = CircuitState.allCases.map(\.rawValue)
    private static let overrides = OverrideMode.allCases.map(\.rawValue)
}

/// A line of the table of fields.
public struct FieldSpec: Sendable, Hashable {
    /// How a field's value behaves.
    public enum Kind: Sendable, Hashable {
        /// A number that identifies something.
        case number
        /// Rises only, from 0 at boot.
        case counter
        /// The value of this moment.
        case gauge
        /// A moment in milliseconds since boot.
        case instant
        /// One of these words; a row holds its position, the wire the word.
        case word([String])
    }

    /// What a field counts.
    public enum Unit: String, Sendable, Hashable {
        case none = ""
        case calls
        case milliseconds = "ms"
        case microseconds = "µs"
    }

    /// The name on the wire.
    public let name: String
    /// How the value behaves.
    public let kind: Kind
    /// What it counts.
    public let unit: Unit
    /// One line for people.
    public let summary: String

    init(_ name: String, _ kind: Kind, _ unit: Unit, _ summary: String) {
        self.name = name
        self.kind = kind
        self.unit = unit
        self.summary = summary
    }
}
