// SPDX-License-Identifier: Apache-2.0

/// A cursor over one line, or a file, of JSON: it checks all that it passes, and never reads past the end.
///
/// Any legal JSON is accepted within the bounds of ``WireLimits``; nothing else is. The bytes must outlive the reader.
package struct JSONReader {
    let bytes: UnsafeRawBufferPointer
    /// Where the cursor stands.
    package var offset = 0
    /// How many objects and arrays are open.
    private(set) var depth = 0
    // Right after an opening bracket no comma is due.
    private var isAtStart = false

    /// Places a reader at the beginning of a line after checking its length and its UTF-8.
    package init(_ line: UnsafeRawBufferPointer, limit: Int = WireLimits.lineBytes) throws(WireError) {
        bytes = line
        guard line.count <= limit else {
            throw WireError(.lineTooLong, "the line has \(line.count) bytes; at most \(limit) are allowed")
        }
        if let position = firstInvalidUTF8(in: line) { throw failure(.malformed, "invalid UTF-8", at: position) }
    }

    /// The next byte that is not white space, left in place; 0 at the end of the line.
    package mutating func peek() -> UInt8 {
        while offset < bytes.count {
            let byte = bytes[offset]
            guard byte == UInt8(ascii: " ") || byte == 0x09 || byte == 0x0A || byte == 0x0D else { return byte }
            offset += 1
        }
        return 0
    }

    /// Passes the opening bracket of an object or array.
    package mutating func open(_ bracket: Unicode.Scalar) throws(WireError) {
        guard peek() == UInt8(ascii: bracket) else {
            throw unexpected(bracket == "{" ? "an object" : "an array", depth == 0 ? .malformed : .badValue)
        }
        guard depth < WireLimits.depth else {
            throw failure(.tooDeep, "nested deeper than \(WireLimits.depth)", at: offset)
        }
        offset += 1
        depth += 1
        isAtStart = true
    }

    /// Passes the next key of the open object and its colon; `nil` after passing the closing bracket.
    package mutating func nextKey() throws(WireError) -> JSONText? {
        guard try advance(to: UInt8(ascii: "}"), orElse: "a comma or }") else { return nil }
        guard peek() == UInt8(ascii: "\"") else { throw unexpected("a key") }
        let key = try text()
        guard peek() == UInt8(ascii: ":") else { throw unexpected("a colon") }
        offset += 1
        return key
    }

    /// Moves to the next element of the open array; `false` after passing the closing bracket.
    package mutating func nextElement() throws(WireError) -> Bool {
        guard try advance(to: UInt8(ascii: "]"), orElse: "a comma or ]") else { return false }
        if peek() == UInt8(ascii: "]") { throw unexpected("a value") }
        return true
    }

    private mutating func advance(to closing: UInt8, orElse expected: String) throws(WireError) -> Bool {
        let byte = peek()
        if byte == closing {
            offset += 1
            depth -= 1
            isAtStart = false
            return false
        }
        if isAtStart {
            isAtStart = false
        } else {
            guard byte == UInt8(ascii: ",") else { throw unexpected(expected) }
            offset += 1
        }
        return true
    }

    /// Passes `null` if it is next.
    package mutating func skipNull() throws(WireError) -> Bool {
        guard peek() == UInt8(ascii: "n") else { return false }
        try literal("null")
        return true
    }

    /// Reads `true` or `false`.
    package mutating func bool() throws(WireError) -> Bool {
        switch peek() {
        case UInt8(ascii: "t"):
            try literal("true")
            return true
        case UInt8(ascii: "f"):
            try literal("false")
            return false
        default: throw unexpected("true or false", .badValue)
        }
    }

    /// Passes any one value, checking it.
    package mutating func skipValue() throws(WireError) {
        switch peek() {
        case UInt8(ascii: "{"):
            try open("{")
            while try nextKey() != nil { try skipValue() }
        case UInt8(ascii: "["):
            try open("[")
            while try nextElement() { try skipValue() }
        case UInt8(ascii: "\""): _ = try text()
        case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try bool()
        case UInt8(ascii: "n"): try literal("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try skipNumber()
        default: throw unexpected("a value")
        }
    }

    /// Demands that nothing but white space is left.
    package mutating func finish() throws(WireError) {
        _ = peek()
        guard offset == bytes.count else { throw unexpected("the end of the line") }
    }

    private mutating func literal(_ word: StaticString) throws(WireError) {
        guard bytes.count - offset >= word.utf8CodeUnitCount, equals(word, at: offset) else {
            throw unexpected("\(word)")
        }
        offset += word.utf8CodeUnitCount
    }
}

extension JSONReader {
    /// An error that says where, counting bytes from 1.
    func failure(_ code: WireError.Code, _ message: String, at position: Int) -> WireError {
        WireError(code, "\(message), at byte \(position + 1)")
    }

    /// An error about the byte under the cursor.
    func unexpected(_ expected: String, _ code: WireError.Code = .malformed) -> WireError {
        failure(code, "expected \(expected), found \(excerpt(at: offset))", at: offset)
    }

    /// A few bytes for an error's text, with nothing in them that could harm a terminal or a log.
    func excerpt(at position: Int) -> String {
        guard position < bytes.count else { return "the end of the line" }
        let slice = bytes[position..<min(bytes.count, position + 24)]
        let shown = slice.map { (0x20..<0x7F).contains($0) ? Character(Unicode.Scalar($0)) : "?" }
        return "`\(String(shown))`"
    }
}
