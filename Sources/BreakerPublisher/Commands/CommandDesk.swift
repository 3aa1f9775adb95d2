// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Logging

/// Where the commands of all connections come together, one after the other: judged, done, answered and logged.
actor CommandDesk {
    private let provider: any TelemetryProvider
    private let logger: Logger
    private var gate: CommandGate
    private var rates = CommandRates()
    private let name: @Sendable (Int64) -> String?

    /// - Parameter name: a circuit's name, as far as it is known, for who reads the log after the process is gone.
    init(
        provider: any TelemetryProvider, isReadOnly: Bool, logger: Logger, name: @escaping @Sendable (Int64) -> String?
    ) {
        self.provider = provider
        self.name = name
        self.logger = logger
        gate = CommandGate(boot: provider.identity.boot, actions: provider.actions, isReadOnly: isReadOnly)
    }

    func handle(_ command: Command, from sender: Principal, now: Milliseconds) -> CommandResult {
        switch gate.judge(command, from: sender, rate: rates.take(of: sender, now: now)) {
        case .perform:
            let result = provider.perform(command, by: sender.name)
            gate.remember(command, result)
            log(command, from: sender, result, note: nil)
            return result
        case .answerAgain(let result):
            log(command, from: sender, result, note: "answered again")
            return result
        case .refuse(let error, isRecorded: true):
            let result = provider.refuse(command, by: sender.name, because: error)
            log(command, from: sender, result, note: nil)
            return result
        case .refuse(let error, isRecorded: false):
            return CommandResult(id: command.id, outcome: .failure(error))
        }
    }

    private func log(_ command: Command, from sender: Principal, _ result: CommandResult, note: String?) {
        var metadata: Logger.Metadata = [
            "principal": "\(sender.name)",
            "claimed": "\(Self.printable(command.claimed))",
            "action": "\(command.action.rawValue)",
            "circuit": "\(command.circuit)",
            "name": "\(Self.printable(circuitName(of: command) ?? "?"))",
            "reason": "\(Self.printable(command.reason))",
            "id": "\(Self.printable(command.id))",
        ]
        switch result.outcome {
        case .success(let seq):
            metadata["outcome"] = "done"
            metadata["seq"] = "\(seq)"
        case .failure(let error):
            metadata["outcome"] = "refused: \(error.code.rawValue)"
        }
        if let note { metadata["note"] = "\(note)" }
        logger.notice("command", metadata: metadata)
    }

    /// The number in a command for another boot is none of this boot's circuits.
    private func circuitName(of command: Command) -> String? {
        command.boot == provider.identity.boot ? name(command.circuit) : nil
    }

    /// Without control characters: what a peer sent must not forge lines of a log or drive a terminal.
    private static func printable(_ text: String) -> String {
        var printable = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                printable += "\\u{\(String(scalar.value, radix: 16))}"
            default: printable.unicodeScalars.append(scalar)
            }
        }
        return printable
    }
}
