// SPDX-License-Identifier: Apache-2.0

import Foundation

/// JSON as a tree, to spell it anew.
indirect enum JSONTree: Decodable {
    case null
    case bool(Bool)
    case integer(Int64)
    case text(String)
    case array([JSONTree])
    case object([String: JSONTree])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let integer = try? value.decode(Int64.self) {
            self = .integer(integer)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let array = try? value.decode([JSONTree].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: JSONTree].self))
        }
    }

    /// Every key of every object, by the way that leads to it.
    var keyPaths: [[String]] {
        switch self {
        case .object(let fields):
            fields.flatMap { key, value in [[key]] + value.keyPaths.map { [key] + $0 } }
        case .array(let elements):
            elements.enumerated().flatMap { index, value in value.keyPaths.map { ["\(index)"] + $0 } }
        default: []
        }
    }
}

extension Golden {
    static func tree(_ name: String) throws -> JSONTree {
        try JSONDecoder().decode(JSONTree.self, from: Data(try bytes(name)))
    }
}

/// Writes a tree as one line, in a legal way that hardly anybody would choose.
struct Speller {
    private var chance: Generator
    /// A key that is written twice, by the way that leads to it.
    var twice: [String] = []

    init(seed: UInt64) { chance = Generator(seed: seed) }

    mutating func line(_ tree: JSONTree) -> String { space() + spelled(tree, at: []) + space() }

    private mutating func spelled(_ tree: JSONTree, at path: [String]) -> String {
        switch tree {
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .integer(let value): return number(value)
        case .text(let text): return spelled(text)
        case .array(let elements):
            let spellings = elements.enumerated().map { space() + spelled($1, at: path + ["\($0)"]) + space() }
            return "[" + (spellings.isEmpty ? space() : spellings.joined(separator: ",")) + "]"
        case .object(let fields): return object(fields, at: path)
        }
    }

    private mutating func object(_ fields: [String: JSONTree], at path: [String]) -> String {
        var spellings: [String] = []
        // Hashing orders them anew in each run; a seed must always say the same.
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            let here = path + [key]
            for _ in 0..<(here == twice ? 2 : 1) {
                spellings.append(space() + spelled(key) + space() + ":" + space() + spelled(value, at: here) + space())
            }
        }
        // A tag of any name is a tag.
        if path.last != "tags" {
            spellings += ["\"\u{1F9E8}\":[{\"type\":[-0.5e-7]}, null]", #" "" : {"id":"\ud83d\ude00"}"#]
        }
        return "{" + (spellings.isEmpty ? space() : spellings.shuffled(using: &chance).joined(separator: ",")) + "}"
    }

    private mutating func space() -> String {
        (0..<Int.random(in: 0...2, using: &chance)).map { _ in chance.pick([" ", "\t", "\r", "\n"]) }.joined()
    }

    private mutating func number(_ value: Int64) -> String {
        switch Int.random(in: 0...5, using: &chance) {
        case 0: "\(value).0"
        case 1: "\(value)E+0"
        case 2 where value != 0: "\(value)000e-3"
        case 3 where value % 10 == 0: "\(value / 10)e1"
        case 4 where value == 0: "-0"
        default: "\(value)"
        }
    }

    private mutating func spelled(_ text: String) -> String {
        let share = Int.random(in: 0...2, using: &chance)
        var spelling = ""
        for scalar in text.unicodeScalars {
            if "\"\\/".unicodeScalars.contains(scalar) {
                spelling += "\\\(scalar)"
            } else if scalar.value >= 0x20 && Int.random(in: 0...1, using: &chance) >= share {
                spelling.unicodeScalars.append(scalar)
            } else {
                spelling += escaped(scalar)
            }
        }
        return "\"\(spelling)\""
    }

    private mutating func escaped(_ scalar: Unicode.Scalar) -> String {
        String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16, uppercase: Bool.random(using: &chance))
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}
