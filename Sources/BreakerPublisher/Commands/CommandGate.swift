// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire

/// Decides what becomes of a command before any circuit hears of it.
struct CommandGate: Sendable {
    enum Verdict: Sendable, Hashable {
        case perform
        /// It was done, or refused, before: the same answer again.
        case answerAgain(CommandResult)
        /// Refused. One that is not recorded is only answered: a flood must not wash the event log away.
        case refuse(CommandError, isRecorded: Bool)
    }

    /// Of one sender, over all of that one's connections.
    static let commandsPerSecond: Int64 = 20

    private let boot: String
    private let actions: Set<CommandAction>
    private let isReadOnly: Bool
    private var ledger = CommandLedger()

    init(boot: String, actions: [CommandAction], isReadOnly: Bool) {
        self.boot = boot
        self.actions = Set(actions)
        self.isReadOnly = isReadOnly
    }

    /// Checks in this order: action, read-only, role, boot, rate, id.
    func judge(_ command: Command, from sender: Principal, rate: TokenBucket.Outcome) -> Verdict {
        if let error = refusal(of: command, from: sender, rate: rate) {
            return .refuse(error, isRecorded: rate != .stillExceeded)
        }
        switch ledger.find(command) {
        case .new: return .perform
        case .answered(let result): return .answerAgain(result)
        case .conflict:
            let error = CommandError(.idConflict, "id \(command.id) was used before for another command; use a new id")
            return .refuse(error, isRecorded: true)
        }
    }

    /// Remembers the answer to a command that was performed. Refusals of the gate itself are not: their reasons may
    /// pass.
    mutating func remember(_ command: Command, _ result: CommandResult) {
        ledger.remember(command, result)
    }

    private func refusal(
        of command: Command, from sender: Principal, rate: TokenBucket.Outcome
    ) -> CommandError? {
        guard actions.contains(command.action) else {
            return CommandError(.unsupported, "this service cannot do \(command.action.rawValue)")
        }
        guard !isReadOnly else { return CommandError(.readOnly, "this publisher is read-only: it takes no commands") }
        guard sender.role == .operator else {
            guard !sender.hasExpired else {
                return CommandError(.notAllowed, "\(sender.name) has expired; renew it and connect again")
            }
            return CommandError(
                .notAllowed, "\(sender.name) only observes here; ask for a place on the publisher's list of operators")
        }
        guard command.boot == boot else {
            return CommandError(
                .wrongBoot,
                "the service has restarted: this is boot \(boot), the command is for \(command.boot); look again")
        }
        guard rate == .granted else {
            return CommandError(
                .rateLimited, "more than \(Self.commandsPerSecond) commands a second; send it again later")
        }
        return nil
    }
}
