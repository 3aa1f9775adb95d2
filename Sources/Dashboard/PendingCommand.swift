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

    package init(command: Command, target: CircuitKey, sentAt: Milliseconds) {
        self.command = command
        self.target = target
        self.sentAt = sentAt
    }

    /// The line that tells how it stands, given the circuit as it is now.
    package func status(of circuit: CircuitView?, _ theme: Theme) -> [Span] {
        let name = "\(target.instance.service)/\(target.name)".sanitizedForDisplay(maxColumns: 48)
        let what = "\(command.action.title.lowercased()) \(name): "
        switch answer {
        case nil:
            return [Span(what, theme.title), Span("sent, waiting for the service", theme.attention)]
        case .failure(let refusal):
            let reason = refusal.description.sanitizedForDisplay(maxColumns: 200)
            return [Span(what, theme.title), Span("REFUSED: \(reason)", theme.alarm)]
        case .success:
            guard let circuit, isReadBack(in: circuit) else {
                return [Span(what, theme.title), Span("accepted, waiting to read it back", theme.attention)]
            }
            let latency = answeredAt.map { " in \($0.saturatingDifference(sentAt)) ms" } ?? ""
            return [Span(what, theme.title), Span("done\(latency)", theme.good), Span(proof(circuit), theme.plain)]
        }
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
