// SPDX-License-Identifier: Apache-2.0

/// A cursor over bytes that are known to be UTF-8.
struct JSONParser {
    private let bytes: [UInt8]
    private var offset = 0
    private var depth = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// One value and nothing behind it.
    mutating func document() throws(JSONValue.Malformed) -> JSONValue {
        let value = try value()
        guard peek() == nil else { throw unexpected("nothing more") }
        return value
    }

    private mutating func value() throws(JSONValue.Malformed) -> JSONValue {
        switch peek() ?? 0 {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try list()
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default: return try word()
        }
    }

    private mutating func object() throws(JSONValue.Malformed) -> JSONValue {
        var members: [String: JSONValue] = [:]
        try open()
        while try !closes(with: "}", isFirst: members.isEmpty) {
            guard peek() == UInt8(ascii: "\"") else { throw unexpected("a key") }
            let key = try text()
            try pass(":")
            guard members.updateValue(try value(), forKey: key) == nil else {
                throw malformed("a key stands twice")
            }
        }
        return .object(members)
    }

    private mutating func list() throws(JSONValue.Malformed) -> JSONValue {
        var elements: [JSONValue] = []
        try open()
        while try !closes(with: "]", isFirst: elements.isEmpty) { elements.append(try value()) }
        return .list(elements)
    }

    private mutating func open() throws(JSONValue.Malformed) {
        guard depth < JSONValue.maximumDepth else { throw malformed("nested deeper than \(JSONValue.maximumDepth)") }
        depth += 1
        offset += 1
    }

    /// Passes the closing bracket, or the comma before the next element.
    private mutating func closes(with bracket: Unicode.Scalar, isFirst: Bool) throws(JSONValue.Malformed) -> Bool {
        if peek() == UInt8(ascii: bracket) {
            offset += 1
            depth -= 1
            return true
        }
        if !isFirst { try pass(",") }
        return false
    }

    private mutating func pass(_ character: Unicode.Scalar) throws(JSONValue.Malformed) {
        guard peek() == UInt8(ascii: character) else { throw unexpected("'\(character)'") }
        offset += 1
    }

    private mutating func word() throws(JSONValue.Malformed) -> JSONValue {
        let words: [(StaticString, JSONValue)] = [("null", .null), ("true", .bool(true)), ("false", .bool(false))]
        for (word, value) in words {
            let isHere = word.withUTF8Buffer { bytes[offset...].starts(with: $0) }
            guard isHere else { continue }
            offset += word.utf8CodeUnitCount
            return value
        }
        throw unexpected("a value")
    }

    // MARK: Numbers

    private mutating func number() throws(JSONValue.Malformed) -> Int64? {
        let start = offset
        var isInteger = true
        skip("-")
        if !skip("0") { try digits() }
        if skip(".") {
            isInteger = false
            try digits()
        }
        if skip("e") || skip("E") {
            isInteger = false
            if !skip("+") { skip("-") }
            try digits()
        }
        return isInteger ? Int64(String(decoding: bytes[start..<offset], as: UTF8.self)) : nil
    }

    @discardableResult
    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    private mutating func digits() throws(JSONValue.Malformed) {
        let start = offset
        while offset < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) { offset += 1 }
        guard offset > start else { throw unexpected("a digit") }
    }

    // MARK: Texts

    private mutating func text() throws(JSONValue.Malformed) -> String {
        var text: [UInt8] = []
        offset += 1
        while offset < bytes.count {
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                offset += 1
                text.append(contentsOf: Array(String(Character(try escaped())).utf8))
            case 0..<0x20: throw malformed("a control character in a text")
            default:
                text.append(byte)
                offset += 1
            }
        }
        throw unexpected("the end of a text")
    }

    private mutating func escaped() throws(JSONValue.Malformed) -> Unicode.Scalar {
        let plain: [(Unicode.Scalar, Unicode.Scalar)] = [
            ("\"", "\""), ("\\", "\\"), ("/", "/"), ("b", "\u{8}"), ("f", "\u{c}"), ("n", "\n"), ("r", "\r"),
            ("t", "\t"),
        ]
        for (letter, scalar) in plain where skip(letter) { return scalar }
        guard skip("u") else { throw unexpected("an escape") }
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, skip("\\"), skip("u") else { throw malformed("half of a surrogate pair") }
        let second = try hexadecimal()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + UInt32(second) - 0xDC00)
        else { throw malformed("half of a surrogate pair") }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONValue.Malformed) -> UInt16 {
        let digits = bytes[offset...].prefix(4)
        // The check keeps out a sign, which the conversion would take.
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw unexpected("four hexadecimal digits") }
        offset += 4
        return unit
    }

    // MARK: Position

    /// The next byte that is not white space; `nil` at the end.
    private mutating func peek() -> UInt8? {
        while offset < bytes.count {
            let byte = bytes[offset]
            guard byte == UInt8(ascii: " ") || byte == 0x09 || byte == 0x0A || byte == 0x0D else { return byte }
            offset += 1
        }
        return nil
    }

    private func unexpected(_ expected: String) -> JSONValue.Malformed {
        malformed("expected \(expected)")
    }

    private func malformed(_ message: String) -> JSONValue.Malformed {
        JSONValue.Malformed(message: message, offset: offset)
    }
}
