// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Dashboard {
    /// Opens the dialog for an action on the selected circuit, or says why it cannot be done.
    mutating func ask(_ action: CommandAction, at now: Milliseconds) {
        guard let key = selection, let circuit = fleet.circuit(key) else {
            notice = "no circuit is selected"
            return
        }
        if let obstacle = obstacle(to: action, on: circuit) {
            notice = "cannot \(action.title.lowercased()): \(obstacle)"
            return
        }
        let revision = circuit.row[.overrideRevision] ?? circuit.description.override.revision
        mode = .dialog(CommandDialog(action: action, target: key, seenRevision: revision, at: now))
    }

    private func obstacle(to action: CommandAction, on circuit: CircuitView) -> String? {
        let service = circuit.identity.service.sanitizedForDisplay(maxColumns: 40)
        if circuit.isSilent { return "nobody answers for \(service) now" }
        if !circuit.actions.contains(action.rawValue) { return "\(service) cannot do that" }
        if !circuit.mayOperate { return "\(service) \(onlyObserves(circuit))" }
        if action == .clear, circuit.row.overrideMode == OverrideMode.none { return "no override holds this circuit" }
        return nil
    }

    /// Why, and what would help.
    private func onlyObserves(_ circuit: CircuitView) -> String {
        let source = fleet.instances[circuit.key.instance].flatMap { fleet.sources[$0.source] }
        guard let link = source?.health.link, link.certificateExpires != nil else {
            return "lets this user only observe; connect to its socket, as the service's user"
        }
        return link.ownCertificateExpires == nil
            ? "lets who shows no certificate only observe; name yours with --cert and --key"
            : "lets this certificate only observe; ask for a place on the publisher's list of operators"
    }

    mutating func answer(
        _ dialog: CommandDialog, with key: Key, readAt: Milliseconds, at now: Milliseconds
    ) -> [Effect] {
        var dialog = dialog
        switch dialog.handle(key, at: readAt) {
        case .open:
            mode = .dialog(dialog)
            return []
        case .cancelled:
            mode = .view
            notice = "\(dialog.action.title.lowercased()): cancelled, nothing was sent"
            return []
        case .confirmed(let lifetime, let reason):
            mode = .view
            return [send(dialog, lifetime: lifetime, reason: reason, at: now)]
        }
    }

    private mutating func send(
        _ dialog: CommandDialog, lifetime: Command.Lifetime?, reason: String, at now: Milliseconds
    ) -> Effect {
        let command = Command(
            id: configuration.commandID(),
            boot: dialog.target.instance.boot,
            circuit: dialog.target.id,
            action: dialog.action,
            lifetime: lifetime,
            reason: reason,
            claimed: configuration.operatorName,
            ifOverrideRevision: dialog.seenRevision
        )
        pending.append(PendingCommand(command: command, target: dialog.target, sentAt: now))
        if pending.count > Self.maximumPending { pending.removeFirst() }
        return .send(command)
    }

    /// Looks what became of the commands, and forgets those whose story is over.
    mutating func followPending(at now: Milliseconds) {
        for index in pending.indices { pending[index].follow(fleet.circuit(pending[index].target), at: now) }
        pending.removeAll { $0.isOver(at: now) }
    }

    mutating func take(_ result: CommandResult, at now: Milliseconds) {
        guard let index = pending.firstIndex(where: { $0.command.id == result.id }) else { return }
        pending[index].answer = result.outcome
        pending[index].answeredAt = now
    }
}
