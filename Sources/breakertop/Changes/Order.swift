// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Dashboard
import Fleet

/// What an operator wants done, whatever the circuits.
struct Order: Sendable {
    var action: CommandAction
    /// How long a force lasts.
    var lifetime: Command.Lifetime?
    var reason: String
    /// The name that the operator claims.
    var claimed: String

    /// The command for one circuit. It holds only as long as the circuit's override is the one that was looked at.
    func command(for circuit: CircuitView, id: String) -> Command {
        Command(
            id: id, boot: circuit.identity.boot, circuit: circuit.key.id, action: action, lifetime: lifetime,
            reason: reason, claimed: claimed,
            ifOverrideRevision: circuit.row[.overrideRevision] ?? circuit.description.override.revision)
    }

    /// How long a force lasts, in words.
    var duration: String? {
        switch lifetime {
        case nil: nil
        case .untilCleared: "until cleared"
        case .limited(let time): "for \(Format.duration(time))"
        }
    }

    /// What happens, in a sentence.
    var sentence: String {
        let what =
            switch action {
            case .forceOpen: "force open \(duration ?? ""): every call is refused"
            case .forceClosed: "force closed \(duration ?? ""): every call passes, however many fail"
            case .clear: "clear the override; after a forced open, probe calls go first"
            case .reset: "reset: drop the override, empty the window and close, so that all traffic returns"
            case .probe: "probe: an open circuit lets the next calls through as probes"
            }
        return reason.isEmpty ? what : "\(what); reason “\(reason)”"
    }

    /// Why the service will refuse it, as far as one can see; `nil` when nothing speaks against it.
    func obstacle(on circuit: CircuitView) -> String? {
        if !circuit.actions.contains(action.rawValue) { return "its service cannot do that" }
        if !circuit.mayOperate { return "its service lets this user only observe" }
        switch (action, circuit.row.overrideMode) {
        case (.clear, .some(.none)): return "it has no override"
        case (.probe, .forcedOpen): return "it is forced open: clear it instead"
        case (.probe, _) where circuit.row.state == .closed: return "it is closed"
        default: return nil
        }
    }

    /// Somebody else's override that it would take the place of or end, in words; `nil` where there is none.
    func replaced(on circuit: CircuitView) -> String? {
        let slot = circuit.description.override
        guard action != .probe, slot.mode != .none, slot.claimed != claimed else { return nil }
        return "\(circuit.shortName) is \(circuit.standing.word) \(CircuitLine.reason(circuit))"
    }

    /// What speaks against relying on a force; `nil` where nothing does.
    ///
    /// - Parameter keepsOverrides: whether the service keeps overrides over a restart, as far as it says.
    static func doubt(about action: CommandAction, keepsOverrides: Bool?) -> String? {
        action.isForce && keepsOverrides == false ? "a restart may lose it" : nil
    }

    /// Whether a circuit shows the effect of the command that the event `seq` records, given as it was before.
    func isReadBack(in circuit: CircuitView, before: CircuitView, seq: Int64) -> Bool {
        let mode = circuit.row.overrideMode
        switch action {
        case .forceOpen: return mode == .forcedOpen && isChanged(circuit, before)
        case .forceClosed: return mode == .forcedClosed && isChanged(circuit, before)
        case .clear: return mode == OverrideMode.none
        case .reset: return mode == OverrideMode.none && (circuit.row.state == .closed || went(circuit, .reset, seq))
        // Probes may have failed by the time one looks.
        case .probe: return circuit.row.state != .open || went(circuit, .probeCommand, seq)
        }
    }

    private func isChanged(_ circuit: CircuitView, _ before: CircuitView) -> Bool {
        guard let revision = circuit.row[.overrideRevision] else { return true }
        return revision != before.row[.overrideRevision] ?? before.description.override.revision
    }

    private func went(_ circuit: CircuitView, _ cause: StateChange.Cause, _ seq: Int64) -> Bool {
        circuit.circuit.transitions.contains { transition in
            guard case .state(let change) = transition.kind else { return false }
            return change.cause == cause && transition.seq >= seq
        }
    }
}
