// SPDX-License-Identifier: Apache-2.0

/// Finds a file's frames by their own marks, where there is no table: it reads the head of each block and nothing in between.
///
/// See RFC 8878, section 3.1.1.
struct FrameWalk {
    struct Frame: Sendable, Hashable {
        var offset: Int
        var length: Int
        /// Whether the file ends within it.
        var isCut = false
    }

    private static let magic: UInt32 = 0xFD2F_B528

    /// The frames from a place on, without skippable ones, up to the end or to what is no frame.
    static func frames(
        in source: some ByteSource, from start: Int = 0
    ) throws(RecordingError) -> (frames: [Frame], foreignAt: Int?) {
        let size = try source.size()
        var frames: [Frame] = []
        var offset = start
        while offset < size {
            let head = try source.read(at: offset, count: 18)
            guard head.count >= 8 else { return (frames, offset) }
            let magic = number(head, 4)
            if magic & 0xFFFF_FFF0 == 0x184D_2A50 {
                offset += 8 + Int(number(Array(head[4...]), 4))
                continue
            }
            guard magic == Self.magic, let header = headerLength(head) else { return (frames, offset) }
            let end = try end(of: source, from: offset + header, size, hasChecksum: head[4] & 4 != 0)
            frames.append(Frame(offset: offset, length: (end ?? size) - offset, isCut: end == nil))
            offset = end ?? size
        }
        return (frames, nil)
    }

    private static func headerLength(_ head: [UInt8]) -> Int? {
        let descriptor = head[4]
        guard descriptor & 0x08 == 0 else { return nil }
        let isSingle = descriptor & 0x20 != 0
        let sizes = [isSingle ? 1 : 0, 2, 4, 8]
        return 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][Int(descriptor & 3)] + sizes[Int(descriptor >> 6)]
    }

    /// Where the blocks end; `nil` = beyond the file.
    private static func end(
        of source: some ByteSource, from start: Int, _ size: Int, hasChecksum: Bool
    ) throws(RecordingError) -> Int? {
        var offset = start
        while true {
            let head = try source.read(at: offset, count: 3)
            guard head.count == 3 else { return nil }
            let word = Int(number(head, 3))
            offset += 3 + (word >> 1 & 3 == 1 ? 1 : word >> 3)
            guard word & 1 == 1 else { continue }
            offset += hasChecksum ? 4 : 0
            return offset <= size ? offset : nil
        }
    }

    private static func number(_ bytes: [UInt8], _ count: Int) -> UInt32 {
        bytes.prefix(count).enumerated().reduce(0) { $0 | UInt32($1.element) << (8 * UInt32($1.offset)) }
    }
}
