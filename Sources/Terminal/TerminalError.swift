// SPDX-License-Identifier: Apache-2.0

/// Why a terminal could not be taken over; the message says what to do.
package struct TerminalError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// Standard input or output is a file or a pipe.
        case notATerminal
        /// The terminal is there but does not open.
        case cannotOpen
        /// No terminfo entry for TERM, nor for the types that are tried instead.
        case unknownType
        /// TERM names a terminal that cannot move its cursor.
        case unsuitableType
        /// Out of file descriptors, memory or threads.
        case noResources
        /// The process has a session already.
        case inUse
    }

    package let code: Code
    package let message: String

    package var description: String { message }
}
