// SPDX-License-Identifier: Apache-2.0

/// Something rare that happened in a service; per-call facts are counters instead.
public struct Event: Sendable, Hashable {
    /// When.
    public var at: TelemetryInstant
    /// Its number within the boot: from 1, without holes.
    public var seq: Int64
    /// The circuit that it is about; `nil` when it is about the service.
    public var circuit: Int64?
    /// What happened.
    public var kind: Kind

    /// Creates an event.
    public init(at: TelemetryInstant, seq: Int64, circuit: Int64?, kind: Kind) {
        self.at = at
        self.seq = seq
        self.circuit = circuit
        self.kind = kind
    }

    /// The kinds of event. Monitors skip kinds that they do not know.
    public enum Kind: Sendable, Hashable {
        /// The calculated state changed.
        case state(StateChange)
        /// The override slot changed.
        case override(OverrideChange)
        /// A command was done or refused.
        case command(CommandRecord)
        /// A probe call ended.
        case probe(ProbeRecord)
        /// A call failed on its last attempt (sampled).
        case retryExhausted(attempts: Int64, error: String?)
        /// The circuit's configuration changed.
        case config
        /// Events left out because there were too many: how many of which kind.
        case suppressed(kind: String, count: Int64)
    }
}

/// A change of the calculated state.
public struct StateChange: Sendable, Hashable {
    /// Why a state changed.
    public enum Cause: String, Sendable, Hashable, CaseIterable {
        case rule
        case timer
        case probeOk = "probe_ok"
        case probeFailed = "probe_failed"
        case halfOpenLimit = "half_open_limit"
        case reset
        case clear
        case probeCommand = "probe_command"
        case healthCheck = "health_check"
    }

    /// The state before.
    public var from: CircuitState
    /// The state after.
    public var to: CircuitState
    /// The generation that begins with it.
    public var generation: Int64
    /// Why.
    public var cause: Cause
    /// What was true when it opened; `nil` when it did not open.
    public var trip: Trip?

    /// Creates a state change.
    public init(from: CircuitState, to: CircuitState, generation: Int64, cause: Cause, trip: Trip? = nil) {
        self.from = from
        self.to = to
        self.generation = generation
        self.cause = cause
        self.trip = trip
    }
}

/// A change of the override slot.
public struct OverrideChange: Sendable, Hashable {
    /// Why an override changed.
    public enum Cause: String, Sendable, Hashable, CaseIterable {
        case command
        case expiry
        case restored
        case config
    }

    /// The mode before.
    public var from: OverrideMode
    /// The slot after.
    public var to: CircuitOverride
    /// Why.
    public var cause: Cause

    /// Creates an override change.
    public init(from: OverrideMode, to: CircuitOverride, cause: Cause) {
        self.from = from
        self.to = to
        self.cause = cause
    }
}

/// The audit of a command, done or refused.
public struct CommandRecord: Sendable, Hashable {
    /// The command's id.
    public var id: String
    /// What was asked.
    public var action: CommandAction
    /// Who was authenticated.
    public var principal: String
    /// The name that the operator claimed; empty when none.
    public var claimed: String
    /// The operator's reason.
    public var reason: String
    /// Why it was refused; `nil` when it was done.
    public var refusal: CommandError.Code?

    /// Creates an audit record.
    public init(
        id: String, action: CommandAction, principal: String, claimed: String, reason: String,
        refusal: CommandError.Code? = nil
    ) {
        self.id = id
        self.action = action
        self.principal = principal
        self.claimed = claimed
        self.reason = reason
        self.refusal = refusal
    }
}

/// How a probe call ended.
public struct ProbeRecord: Sendable, Hashable {
    /// Whether it succeeded.
    public var ok: Bool
    /// How long it took, in microseconds.
    public var microseconds: Int64
    /// Its error's text; `nil` when it succeeded.
    public var error: String?

    /// Creates a probe record.
    public init(ok: Bool, microseconds: Int64, error: String? = nil) {
        self.ok = ok
        self.microseconds = microseconds
        self.error = error
    }
}
