// SPDX-License-Identifier: Apache-2.0

/// Reads one line by the letter of the JSON standard.
///
/// It is not the monitors' reader (`JSONReader`) on purpose: a mistake in that one must not hide the same mistake in a
/// publisher, and that one keeps nothing of the fields that it skips, whose numbers and depth are judged here as well.
struct JSONParser {
    private let bytes: [UInt8]
    private var offset = 0
    private var depth = 0

    /// Deeper than any line may be, so that what is too deep can still be measured, but no stack overflows.
    private static let depthLimit = 64

    /// The line's one value.
    static func parse(_ bytes: [UInt8]) throws(JSONFault) -> JSON {
        var parser = JSONParser(bytes)
        let value = try parser.value()
        parser.skipSpace()
        guard parser.offset == bytes.count else { throw parser.fault("something follows the value") }
        return value
    }

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    private var byte: UInt8 { offset < bytes.count ? bytes[offset] : 0 }

    private func fault(_ message: String) -> JSONFault { JSONFault(message: "\(message), at byte \(offset + 1)") }

    private mutating func skipSpace() {
        while [0x20, 0x09, 0x0D, 0x0A].contains(byte) { offset += 1 }
    }

    private mutating func take(_ expected: UInt8) -> Bool {
        guard byte == expected, offset < bytes.count else { return false }
        offset += 1
        return true
    }

    private mutating func value() throws(JSONFault) -> JSON {
        skipSpace()
        switch byte {
        case UInt8(ascii: "{"): return try nested { parser throws(JSONFault) in try parser.object() }
        case UInt8(ascii: "["): return try nested { parser throws(JSONFault) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try text())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: break
        }
        for (word, value) in [("null", JSON.null), ("true", .bool(true)), ("false", .bool(false))]
        where bytes[offset...].starts(with: word.utf8) {
            offset += word.utf8.count
            return value
        }
        throw fault("no value of JSON")
    }

    private mutating func nested(_ body: (inout JSONParser) throws(JSONFault) -> JSON) throws(JSONFault) -> JSON {
        guard depth < Self.depthLimit else { throw fault("nested deeper than \(Self.depthLimit)") }
        depth += 1
        defer { depth -= 1 }
        offset += 1
        skipSpace()
        return try body(&self)
    }

    private mutating func object() throws(JSONFault) -> JSON {
        var members: [JSON.Member] = []
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard byte == UInt8(ascii: "\"") else { throw fault("a key is missing") }
            let key = try text()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw fault("a colon is missing") }
            members.append(JSON.Member(key: key, value: try value()))
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw fault("a comma or } is missing") }
        }
    }

    private mutating func array() throws(JSONFault) -> JSON {
        var values: [JSON] = []
        if take(UInt8(ascii: "]")) { return .array(values) }
        while true {
            values.append(try value())
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(values) }
            guard take(UInt8(ascii: ",")) else { throw fault("a comma or ] is missing") }
        }
    }

    private mutating func number() throws(JSONFault) -> JSON {
        let start = offset
        _ = take(UInt8(ascii: "-"))
        let first = offset
        guard skipDigits() else { throw fault("a digit is missing") }
        guard bytes[first] != UInt8(ascii: "0") || offset == first + 1 else {
            throw fault("a number with a leading zero")
        }
        if take(UInt8(ascii: ".")), !skipDigits() { throw fault("a digit is missing") }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard skipDigits() else { throw fault("a digit is missing") }
        }
        let written = String(decoding: bytes[start..<offset], as: UTF8.self)
        if let value = Int64(written) { return .integer(value) }
        let value = Double(written) ?? .infinity
        return Int64(exactly: value).map { .integer($0) } ?? .fraction(value)
    }

    private mutating func skipDigits() -> Bool {
        let start = offset
        while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
        return offset > start
    }
}

// MARK: - Strings

extension JSONParser {
    private mutating func text() throws(JSONFault) -> String {
        offset += 1
        var units: [UInt8] = []
        while offset < bytes.count {
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return String(decoding: units, as: UTF8.self)
            case UInt8(ascii: "\\"):
                offset += 1
                try appendEscape(to: &units)
            case 0..<0x20: throw fault("a raw control character in a string")
            default:
                units.append(byte)
                offset += 1
            }
        }
        throw fault("a string without end")
    }

    private mutating func appendEscape(to units: inout [UInt8]) throws(JSONFault) {
        let simple: [UInt8: UInt8] = [
            UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "/"): 0x2F, UInt8(ascii: "b"): 0x08,
            UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
        ]
        if let unit = simple[byte] {
            offset += 1
            units.append(unit)
            return
        }
        guard take(UInt8(ascii: "u")) else { throw fault("an unknown escape") }
        var value = try fourDigits()
        if (0xD800..<0xDC00).contains(value) {
            guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw fault("half of a surrogate pair") }
            let low = try fourDigits()
            guard (0xDC00..<0xE000).contains(low) else { throw fault("half of a surrogate pair") }
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw fault("half of a surrogate pair") }
        units.append(contentsOf: String(scalar).utf8)
    }

    private mutating func fourDigits() throws(JSONFault) -> UInt32 {
        guard offset + 4 <= bytes.count else { throw fault("\\u without four hexadecimal digits") }
        var value: UInt32 = 0
        for digit in bytes[offset..<offset + 4] {
            guard let nibble = Character(Unicode.Scalar(digit)).hexDigitValue, digit < 0x80 else {
                throw fault("\\u without four hexadecimal digits")
            }
            value = value << 4 | UInt32(nibble)
        }
        offset += 4
        return value
    }
}
