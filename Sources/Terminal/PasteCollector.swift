// SPDX-License-Identifier: Apache-2.0

/// The bytes of a bracketed paste, up to the sequence that ends it.
struct PasteCollector {
    /// Bytes; what is beyond that is dropped, but not taken for keys.
    static let maximum = 64 * 1024
    private static let end = Array("\u{1B}[201~".utf8)

    private var bytes: [UInt8] = []
    private var matched = 0

    /// - Returns: the text with the last byte of its end, and the collector is empty again. Invalid UTF-8 is replaced.
    mutating func add(_ byte: UInt8) -> String? {
        if byte == Self.end[matched] {
            matched += 1
            guard matched == Self.end.count else { return nil }
            defer { self = PasteCollector() }
            return String(decoding: bytes, as: UTF8.self)
        }
        // Of the end only the first byte is an ESC, so after a mismatch nothing but this very byte can begin it anew.
        keep(Self.end[..<matched])
        matched = byte == 0x1B ? 1 : 0
        if matched == 0 { keep([byte]) }
        return nil
    }

    private mutating func keep(_ more: some Collection<UInt8>) {
        bytes.append(contentsOf: more.prefix(Self.maximum - bytes.count))
    }
}
