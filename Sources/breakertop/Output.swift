// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What goes to the terminal of a script's user.
enum Output {
    /// One line on standard error.
    static func error(_ line: String) {
        FileHandle.standardError.write(Data("breakertop: \(line)\n".utf8))
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
