// SPDX-License-Identifier: Apache-2.0

/// Why a recording cannot be written or read, in words for people.
package struct RecordingError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The file system or the machine did not do it.
        case system
        /// It is not a recording.
        case foreign
        /// A newer program wrote it.
        case unsupportedVersion
        /// Parts of it are broken.
        case damaged
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }

    package var description: String { message }
}
