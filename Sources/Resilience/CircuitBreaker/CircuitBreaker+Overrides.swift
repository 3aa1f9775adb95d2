// SPDX-License-Identifier: Apache-2.0

public import BreakerTelemetry

/// What an operator may do to a circuit. The service keeps it: no caller and no restart of a monitor loses it.
///
/// | override | calls | the calculated state |
/// |---|---|---|
/// | none | as the state says | calculated |
/// | forced open | all refused, counted as `rejected_forced_total` | frozen; ends of earlier calls are counted and decide nothing |
/// | forced closed | all pass | calculated: it opens, waits, probes and closes as if it mattered |
///
/// Under a forced closed, calls that a calculated open would have refused are counted and decide nothing; once the open
/// time is over, up to `probeLimit` calls at once are the probe calls that decide, and the calls beside them are only
/// counted. So when the override goes, the state is what the evidence says.
///
/// The slot is one, and the last writer wins; a forced closed that follows a forced open unfreezes the state where it
/// stood.
extension CircuitBreaker {
    /// Refuses every call until the override ends.
    ///
    /// - Parameters:
    ///   - duration: How long, above zero; `nil` = until cleared.
    ///   - reason: Why, for whoever looks.
    ///   - principal: Who does it; empty for the service itself.
    ///   - claimed: The name that a person claims, beside the authenticated one.
    ///   - revision: Do it only if the override's revision is still this one.
    /// - Throws: ``CommandError/Code/overrideConflict``, ``CommandError/Code/invalid`` for a duration that is not
    ///   positive.
    public func forceOpen(
        for duration: Duration?, reason: String = "", principal: String = "", claimed: String = "",
        ifRevision revision: Int64? = nil
    ) throws(CommandError) {
        try force(.forceOpen, for: duration, reason, principal, claimed, revision)
    }

    /// Lets every call pass until the override ends. Parameters and errors as
    /// ``forceOpen(for:reason:principal:claimed:ifRevision:)``.
    public func forceClosed(
        for duration: Duration?, reason: String = "", principal: String = "", claimed: String = "",
        ifRevision revision: Int64? = nil
    ) throws(CommandError) {
        try force(.forceClosed, for: duration, reason, principal, claimed, revision)
    }

    /// Drops the override. After a forced open the circuit resumes in half-open, whatever it was before, so that
    /// traffic returns gently; after a forced closed in the calculated state.
    ///
    /// - Throws: ``CommandError/Code/notApplicable`` without an override, ``CommandError/Code/overrideConflict``.
    public func clear(principal: String = "", ifRevision revision: Int64? = nil) throws(CommandError) {
        try order(.clear, principal, revision)
    }

    /// Drops the override, empties the window and closes. Cumulative counters stay; calls in flight will be late.
    ///
    /// - Throws: ``CommandError/Code/overrideConflict``.
    public func reset(principal: String = "", ifRevision revision: Int64? = nil) throws(CommandError) {
        try order(.reset, principal, revision)
    }

    /// Lets an open circuit probe without waiting.
    ///
    /// - Throws: ``CommandError/Code/notApplicable`` unless it is open and not forced open,
    ///   ``CommandError/Code/overrideConflict``.
    public func probe(principal: String = "", ifRevision revision: Int64? = nil) throws(CommandError) {
        try order(.probe, principal, revision)
    }

    private func force(
        _ action: CommandAction, for duration: Duration?, _ reason: String, _ principal: String, _ claimed: String,
        _ revision: Int64?
    ) throws(CommandError) {
        if let duration, duration <= .zero {
            throw CommandError(.invalid, "an override must last longer than nothing (is \(duration))")
        }
        let order = CircuitBreakerStateMachine.Order(
            action: action, lifetime: duration?.nanoseconds, reason: reason, principal: principal, claimed: claimed,
            ifRevision: revision)
        _ = try perform(order).get()
    }

    private func order(_ action: CommandAction, _ principal: String, _ revision: Int64?) throws(CommandError) {
        _ = try perform(.init(action: action, principal: principal, ifRevision: revision)).get()
    }
}
