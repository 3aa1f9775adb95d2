// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// An object of a line: checked whole in one pass, its fields then read in any order by name.
///
/// A field that is read by name must not occur twice; fields that nobody reads are skipped, whatever is in them.
package struct JSONFields {
    private struct Entry {
        var key: JSONText
        var value: Int
    }

    /// What the object is called in errors, such as `event` or `trip`.
    private(set) var path: StaticString
    private var entries: [Entry] = []
    private var inside: JSONReader

    /// Reads the object under the cursor and leaves the cursor behind it.
    package init(_ reader: inout JSONReader, _ path: StaticString) throws(WireError) {
        self.path = path
        try reader.open("{")
        inside = reader
        while let key = try reader.nextKey() {
            _ = reader.peek()
            entries.append(Entry(key: key, value: reader.offset))
            try reader.skipValue()
        }
    }

    /// The same fields under the name that turned out to be theirs.
    package func renamed(_ path: StaticString) -> JSONFields {
        var copy = self
        copy.path = path
        return copy
    }

    /// A cursor on a field's value; `nil` when the field is absent.
    package func value(_ name: StaticString) throws(WireError) -> JSONReader? {
        var found: Int?
        for entry in entries where inside.matches(entry.key, name) {
            guard found == nil else {
                throw inside.failure(.malformed, "\(path).\(name) is there twice", at: entry.key.start - 1)
            }
            found = entry.value
        }
        guard let found else { return nil }
        var reader = inside
        reader.offset = found
        return reader
    }

    /// A cursor on a field's value; `nil` when the field is absent or null.
    package func valueUnlessNull(_ name: StaticString) throws(WireError) -> JSONReader? {
        guard var reader = try value(name), try !reader.skipNull() else { return nil }
        return reader
    }

    package func integer(
        _ name: StaticString, in range: ClosedRange<Int64> = JSONFields.anyInteger
    ) throws(WireError) -> Int64? {
        guard var reader = try valueUnlessNull(name) else { return nil }
        let start = reader.offset
        let number: Int64
        do { number = try reader.integer() } catch { throw named(name, error) }
        guard range.contains(number) else {
            let bounds = range.upperBound == WireLimits.maximumInteger ? "≥ \(range.lowerBound)" : "in \(range)"
            throw reader.failure(.badValue, "\(path).\(name) is \(number); it must be \(bounds)", at: start)
        }
        return number
    }

    package func text(_ name: StaticString, limit: Int) throws(WireError) -> String? {
        guard var reader = try valueUnlessNull(name) else { return nil }
        return try reader.string(limit: limit, path, name)
    }

    package func bool(_ name: StaticString) throws(WireError) -> Bool? {
        guard var reader = try valueUnlessNull(name) else { return nil }
        do { return try reader.bool() } catch { throw named(name, error) }
    }

    package func object(_ name: StaticString, _ path: StaticString) throws(WireError) -> JSONFields? {
        guard var reader = try valueUnlessNull(name) else { return nil }
        guard reader.peek() == UInt8(ascii: "{") else { throw named(name, reader.unexpected("an object", .badValue)) }
        return try JSONFields(&reader, path)
    }

    /// A cursor inside an array or object, to go through it by ``JSONReader/nextElement()`` or ``JSONReader/nextKey()``.
    package func opened(_ name: StaticString, _ bracket: Unicode.Scalar) throws(WireError) -> JSONReader? {
        guard var reader = try valueUnlessNull(name) else { return nil }
        do { try reader.open(bracket) } catch { throw named(name, error) }
        return reader
    }

    /// The array's strings.
    package func texts(_ name: StaticString, limit: Int, atMost count: Int) throws(WireError) -> [String]? {
        guard var reader = try opened(name, "[") else { return nil }
        var texts: [String] = []
        while try reader.nextElement() {
            guard texts.count < count else { throw tooMany(name, count) }
            texts.append(try reader.string(limit: limit, path, name))
        }
        return texts
    }

    /// Unwraps a field that must be there and must not be null.
    package func required<Value>(_ name: StaticString, _ value: Value?) throws(WireError) -> Value {
        guard let value else { throw WireError(.missingField, "\(path).\(name) is missing or null") }
        return value
    }

    package func tooMany(_ name: StaticString, _ count: Int) -> WireError {
        WireError(.badValue, "\(path).\(name) has more than \(count) entries")
    }

    package static let anyInteger = -WireLimits.maximumInteger...WireLimits.maximumInteger
    package static let natural = 0...WireLimits.maximumInteger
    package static let positive = 1...WireLimits.maximumInteger

    private func named(_ name: StaticString, _ error: WireError) -> WireError {
        WireError(error.code, "\(path).\(name): \(error.message)")
    }
}

extension JSONFields {
    /// A name that must be there: of 1 to ``ServiceIdentity/maximumNameLength`` bytes.
    package func name(_ name: StaticString) throws(WireError) -> String {
        let text = try required(name, try self.text(name, limit: ServiceIdentity.maximumNameLength))
        guard !text.isEmpty else { throw WireError(.badValue, "\(path).\(name) is empty") }
        return text
    }

    /// A name that may be absent, null or empty; then it is empty.
    package func optionalName(_ name: StaticString) throws(WireError) -> String {
        try text(name, limit: ServiceIdentity.maximumNameLength) ?? ""
    }

    /// A free text that may be absent, null or empty; then it is empty.
    package func freeText(_ name: StaticString) throws(WireError) -> String {
        try text(name, limit: WireLimits.textBytes) ?? ""
    }

    package func natural(_ name: StaticString) throws(WireError) -> Int64 {
        try required(name, try integer(name, in: Self.natural))
    }

    package func positive(_ name: StaticString) throws(WireError) -> Int64 {
        try required(name, try integer(name, in: Self.positive))
    }

    /// Sixteen hexadecimal digits.
    package func boot(_ name: StaticString) throws(WireError) -> String {
        let text = try self.name(name)
        guard text.utf8.count == 16, text.utf8.allSatisfy(isHexadecimal) else {
            throw WireError(.badValue, "\(path).\(name) must be 16 hexadecimal digits, such as `00c0ffee12345678`")
        }
        return text
    }

    /// A UUID in its usual form of 36 characters.
    package func uuid(_ name: StaticString) throws(WireError) -> String {
        let text = try self.name(name)
        let isUUID =
            text.utf8.count == 36
            && text.utf8.enumerated().allSatisfy { index, byte in
                [8, 13, 18, 23].contains(index) ? byte == UInt8(ascii: "-") : isHexadecimal(byte)
            }
        guard isUUID else { throw WireError(.badValue, "\(path).\(name) must be a UUID of 36 characters") }
        return text
    }

    private func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}

extension JSONReader {
    /// Reads a string of at most so many bytes.
    package mutating func string(limit: Int, _ path: StaticString, _ name: StaticString) throws(WireError) -> String {
        let text: JSONText
        do { text = try self.text() } catch { throw WireError(error.code, "\(path).\(name): \(error.message)") }
        let result = string(text)
        guard result.utf8.count <= limit else {
            throw failure(
                .badValue, "\(path).\(name) has \(result.utf8.count) bytes; at most \(limit) are allowed",
                at: text.start)
        }
        return result
    }
}
