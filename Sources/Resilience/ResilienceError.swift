// SPDX-License-Identifier: Apache-2.0

/// Why a policy ended a call: every error that this module itself throws to a caller.
///
/// Errors of the protected operation pass through unchanged.
public struct ResilienceError: Error, Sendable, CustomStringConvertible {
    /// What ended the call. More may come: keep a default case.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private let name: String

        /// The circuit is open.
        public static let rejected = Code(name: "rejected")
        /// An operator holds the circuit open.
        public static let forcedOpen = Code(name: "forced_open")
        /// The circuit is half-open and all its probe calls are in flight.
        public static let tooManyProbes = Code(name: "too_many_probes")
        /// The operation did not end within its time limit and was cancelled.
        public static let timedOut = Code(name: "timed_out")

        /// The code's name in snake case.
        public var description: String { name }
    }

    /// What ended the call.
    public var code: Code
    /// The circuit's name; empty for a policy that has none.
    public var circuit: String
    /// A sentence that says what happened and, for a rejection, when to try again.
    public var message: String
    /// When a call may be let through at the earliest; `nil` when nobody knows.
    public var retryAfter: Duration?
    /// The error of an earlier attempt that led here; `nil` when there was none.
    public var cause: (any Error)?

    /// Creates an error.
    public init(
        _ code: Code, circuit: String = "", message: String, retryAfter: Duration? = nil, cause: (any Error)? = nil
    ) {
        self.code = code
        self.circuit = circuit
        self.message = message
        self.retryAfter = retryAfter
        self.cause = cause
    }

    /// Whether a breaker refused the call, so that the operation was not started.
    public var isRejection: Bool {
        code == .rejected || code == .forcedOpen || code == .tooManyProbes
    }

    /// The message, and the cause where there is one.
    public var description: String {
        cause.map { "\(message); before that: \($0)" } ?? message
    }
}
