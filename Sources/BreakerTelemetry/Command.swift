// SPDX-License-Identifier: Apache-2.0

/// What an operator can ask of a circuit.
public enum CommandAction: String, Sendable, Hashable, CaseIterable {
    /// Refuse every call until the override ends.
    case forceOpen = "force_open"
    /// Let every call pass until the override ends.
    case forceClosed = "force_closed"
    /// Drop the override; after a forced open the circuit resumes in half-open, so that traffic returns gently.
    case clear
    /// Drop the override, empty the window, close. Cumulative counters stay.
    case reset
    /// Let an open circuit probe without waiting.
    case probe

    /// Whether the action sets an override, so that `for_ms` is required.
    public var isForce: Bool { self == .forceOpen || self == .forceClosed }
}

/// An operator's wish for one circuit of one boot.
public struct Command: Sendable, Hashable {
    /// How long an override is to last.
    public enum Lifetime: Sendable, Hashable {
        /// It ends by itself after so many milliseconds (at least 1).
        case limited(Milliseconds)
        /// It lasts until somebody clears it.
        case untilCleared
    }

    /// A UUID: the same command sent again is done once.
    public var id: String
    /// The boot that it is meant for; any other refuses it.
    public var boot: String
    /// The circuit's number.
    public var circuit: Int64
    /// What to do.
    public var action: CommandAction
    /// How long a force lasts; required for forces, meaningless otherwise.
    public var lifetime: Lifetime?
    /// Why, in the operator's words; at most ``maximumTextLength`` characters.
    public var reason: String
    /// The name that the operator claims; the authenticated one is recorded beside it.
    public var claimed: String
    /// Do it only if the override's revision is still this one.
    public var ifOverrideRevision: Int64?

    /// The longest reason or claimed name, in characters.
    public static let maximumTextLength = 200

    /// Creates a command.
    public init(
        id: String,
        boot: String,
        circuit: Int64,
        action: CommandAction,
        lifetime: Lifetime? = nil,
        reason: String = "",
        claimed: String = "",
        ifOverrideRevision: Int64? = nil
    ) {
        self.id = id
        self.boot = boot
        self.circuit = circuit
        self.action = action
        self.lifetime = lifetime
        self.reason = reason
        self.claimed = claimed
        self.ifOverrideRevision = ifOverrideRevision
    }
}

/// Why a command was refused.
public struct CommandError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A refusal's code: the wire carries its text, and a newer peer may send one that is not listed here.
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// The text on the wire.
        public var rawValue: String

        /// Creates a code from its text.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// No circuit of that number.
        public static let unknownCircuit = Code(rawValue: "unknown_circuit")
        /// The process has restarted since.
        public static let wrongBoot = Code(rawValue: "wrong_boot")
        /// This connection only observes.
        public static let notAllowed = Code(rawValue: "not_allowed")
        /// The publisher takes no commands at all.
        public static let readOnly = Code(rawValue: "read_only")
        /// The id was used before with another body.
        public static let idConflict = Code(rawValue: "id_conflict")
        /// Somebody changed the override since the operator looked.
        public static let overrideConflict = Code(rawValue: "override_conflict")
        /// Too many commands.
        public static let rateLimited = Code(rawValue: "rate_limited")
        /// A value is missing or out of range.
        public static let invalid = Code(rawValue: "invalid")
        /// The action makes no sense in the present state.
        public static let notApplicable = Code(rawValue: "not_applicable")
        /// The service cannot do this action.
        public static let unsupported = Code(rawValue: "unsupported")
    }

    /// The reason as a code.
    public var code: Code
    /// The reason as a sentence.
    public var message: String

    /// Creates a refusal.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The sentence with its code.
    public var description: String { "\(message) (\(code.rawValue))" }
}

/// The answer to a command.
public struct CommandResult: Sendable, Hashable {
    /// The command's id.
    public var id: String
    /// The number of the event that records the deed, or why it was refused.
    public var outcome: Result<Int64, CommandError>

    /// Creates an answer.
    public init(id: String, outcome: Result<Int64, CommandError>) {
        self.id = id
        self.outcome = outcome
    }
}
