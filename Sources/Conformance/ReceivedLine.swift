// SPDX-License-Identifier: Apache-2.0

package import BreakerSockets
package import BreakerWire

/// A line that a service said, with all that a rule may ask about it.
package struct ReceivedLine: Sendable {
    /// What a line is, before anybody looks at its fields.
    enum Content: Sendable, Hashable {
        case json(JSON)
        case tooLong
        case notUTF8
        case empty
        case malformed(String)
    }

    /// Its number in the connection, from 1.
    package let number: Int
    /// When it came, since the beginning of the conversation.
    package let at: Duration
    let content: Content
    /// What the line says it is; `nil` when it is no object that does.
    let type: String?
    /// What a monitor reads in it.
    let message: Result<ServiceMessage, WireError>
    /// Its beginning, fit for a terminal.
    package let excerpt: String

    package init(_ line: InboundLine, number: Int, at: Duration, _ decoder: inout ServiceMessageDecoder) {
        (self.number, self.at) = (number, at)
        switch line {
        case .tooLong(let bytes), .stillTooLong(let bytes):
            content = .tooLong
            message = .failure(WireError(.lineTooLong, "the line has at least \(bytes) bytes"))
            excerpt = ""
        case .line(let bytes):
            content = Self.content(bytes)
            message = bytes.withUnsafeBytes { bytes in
                Result { () throws(WireError) in try decoder.decode(bytes) }
            }
            excerpt = Excerpt.of(bytes)
        }
        if case .json(let object) = content { type = object["type"]?.string } else { type = nil }
    }

    /// The line's object; `nil` when it is none.
    package var json: JSON? {
        guard case .json(let value) = content, case .object = value else { return nil }
        return value
    }

    private static func content(_ bytes: [UInt8]) -> Content {
        if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return .empty }
        guard String(validating: bytes, as: UTF8.self) != nil else { return .notUTF8 }
        do {
            return .json(try JSONParser.parse(bytes))
        } catch {
            return .malformed(error.message)
        }
    }
}

/// The beginning of what a peer sent, with nothing in it that could harm a terminal.
enum Excerpt {
    private static let length = 120

    static func of(_ bytes: some Collection<UInt8>) -> String {
        let shown = bytes.prefix(length).map { (0x20..<0x7F).contains($0) ? Character(Unicode.Scalar($0)) : "?" }
        return String(shown) + (bytes.count > length ? "..." : "")
    }

    static func of(_ text: String) -> String { of(Array(text.utf8)) }
}
