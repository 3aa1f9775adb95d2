// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import Canvas
package import Fleet

/// A command on its way: nothing is shown as done before the service said so and the row was read back.
package struct PendingCommand: Sendable {
    package let command: Command
    package let target: CircuitKey
    package let sentAt: Milliseconds
    package var answer: Result<Int64, CommandError>?
    package var answeredAt: Milliseconds?
    /// When its effect was first read back: from then on it is done, whatever happens later.
    package private(set) var readBackAt: Milliseconds?
    /// When the effect was gone again: expired, cleared by somebody, or lost with the process.
    package private(set) var endedAt: Milliseconds?

    /// How long the end of a story stays on the screen.
    static let retention: Milliseconds = 20_000
    /// An accepted command whose effect does not show within this time is worth a look.
    static let readBackTime: Milliseconds = 5_000

    package init(command: Command, target: CircuitKey, sentAt: Milliseconds) {
        self.command = command
        self.target = target
        self.sentAt = sentAt
    }

    /// Takes the circuit as it is now.
    package mutating func follow(_ circuit: CircuitView?, at now: Milliseconds) {
        guard isDone || isUnknown else { return }
        let holds = circuit.map { !$0.isSilent && isReadBack(in: $0) } ?? false
        if holds { readBackAt = readBackAt ?? now }
        if command.action.isForce, readBackAt != nil { endedAt = holds ? nil : endedAt ?? now }
    }

    /// Whether there is nothing more to say about it.
    package func isOver(at now: Milliseconds) -> Bool {
        let end = command.action.isForce && readBackAt != nil ? endedAt : readBackAt ?? answeredAt
        return end.map { now.saturatingDifference($0) > Self.retention } ?? false
    }

    /// The line that tells how it stands, given the circuit as it is now.
    package func status(of circuit: CircuitView?, at now: Milliseconds, _ theme: Theme) -> [Span] {
        let name = "\(target.instance.service)/\(target.name)".sanitizedForDisplay(maxColumns: 48)
        return [Span("\(command.action.title.lowercased()) \(name): ", theme.title)] + outcome(circuit, at: now, theme)
    }

    private func outcome(_ circuit: CircuitView?, at now: Milliseconds, _ theme: Theme) -> [Span] {
        switch answer {
        case nil:
            return [Span("sent, waiting for the service", theme.attention)]
        case .failure(let error) where isUnknown:
            let effect = readBackAt == nil ? "" : "; the circuit shows it"
            let reason = error.message.sanitizedForDisplay(maxColumns: 200)
            return [Span("NOT KNOWN whether it was done\(effect): \(reason)", theme.attention)]
        case .failure(let refusal):
            return [Span("REFUSED: \(refusal.description.sanitizedForDisplay(maxColumns: 200))", theme.alarm)]
        case .success where readBackAt == nil:
            let isLate = answeredAt.map { now.saturatingDifference($0) > Self.readBackTime } ?? false
            guard isLate else { return [Span("accepted, waiting to read it back", theme.attention)] }
            return [Span("accepted, but its effect does not show: look at the circuit", theme.alarm)]
        case .success:
            let latency = answeredAt.map { " in \($0.saturatingDifference(sentAt)) ms" } ?? ""
            let done = Span("done\(latency)", theme.good)
            if endedAt != nil { return [done, Span(", and ended since", theme.attention)] }
            return [done, Span(circuit.map(proof) ?? "", theme.plain)]
        }
    }

    private var isDone: Bool {
        if case .success = answer { true } else { false }
    }

    /// It was sent, and no answer came: it may be done, now or later.
    private var isUnknown: Bool {
        if case .failure(let error) = answer { error.code == .noAnswer } else { false }
    }

    private func isReadBack(in circuit: CircuitView) -> Bool {
        switch command.action {
        case .forceOpen: circuit.row.overrideMode == .forcedOpen
        case .forceClosed: circuit.row.overrideMode == .forcedClosed
        case .clear: circuit.row.overrideMode == OverrideMode.none
        case .reset: circuit.row.overrideMode == OverrideMode.none && circuit.row.state != .open
        case .probe: circuit.row.state != .open
        }
    }

    private func proof(_ circuit: CircuitView) -> String {
        let state = circuit.row.state?.word ?? "unknown"
        guard command.action == .forceOpen, let effect = circuit.circuit.overrideEffect else { return ", now \(state)" }
        return ": \(Format.count(effect.admitted)) admitted, \(Format.count(effect.refused)) refused since"
    }
}
