// SPDX-License-Identifier: Apache-2.0

/// A JSON text read whole: what a state file needs of JSON, and no dependency for it.
///
/// Any legal JSON is accepted up to ``maximumDepth``; keys that stand twice and lone surrogates are refused.
enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    /// `nil` for a legal number that is no integer of 64 bits.
    case number(Int64?)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    /// How many lists and objects may be open at once.
    static let maximumDepth = 16

    /// Why a text is no JSON, and at which byte.
    struct Malformed: Error, Sendable, Hashable {
        var message: String
        var offset: Int
    }

    init(_ bytes: [UInt8]) throws(Malformed) {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw Malformed(message: "it is not UTF-8", offset: 0)
        }
        var parser = JSONParser(bytes)
        self = try parser.document()
    }

    /// The value of a key; `nil` when this is no object or does not have it.
    subscript(key: String) -> JSONValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    var text: String? { if case .text(let text) = self { text } else { nil } }
    var number: Int64? { if case .number(let number) = self { number } else { nil } }
    var list: [JSONValue]? { if case .list(let list) = self { list } else { nil } }

    /// A text as JSON, in quotes; control characters are escaped.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\0"..<" ":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
