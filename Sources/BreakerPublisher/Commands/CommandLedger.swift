// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// The answers to the last commands, so that one that is sent again is not done again.
struct CommandLedger: Sendable {
    enum Entry: Sendable, Hashable {
        case new
        /// The same command was answered like this.
        case answered(CommandResult)
        /// Another command had this id.
        case conflict
    }

    static let capacity = 1_024

    private var answers: [String: (command: Command, result: CommandResult)] = [:]
    // A ring of the ids in the order in which they came.
    private var ids: [String] = []
    private var oldest = 0

    func find(_ command: Command) -> Entry {
        guard let answer = answers[command.id] else { return .new }
        return answer.command == command ? .answered(answer.result) : .conflict
    }

    mutating func remember(_ command: Command, _ result: CommandResult) {
        guard answers.updateValue((command, result), forKey: command.id) == nil else { return }
        guard ids.count == Self.capacity else { return ids.append(command.id) }
        answers[ids[oldest]] = nil
        ids[oldest] = command.id
        oldest = (oldest + 1) % Self.capacity
    }
}
