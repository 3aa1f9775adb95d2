// SPDX-License-Identifier: Apache-2.0

import Canvas
import Foundation

/// What goes to the terminal of a script's user. Names and reasons come from peers: no control character gets through.
enum Output {
    /// One line on standard output.
    static func line(_ text: String) { write(text, to: .standardOutput) }

    /// One line on standard error.
    static func error(_ text: String) { write("breakertop: \(text)", to: .standardError) }

    private static func write(_ text: String, to handle: FileHandle) {
        // A reader that went away, such as `head`, is no error.
        try? handle.write(contentsOf: Data((text.sanitizedForDisplay(maxColumns: 4_096) + "\n").utf8))
    }
}

/// JSON with sorted keys, so that the same facts give the same text.
enum JSONText {
    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
