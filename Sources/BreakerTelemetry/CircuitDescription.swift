// SPDX-License-Identifier: Apache-2.0

/// What a circuit protects: the service and the endpoint that it calls.
public struct CircuitTarget: Sendable, Hashable {
    /// The called service's name; empty when unknown.
    public var service: String
    /// The called operation, such as `POST /charge`; empty when unknown.
    public var endpoint: String

    /// Creates a target.
    public init(service: String = "", endpoint: String = "") {
        self.service = service
        self.endpoint = endpoint
    }
}

/// The rule that opens a circuit, as monitors see it.
public struct RuleDescription: Sendable, Hashable {
    /// The rule's name, such as `failure_ratio` or `consecutive_failures`.
    public var name: String
    /// The limit: a ratio in parts per thousand for `failure_ratio`, a count for `consecutive_failures`; `nil` = unknown.
    public var threshold: Int64?
    /// How many calls the window must hold before the rule may fire; `nil` when it does not apply.
    public var minimumCalls: Int64?
    /// The length of the rolling window; `nil` when the rule has none.
    public var window: Milliseconds?

    /// Failures over calls within a rolling window.
    public static let failureRatio = "failure_ratio"
    /// Failures in a row.
    public static let consecutiveFailures = "consecutive_failures"

    /// Creates a rule description.
    public init(name: String, threshold: Int64? = nil, minimumCalls: Int64? = nil, window: Milliseconds? = nil) {
        self.name = name
        self.threshold = threshold
        self.minimumCalls = minimumCalls
        self.window = window
    }
}

/// All about a circuit that changes rarely: the protocol's `circuit` message.
public struct CircuitDescription: Sendable, Hashable {
    /// Its number, never reused within a boot. At least 1.
    public var id: Int64
    /// Its name within the service.
    public var name: String
    /// What it calls.
    public var target: CircuitTarget
    /// Free labels, at most ``maximumTags``.
    public var tags: [String: String]
    /// What opens it.
    public var rule: RuleDescription
    /// How long it stays open before it lets a probe call through; `nil` = unknown.
    public var openTime: Milliseconds?
    /// How many probe calls may be in flight at once in half-open.
    public var probeLimit: Int64?
    /// How many probe calls must succeed in half-open for it to close.
    public var probeNeed: Int64?
    /// The override slot.
    public var override: CircuitOverride
    /// Why it opened last; `nil` if it never did in this boot.
    public var trip: Trip?
    /// Whether the service took the circuit down; the last word about this id.
    public var isGone: Bool

    /// The most tags of a circuit.
    public static let maximumTags = 32

    /// Creates a description.
    public init(
        id: Int64,
        name: String,
        target: CircuitTarget = CircuitTarget(),
        tags: [String: String] = [:],
        rule: RuleDescription,
        openTime: Milliseconds? = nil,
        probeLimit: Int64? = nil,
        probeNeed: Int64? = nil,
        override: CircuitOverride = CircuitOverride(),
        trip: Trip? = nil,
        isGone: Bool = false
    ) {
        self.id = id
        self.name = name
        self.target = target
        self.tags = tags
        self.rule = rule
        self.openTime = openTime
        self.probeLimit = probeLimit
        self.probeNeed = probeNeed
        self.override = override
        self.trip = trip
        self.isGone = isGone
    }
}
