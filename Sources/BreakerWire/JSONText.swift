// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A string of a line, found and checked but not yet copied.
package struct JSONText {
    /// Its first byte, after the quote.
    package var start: Int
    /// The closing quote.
    var end: Int
    var hasEscapes: Bool
}

extension JSONReader {
    /// Passes a string and checks its escapes.
    package mutating func text() throws(WireError) -> JSONText {
        guard peek() == UInt8(ascii: "\"") else { throw unexpected("a string", .badValue) }
        let opening = offset
        var hasEscapes = false
        offset += 1
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                offset += 1
                return JSONText(start: opening + 1, end: offset - 1, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try skipEscape()
            case 0..<0x20: throw failure(.malformed, "a raw control character in a string", at: offset)
            default: offset += 1
            }
        }
        throw failure(.malformed, "a string without end", at: opening)
    }

    /// Whether a string is this word.
    package func matches(_ text: JSONText, _ word: StaticString) -> Bool {
        guard !text.hasEscapes else { return string(text) == word.description }
        return text.end - text.start == word.utf8CodeUnitCount && equals(word, at: text.start)
    }

    /// Whether the bytes from a position on, which must be that many, are this word.
    func equals(_ word: StaticString, at position: Int) -> Bool {
        guard let base = bytes.baseAddress else { return false }
        return memcmp(base + position, word.utf8Start, word.utf8CodeUnitCount) == 0
    }

    /// A copy of a string without its escapes.
    package func string(_ text: JSONText) -> String {
        let raw = UnsafeRawBufferPointer(rebasing: bytes[text.start..<text.end])
        guard text.hasEscapes else { return String(decoding: raw, as: UTF8.self) }
        return String(decoding: unescaped(text), as: UTF8.self)
    }

    private func unescaped(_ text: JSONText) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.end - text.start)
        var position = text.start
        while position < text.end {
            let byte = bytes[position]
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                position += 1
                continue
            }
            let escape = bytes[position + 1]
            position += 2
            switch escape {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"): position = appendScalar(at: position, to: &result)
            default: result.append(escape)
            }
        }
        return result
    }

    // `skipEscape` has seen that the digits are there and that surrogates come in pairs.
    private func appendScalar(at position: Int, to result: inout [UInt8]) -> Int {
        var value = hexadecimal(at: position) ?? 0
        var next = position + 4
        if (0xD800..<0xDC00).contains(value) {
            value = 0x10000 + (value - 0xD800) << 10 + ((hexadecimal(at: next + 2) ?? 0xDC00) - 0xDC00)
            next += 6
        }
        result.append(contentsOf: String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8)
        return next
    }

    private mutating func skipEscape() throws(WireError) {
        let start = offset
        guard start + 1 < bytes.count else { throw failure(.malformed, "an escape without end", at: start) }
        switch bytes[start + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            offset += 2
        case UInt8(ascii: "u"):
            guard let value = hexadecimal(at: start + 2) else {
                throw failure(.malformed, "\\u without four hexadecimal digits", at: start)
            }
            offset += 6
            guard (0xD800..<0xE000).contains(value) else { return }
            guard value < 0xDC00, start + 7 < bytes.count, equals("\\u", at: start + 6),
                let low = hexadecimal(at: start + 8), (0xDC00..<0xE000).contains(low)
            else { throw failure(.malformed, "half of a surrogate pair", at: start) }
            offset += 6
        default: throw failure(.malformed, "an unknown escape \(excerpt(at: start))", at: start)
        }
    }

    private func hexadecimal(at position: Int) -> UInt32? {
        guard position + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }
}
