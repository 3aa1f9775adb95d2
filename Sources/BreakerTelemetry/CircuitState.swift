// SPDX-License-Identifier: Apache-2.0

/// The calculated state of a circuit breaker: what its rule says, whatever an operator decided beside it.
public enum CircuitState: String, Sendable, Hashable, CaseIterable {
    /// Calls pass and are counted.
    case closed
    /// Calls are refused until the open time is over.
    case open
    /// A few probe calls decide whether the circuit closes or opens again.
    case halfOpen = "half_open"
}

/// What an operator laid over the calculated state.
public enum OverrideMode: String, Sendable, Hashable, CaseIterable {
    /// No override: the calculated state holds.
    case none
    /// Every call is refused; the calculated state freezes.
    case forcedOpen = "forced_open"
    /// Every call passes; the calculated state goes on being calculated.
    case forcedClosed = "forced_closed"
}

/// The override slot of a circuit: one, and the last writer wins.
public struct CircuitOverride: Sendable, Hashable {
    /// Which override holds; ``OverrideMode/none`` when the slot is free.
    public var mode: OverrideMode
    /// Rises by one with each change of the slot.
    public var revision: Int64
    /// Who was authenticated, such as `uid 1000 (ann)`; empty when the slot is free.
    public var principal: String
    /// The name that the operator claimed; empty when none.
    public var claimed: String
    /// Why, in the operator's words.
    public var reason: String
    /// When it was set, in milliseconds since boot.
    public var since: Milliseconds?
    /// When it ends by itself, in milliseconds since boot; `nil` = until cleared.
    public var until: Milliseconds?

    /// Creates an override; without arguments, the free slot of a new circuit.
    public init(
        mode: OverrideMode = .none,
        revision: Int64 = 0,
        principal: String = "",
        claimed: String = "",
        reason: String = "",
        since: Milliseconds? = nil,
        until: Milliseconds? = nil
    ) {
        self.mode = mode
        self.revision = revision
        self.principal = principal
        self.claimed = claimed
        self.reason = reason
        self.since = since
        self.until = until
    }
}
