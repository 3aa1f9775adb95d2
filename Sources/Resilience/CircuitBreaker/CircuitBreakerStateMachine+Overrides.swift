// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

extension CircuitBreakerStateMachine {
    /// What somebody wants of a circuit.
    struct Order: Sendable {
        var action: CommandAction
        /// How long a force lasts, in nanoseconds; `nil` = until cleared.
        var lifetime: UInt64?
        var reason = ""
        var principal = ""
        var claimed = ""
        /// Do it only if the slot's revision is this one.
        var ifRevision: Int64?
    }

    /// Ends an override whose time is over.
    mutating func expire(at reading: UInt64) -> [Event.Kind] {
        let now = tick(reading)
        guard slot.mode != .none, let until = slot.until, now >= until else { return [] }
        var changes: [Event.Kind] = []
        release(because: .expiry, by: Order(action: .clear, principal: "expiry"), at: now, into: &changes)
        return changes
    }

    /// Takes over an override of another process, also in place of one that was taken over before, unless somebody has
    /// decided about the slot in this one.
    mutating func restore(_ resumed: StoredOverride.Resumed, at reading: UInt64) -> [Event.Kind] {
        guard !slot.isDecided else { return [] }
        let now = tick(reading)
        let previous = slot.mode
        let until = resumed.remaining.map { now.addingSaturated(UInt64(clamping: $0).millisecondsAsNanoseconds) }
        slot.restore(resumed, until: until)
        return [.override(OverrideChange(from: previous, to: slot.published(up: up), cause: .restored))]
    }

    /// Does what an order says, or says why not. Call ``expire(at:)`` first.
    mutating func perform(_ order: Order, at reading: UInt64) -> Result<[Event.Kind], CommandError> {
        let now = tick(reading)
        if let refusal = refusal(of: order, at: now) { return .failure(refusal) }
        var changes: [Event.Kind] = []
        switch order.action {
        case .forceOpen:
            write(.forcedOpen, order, because: .command, at: now, into: &changes)
        case .forceClosed:
            write(.forcedClosed, order, because: .command, at: now, into: &changes)
        case .clear:
            release(because: .command, by: order, at: now, into: &changes)
        case .reset:
            if slot.mode != .none { write(.none, order, because: .command, at: now, into: &changes) }
            begin(.closed, because: .reset, at: now, into: &changes)
            forgetFailures()
        case .probe:
            begin(.halfOpen, because: .probeCommand, at: now, into: &changes)
        }
        return .success(changes)
    }

    private func refusal(of order: Order, at now: UInt64) -> CommandError? {
        if let expected = order.ifRevision, expected != slot.revision {
            return CommandError(
                .overrideConflict,
                "the override is at revision \(slot.revision), not \(expected): \(slot.lastChange(at: up(now)))")
        }
        switch order.action {
        case .clear where slot.mode == .none:
            return CommandError(.notApplicable, "there is no override to clear")
        case .probe where slot.mode == .forcedOpen:
            return CommandError(.notApplicable, "the circuit is forced open: clear it, and it will probe")
        case .probe where state != .open:
            return CommandError(.notApplicable, "only an open circuit can probe early (it is \(state.rawValue))")
        default:
            return nil
        }
    }

    /// Drops the override. After a forced open, traffic returns gently, through half-open.
    private mutating func release(
        because cause: OverrideChange.Cause, by order: Order, at now: UInt64, into changes: inout [Event.Kind]
    ) {
        let wasForcedOpen = slot.mode == .forcedOpen
        write(.none, order, because: cause, at: now, into: &changes)
        if cause == .expiry { slot.markExpired() }
        if wasForcedOpen { begin(.halfOpen, because: .clear, at: now, into: &changes) }
    }

    private mutating func write(
        _ mode: OverrideMode, _ order: Order, because cause: OverrideChange.Cause, at now: UInt64,
        into changes: inout [Event.Kind]
    ) {
        let previous = slot.mode
        slot.set(
            mode, until: mode == .none ? nil : order.lifetime.map(now.addingSaturated), principal: order.principal,
            claimed: order.claimed, reason: order.reason, since: up(now))
        changes.append(.override(OverrideChange(from: previous, to: slot.published(up: up), cause: cause)))
    }
}
