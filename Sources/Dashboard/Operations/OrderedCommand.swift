// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import Canvas
package import Fleet

/// What becomes of an order at one circuit: nothing is done before the service said so and the row was read back.
package struct OrderedCommand: Sendable {
    package enum Fate: Sendable, Hashable {
        /// Not sent yet: a service takes only so many commands a second.
        case waiting
        case sent
        /// The service said that it was done; its row does not show it yet.
        case accepted
        case done
        case refused(CommandError)
        /// It was sent and no answer came: it may be done, now or later.
        case unknown(CommandError)
        /// It was not sent and will not be; why, as a sentence's part.
        case dropped(String)
    }

    package let command: Command
    package let key: CircuitKey
    /// Who held the circuit before.
    package let former: OrderFacts.Holder?
    package private(set) var sentAt: Milliseconds?
    package private(set) var answer: Result<Int64, CommandError>?
    package private(set) var answeredAt: Milliseconds?
    /// When its effect was first read back: from then on it is done, whatever happens later.
    package private(set) var readBackAt: Milliseconds?
    /// When the effect was gone again: expired, cleared by somebody, or lost with the process.
    package private(set) var endedAt: Milliseconds?
    /// What ended it, a sentence's part, safe to show: `by time`, `cleared by ann`; `nil` = it is not told.
    package private(set) var ending: String?
    /// Calls admitted and refused since it was done, of a forced open; once it has ended, until then.
    package private(set) var effect: (admitted: Int64, refused: Int64)?
    package private(set) var state: CircuitState?
    private var dropped: String?
    /// Why it shall not go out once more, should the service have no room for it.
    private var isLast: String?
    private var attempts = 0
    /// When it was sent last, whatever came of it.
    package private(set) var attemptedAt: Milliseconds?
    /// The circuit in the process that it was followed into.
    package private(set) var place: CircuitKey
    /// Whether the process that it was sent to is not there any more: what did not happen there will not.
    private var isBootGone = false
    /// Whether nothing is heard of the circuit.
    package private(set) var isSilent = false
    /// When it may be sent again after the service found that there were too many commands.
    private var retryAt: Milliseconds = .min

    /// How long the end of a story stays on the screen.
    static let retention: Milliseconds = 20_000
    /// How long a command may still be done of which no answer came: a service that stood still does it when it goes on.
    static let wakingTime: Milliseconds = 600_000
    /// An accepted command whose effect does not show within this time is worth a look.
    static let readBackTime: Milliseconds = 5_000
    /// How often a command is tried that the service has no room for, and how long between.
    static let maximumAttempts = 5
    static let retryTime: Milliseconds = 1_500

    package init(_ command: Command, to target: OrderFacts.Target) {
        self.command = command
        key = target.key
        place = target.key
        former = target.holder
    }

    package var fate: Fate {
        if let dropped { return .dropped(dropped) }
        return switch answer {
        case nil: sentAt == nil ? .waiting : .sent
        case .failure(let error): error.code == .noAnswer ? .unknown(error) : .refused(error)
        case .success: readBackAt == nil ? .accepted : .done
        }
    }

    /// Whether nothing more is expected of it.
    package var isSettled: Bool {
        switch fate {
        case .waiting, .sent, .accepted: false
        case .done, .refused, .unknown, .dropped: true
        }
    }

    /// The revision of the override slot that it set; each change of the slot raises it by one.
    package var revision: Int64? { command.ifOverrideRevision.map { $0.saturatingSum(1) } }

    /// How long the service took to answer.
    package var latency: Milliseconds? {
        guard let answeredAt, let sentAt else { return nil }
        return max(0, answeredAt.saturatingDifference(sentAt))
    }

    func maySend(at now: Milliseconds) -> Bool { sentAt == nil && dropped == nil && retryAt <= now }

    mutating func send(at now: Milliseconds) {
        (sentAt, attemptedAt) = (now, now)
        attempts += 1
    }

    /// Lets it stay here, if it has not gone out; if it has, it does not go out once more.
    mutating func drop(because reason: String, at now: Milliseconds) {
        if fate == .sent { isLast = isLast ?? reason }
        guard fate == .waiting else { return }
        dropped = reason
        answeredAt = now
    }

    /// Takes the service's answer, the first that comes.
    mutating func take(_ outcome: Result<Int64, CommandError>, at now: Milliseconds) {
        guard answer == nil, sentAt != nil else { return }
        if case .failure(let error) = outcome, error.code == .rateLimited, attempts < Self.maximumAttempts {
            sentAt = nil
            retryAt = now.saturatingSum(Self.retryTime)
            if let isLast { drop(because: isLast, at: now) }
            return
        }
        answer = outcome
        answeredAt = now
    }

    /// Takes news: what ended the force, or may.
    mutating func take(_ event: FleetEvent) {
        guard endedAt == nil || ending == nil, event.circuit == key.name, event.instance == key.instance.instance,
            event.service == key.instance.service
        else { return }
        switch event.kind {
        // What was told before is about another force.
        case .told(.command(let record)) where record.id == command.id: ending = nil
        case .told(.command(let record)) where record.refusal == nil && record.action != .probe:
            let verb = record.action == .clear ? "cleared" : record.action == .reset ? "reset" : "replaced"
            ending = "\(verb) by \(record.author)".sanitizedForDisplay(maxColumns: 60)
        case .told(.override(let change)) where change.cause == .expiry && change.to.mode == .none: ending = "by time"
        default: break
        }
    }

    /// Takes the circuit as it is now, in the process it was in or in the one after; `nil` = it is gone.
    mutating func follow(_ circuit: CircuitView?, at now: Milliseconds) {
        let holds = circuit.map { !$0.isSilent && isInEffect($0) } ?? false
        isBootGone = circuit.map(isRestarted) ?? true
        switch fate {
        case .waiting, .sent, .refused, .dropped: return
        case .accepted, .done: if holds || isPast(circuit) { readBackAt = readBackAt ?? now }
        case .unknown: if holds { readBackAt = readBackAt ?? now }
        }
        if let circuit { (place, isSilent) = (circuit.key, circuit.isSilent) }
        if holds { (effect, state) = (circuit?.circuit.overrideEffect, circuit?.row.state) }
        // Nobody knows whether it still holds in a service that says nothing; it most likely does.
        if circuit?.isSilent == true { return }
        if let circuit, isRestarted(circuit), !holds, !isDecided(circuit) { return }
        guard command.action.isForce, readBackAt != nil else { return }
        endedAt = holds ? nil : endedAt ?? now
        if endedAt != nil, let circuit, isRestarted(circuit) { ending = ending ?? "by a restart" }
    }

    private func isInEffect(_ circuit: CircuitView) -> Bool {
        switch command.action {
        case .forceOpen: circuit.row.overrideMode == .forcedOpen && isOurs(circuit)
        case .forceClosed: circuit.row.overrideMode == .forcedClosed && isOurs(circuit)
        case .clear: circuit.row.overrideMode == OverrideMode.none
        // It may have opened again by the time one looks, and a probe may have failed: then its log tells that it was done.
        case .reset:
            circuit.row.overrideMode == OverrideMode.none && (circuit.row.state != .open || went(circuit, .reset))
        case .probe: circuit.row.state != .open || went(circuit, .probeCommand)
        }
    }

    private func went(_ circuit: CircuitView, _ cause: StateChange.Cause) -> Bool {
        guard case .success(let seq) = answer else { return false }
        return circuit.circuit.transitions.contains { transition in
            guard case .state(let change) = transition.kind else { return false }
            return change.cause == cause && transition.seq >= seq
        }
    }

    private func isRestarted(_ circuit: CircuitView) -> Bool { circuit.key.instance != key.instance }

    /// Whether it is certain what the process after holds: until then it may take over what was kept.
    private func isDecided(_ circuit: CircuitView) -> Bool {
        circuit.isOverrideLost || (circuit.row[.overrideRevision] ?? circuit.description.override.revision) > 0
    }

    private func isOurs(_ circuit: CircuitView) -> Bool {
        // The process after counts its own revisions: there it is ours as long as it has our name and reason.
        let slot = circuit.description.override
        if isRestarted(circuit) { return slot.claimed == command.claimed && slot.reason == command.reason }
        guard let revision, let now = circuit.row[.overrideRevision] else { return true }
        return now == revision
    }

    /// Whether the slot was changed again after an accepted force, so that it was in effect before.
    private func isPast(_ circuit: CircuitView?) -> Bool {
        guard command.action.isForce, circuit.map({ !isRestarted($0) }) ?? true, let revision,
            let now = circuit?.row[.overrideRevision]
        else { return false }
        return now > revision
    }

    /// Whether its effect should show by now and does not.
    func isOverdue(at now: Milliseconds) -> Bool {
        fate == .accepted && answeredAt.map { now.saturatingDifference($0) > Self.readBackTime } ?? false
    }

    /// Whether there is nothing more to say about it.
    func isOver(at now: Milliseconds) -> Bool {
        let end = command.action.isForce && readBackAt != nil ? endedAt : readBackAt ?? answeredAt
        let retention = fate.isUnknown && readBackAt == nil && !isBootGone ? Self.wakingTime : Self.retention
        return end.map { now.saturatingDifference($0) > retention } ?? false
    }
}

extension FleetEvent {
    /// Whether it tells of a command that was given, or of an override that changed.
    var mayEndForces: Bool {
        switch kind {
        case .told(.command), .told(.override): true
        default: false
        }
    }
}
