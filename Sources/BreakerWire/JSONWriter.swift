// SPDX-License-Identifier: Apache-2.0

/// Appends JSON to bytes, with the commas where they belong.
package struct JSONWriter {
    package var bytes: [UInt8]
    private var needsComma = false

    package init(appendingTo bytes: [UInt8] = []) { self.bytes = bytes }

    /// Opens an object or array, as an element or after a key.
    package mutating func open(_ bracket: Unicode.Scalar) {
        separate()
        bytes.append(UInt8(ascii: bracket))
        needsComma = false
    }

    package mutating func close(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }

    /// Begins a field; its value must follow.
    package mutating func key(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        raw(name)
        raw("\":")
        needsComma = false
    }

    package mutating func field(_ name: StaticString, _ value: Int64?) {
        key(name)
        element(value)
    }

    package mutating func field(_ name: StaticString, _ value: Bool) {
        key(name)
        raw(value ? "true" : "false")
        needsComma = true
    }

    package mutating func field(_ name: StaticString, _ text: String, limit: Int) {
        key(name)
        element(text, limit: limit)
    }

    /// An integer or null; what lies beyond ±(2^53 − 1) is drawn to that bound.
    package mutating func element(_ value: Int64?) {
        separate()
        if let value { integer(value) } else { raw("null") }
        needsComma = true
    }

    /// A string, cut to so many bytes, and to twice as many with its escapes: so every line stays within its bound.
    package mutating func element(_ text: String, limit: Int) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { escape($0, limit: limit) }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Bytes that are JSON already.
    package mutating func raw(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Says that a value was written raw, so that a comma is due before the next.
    package mutating func valueEnded() { needsComma = true }

    /// Says that a key was written as an element, so that no comma is due before its value.
    package mutating func valueFollows() { needsComma = false }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func integer(_ value: Int64) {
        withUnsafeTemporaryAllocation(byteCount: JSONInteger.maximumLength, alignment: 1) { buffer in
            let length = JSONInteger.write(value, to: buffer, at: 0)
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<length]))
        }
    }

    private mutating func escape(_ text: UnsafeBufferPointer<UInt8>, limit: Int) {
        let start = bytes.count
        var position = 0
        while position < text.count {
            let byte = text[position]
            let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
            let before = bytes.count
            switch byte {
            case UInt8(ascii: "\""): raw("\\\"")
            case UInt8(ascii: "\\"): raw("\\\\")
            case 0x0A: raw("\\n")
            case 0x0D: raw("\\r")
            case 0x09: raw("\\t")
            case 0..<0x20:
                raw("\\u00")
                bytes.append(Self.hexadecimal(byte >> 4))
                bytes.append(Self.hexadecimal(byte & 0xF))
            default: bytes.append(contentsOf: text[position..<min(text.count, position + length)])
            }
            position += length
            guard position <= limit, bytes.count - start <= 2 * limit else {
                bytes.removeLast(bytes.count - before)
                return
            }
        }
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}

/// Integers as JSON has them.
enum JSONInteger {
    /// The most bytes that one takes, and that writing one overwrites: a sign and sixteen digits.
    static let maximumLength = 17

    /// Writes a number and returns the position behind it; what lies beyond ±(2^53 − 1) is drawn to that bound.
    @inline(__always)
    static func write(_ value: Int64, to buffer: UnsafeMutableRawBufferPointer, at start: Int) -> Int {
        let magnitude = min(value.magnitude, UInt64(WireLimits.maximumInteger))
        guard value < 0 else { return DecimalDigits.write(magnitude, to: buffer, at: start) }
        buffer[start] = UInt8(ascii: "-")
        return DecimalDigits.write(magnitude, to: buffer, at: start + 1)
    }
}
