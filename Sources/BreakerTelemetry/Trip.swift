// SPDX-License-Identifier: Apache-2.0

/// What was true when a circuit opened: the rule that fired, the counts that it saw and the last errors.
public struct Trip: Sendable, Hashable {
    /// When, in milliseconds since boot.
    public var at: Milliseconds
    /// The name of the rule that fired, such as `failure_ratio`, or `probe_failed` and the like.
    public var rule: String
    /// Calls that the rule looked at; `nil` when it does not count calls.
    public var calls: Int64?
    /// Failures among them.
    public var failed: Int64?
    /// Failures in a row at that moment.
    public var consecutiveFailed: Int64?
    /// The limit that was reached: a ratio in parts per thousand for `failure_ratio`, a count for `consecutive_failures`.
    public var threshold: Int64?
    /// The last errors, newest first, equal ones counted together; at most ``maximumErrors``.
    public var errors: [TripError]

    /// The most errors that a trip carries.
    public static let maximumErrors = 5

    /// Creates a trip from what the rule saw.
    public init(
        at: Milliseconds,
        rule: String,
        calls: Int64? = nil,
        failed: Int64? = nil,
        consecutiveFailed: Int64? = nil,
        threshold: Int64? = nil,
        errors: [TripError] = []
    ) {
        self.at = at
        self.rule = rule
        self.calls = calls
        self.failed = failed
        self.consecutiveFailed = consecutiveFailed
        self.threshold = threshold
        self.errors = errors
    }
}

/// One kind of error among those that opened a circuit.
public struct TripError: Sendable, Hashable {
    /// The error's type.
    public var type: String
    /// Its text after redaction, at most ``maximumMessageLength`` characters.
    public var message: String
    /// How often it was seen among the last errors.
    public var count: Int64

    /// The longest error text that leaves a service, in characters.
    public static let maximumMessageLength = 200

    /// Creates an error entry; a longer message is cut.
    public init(type: String, message: String, count: Int64 = 1) {
        self.type = type
        self.message = String(message.prefix(Self.maximumMessageLength))
        self.count = count
    }
}
