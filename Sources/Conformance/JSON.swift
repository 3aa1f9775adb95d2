// SPDX-License-Identifier: Apache-2.0

/// A value of a line as it stands there: nothing is skipped or forgiven, unlike in what a monitor reads.
package indirect enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    /// A number whose value is an integer of 64 bits, however it is written.
    case integer(Int64)
    /// Any other number.
    case fraction(Double)
    case string(String)
    case array([JSON])
    case object([Member])

    /// A field of an object.
    package struct Member: Sendable, Hashable {
        package var key: String
        package var value: JSON
    }

    /// A field's value, the first of that name; `nil` when it is absent, and when this is no object.
    package subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    package var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    package var string: String? { if case .string(let text) = self { text } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var array: [JSON]? { if case .array(let values) = self { values } else { nil } }
    package var strings: [String]? {
        guard let array else { return nil }
        let strings = array.compactMap(\.string)
        return strings.count == array.count ? strings : nil
    }
    var isNull: Bool { self == .null }

    /// Every number in it.
    var numbers: [JSON] {
        switch self {
        case .integer, .fraction: [self]
        case .array(let values): values.flatMap(\.numbers)
        case .object(let members): members.flatMap(\.value.numbers)
        default: []
        }
    }

    /// How deep objects and arrays are nested; 0 for the rest.
    var depth: Int {
        switch self {
        case .array(let values): 1 + (values.map(\.depth).max() ?? 0)
        case .object(let members): 1 + (members.map(\.value.depth).max() ?? 0)
        default: 0
        }
    }
}

/// Why bytes are no JSON.
struct JSONFault: Error, Hashable {
    var message: String
}
