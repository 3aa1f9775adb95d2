// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The exit statuses: one meaning a number in all commands. Help and manual page are made from this table.
enum ExitStatus: Int32, CaseIterable {
    case done = 0
    case notDone = 1
    case noSuchCircuit = 2
    case nobody = 3
    case usage = 64

    /// What it means, in one line.
    var meaning: String {
        switch self {
        case .done: "done; for check: nothing offends"
        case .notDone:
            "refused, not confirmed, without effect, or not done to all; for check: something offends; for a recording: damaged"
        case .noSuchCircuit: "no such circuit, and nobody unreached who could have it; nothing was sent"
        case .nobody: "not reached: no service, or none that could have the circuit; for check: too few"
        case .usage: "wrong usage or setup, such as a file for TLS, or nobody there to be asked"
        }
    }

    /// What to throw to end with it.
    var code: ExitCode { ExitCode(rawValue) }

    /// The table for the help.
    static var table: String {
        allCases.map { "  \($0.rawValue)".padded(to: 6) + $0.meaning }.joined(separator: "\n")
    }
}
