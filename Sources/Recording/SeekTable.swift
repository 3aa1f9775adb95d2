// SPDX-License-Identifier: Apache-2.0

/// Where a file's frames are: the seekable format's table, a skippable frame at the file's end that other tools pass over.
///
/// See `contrib/seekable_format/zstd_seekable_compression_format.md` of zstd.
struct SeekTable: Sendable, Hashable {
    struct Entry: Sendable, Hashable {
        /// The frame's bytes in the file.
        var compressed: UInt32
        /// The bytes of its content.
        var content: UInt32
    }

    var entries: [Entry] = []

    /// The first bytes of a skippable frame, of which there are sixteen kinds.
    static let skippableMagic: UInt32 = 0x184D_2A5E
    private static let magic: UInt32 = 0x8F92_EAB1
    static let footerLength = 9
    static let headerLength = 8
    static let maximumFrames = 0x800_0000

    var length: Int { Self.headerLength + 8 * entries.count + Self.footerLength }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length)
        func append(_ number: UInt32) { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
        append(Self.skippableMagic)
        append(UInt32(length - Self.headerLength))
        for entry in entries {
            append(entry.compressed)
            append(entry.content)
        }
        append(UInt32(entries.count))
        bytes.append(0)
        append(Self.magic)
        return bytes
    }

    /// How long the table is whose footer this is; `nil` = it is none that can be read.
    static func length(footer: [UInt8]) -> Int? {
        guard footer.count == footerLength, number(footer, 5) == magic, footer[4] & 0x7C == 0 else { return nil }
        let count = Int(number(footer, 0))
        guard count <= maximumFrames else { return nil }
        return headerLength + count * entryLength(footer[4]) + footerLength
    }

    /// Reads a table; `nil` = it contradicts itself.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.headerLength + Self.footerLength else { return nil }
        let footer = Array(bytes.suffix(Self.footerLength))
        guard Self.length(footer: footer) == bytes.count, Self.number(bytes, 0) == Self.skippableMagic,
            Int(Self.number(bytes, 4)) == bytes.count - Self.headerLength
        else { return nil }
        let length = Self.entryLength(footer[4])
        for index in 0..<Int(Self.number(footer, 0)) {
            let start = Self.headerLength + index * length
            entries.append(Entry(compressed: Self.number(bytes, start), content: Self.number(bytes, start + 4)))
        }
    }

    init() {}

    /// Eight bytes, and four more with a checksum of the content, which each of our frames has in itself.
    private static func entryLength(_ descriptor: UInt8) -> Int { descriptor & 0x80 == 0 ? 8 : 12 }

    private static func number(_ bytes: [UInt8], _ start: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
    }
}
