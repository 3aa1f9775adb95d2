// SPDX-License-Identifier: Apache-2.0

import Canvas
import FoundationEssentials
import Glibc

/// What goes to the terminal of a script's user. Names and reasons come from peers: no control character gets through.
enum Output {
    /// One line on standard output.
    static func line(_ text: String) { write(clean(text) + "\n", to: STDOUT_FILENO) }

    /// Lines on standard output, of which each is clean already.
    static func text(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// One line on standard error.
    static func error(_ text: String) { write("breakertop: \(clean(text))\n", to: STDERR_FILENO) }

    /// One line on standard error, for what is no complaint.
    static func note(_ text: String) { write(clean(text) + "\n", to: STDERR_FILENO) }

    /// JSON as one line on standard output.
    static func json(_ value: some Encodable) throws { write(try JSONText.encode(value) + "\n", to: STDOUT_FILENO) }

    /// A line's text without anything that a terminal could take for an order.
    static func clean(_ text: String) -> String { text.sanitizedForDisplay(maxColumns: 4_096) }

    /// Text as it is, on a descriptor that may block. A reader that went away, such as `head`, is no error.
    static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if errno != EINTR {
                return
            }
        }
    }
}

/// JSON with sorted keys, so that the same facts give the same text.
enum JSONText {
    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return escapingUnsafe(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// JSON may hold these raw, a terminal should not see them; outside its texts none can stand.
    private static func escapingUnsafe(_ json: String) -> String {
        guard json.unicodeScalars.contains(where: isUnsafe) else { return json }
        return json.unicodeScalars.reduce(into: "") { text, scalar in
            if isUnsafe(scalar) {
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }

    /// Delete and the second set of control characters, line and paragraph separators, marks that turn the direction.
    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x7F...0x9F, 0x61C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

extension String {
    /// The text with spaces behind it, where it is shorter than that.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }

    /// The text without spaces at its end.
    func trimmingEnd() -> String { String(self.reversed().drop { $0 == " " }.reversed()) }
}
