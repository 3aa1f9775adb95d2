// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Glibc

/// The terminal of whoever gave the command, where there is one.
enum Prompt {
    /// Whether somebody can read a question and type an answer.
    static var isPossible: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Asks and waits for a line; `nil` at the end of the input. What was typed before the question is thrown away: it
    /// cannot be its answer.
    static func ask(_ question: String) async -> String? {
        tcflush(STDIN_FILENO, TCIFLUSH)
        Output.write(question, to: STDERR_FILENO)
        // Reading blocks for as long as the operator thinks: not on a thread that others share.
        return await withCheckedContinuation { continuation in
            guard startThread({ continuation.resume(returning: readLine()) }) else {
                return continuation.resume(returning: nil)
            }
        }
    }
}
