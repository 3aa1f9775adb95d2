// SPDX-License-Identifier: Apache-2.0

/// Why a line of the metrics socket could not be read.
package struct WireError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The protocol's error codes.
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// Not JSON, or not one object.
        case malformed
        /// Longer than ``WireLimits/lineBytes``.
        case lineTooLong = "line_too_long"
        /// Nested deeper than ``WireLimits/depth``.
        case tooDeep = "too_deep"
        /// A field that the message needs is not there.
        case missingField = "missing_field"
        /// A value has the wrong type or lies outside its range.
        case badValue = "bad_value"
        /// The peer speaks a higher major version.
        case unsupportedVersion = "unsupported_version"
        /// A message that does not belong at this point of the conversation.
        case unexpected
    }

    package var code: Code
    /// A sentence that names the value and what to do.
    package var message: String

    /// Creates an error. What the peer said may be in the message: control characters in it, which could harm a terminal or a log, are replaced.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
        guard message.unicodeScalars.contains(where: Self.isControl) else { return }
        self.message = String(String.UnicodeScalarView(message.unicodeScalars.map { Self.isControl($0) ? "?" : $0 }))
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
    }

    package var description: String { "\(message) (\(code.rawValue))" }
}

/// The bounds that every line of protocol 1 keeps.
package enum WireLimits {
    /// The longest line, in bytes without its LF.
    package static let lineBytes = 65_536
    /// The deepest nesting.
    package static let depth = 32
    /// The most columns in a hello.
    package static let columns = 256
    /// The longest free text, such as a reason or an error's message, in UTF-8 bytes; names are shorter.
    package static let textBytes = 1_000
    /// The most actions that a hello lists.
    package static let actions = 64
    /// The most circuits for which a subscriber may ask for detail.
    package static let detail = 64
    /// The largest integer: 2^53 − 1, so that every JSON reader gets it right.
    package static let maximumInteger: Int64 = 9_007_199_254_740_991
}
