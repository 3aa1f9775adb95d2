// SPDX-License-Identifier: Apache-2.0

/// A text that is looked for in others, upper and lower case alike.
///
/// ASCII is compared byte by byte where it lies: circuits are many and are asked often. Only other letters are folded.
struct SearchText: Sendable, Hashable {
    private let text: String
    private let bytes: [UInt8]
    private let isASCII: Bool

    init(_ text: some StringProtocol) {
        self.text = text.lowercased()
        bytes = Array(self.text.utf8)
        isASCII = bytes.allSatisfy { $0 < 0x80 }
    }

    /// Whether it is a part of a text.
    func isFound(in other: String) -> Bool {
        guard isASCII else { return !Self.isASCII(other) && other.lowercased().contains(text) }
        return Self.withBytes(of: other) { isFound(in: $0) }
    }

    /// Whether a text begins with it.
    func begins(_ other: String) -> Bool {
        guard isASCII else { return !Self.isASCII(other) && other.lowercased().hasPrefix(text) }
        return Self.withBytes(of: other) { $0.count >= bytes.count && begins(at: 0, of: $0) }
    }

    /// Whether it is a text as a whole.
    func equals(_ other: String) -> Bool {
        guard isASCII else { return !Self.isASCII(other) && other.lowercased() == text }
        return Self.withBytes(of: other) { $0.count == bytes.count && begins(at: 0, of: $0) }
    }

    private static func isASCII(_ text: String) -> Bool {
        withBytes(of: text) { bytes in
            for byte in bytes where byte >= 0x80 { return false }
            return true
        }
    }

    private static func withBytes(of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Bool) -> Bool {
        if let result = text.utf8.withContiguousStorageIfAvailable(body) { return result }
        var copy = text
        return copy.withUTF8(body)
    }

    private func isFound(in haystack: UnsafeBufferPointer<UInt8>) -> Bool {
        guard haystack.count >= bytes.count else { return false }
        for start in 0...haystack.count - bytes.count where begins(at: start, of: haystack) { return true }
        return false
    }

    private func begins(at start: Int, of haystack: UnsafeBufferPointer<UInt8>) -> Bool {
        for index in bytes.indices where Self.lowered(haystack[start + index]) != bytes[index] { return false }
        return true
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}
