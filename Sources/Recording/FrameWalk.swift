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
        /// Whether its lines are not compressed.
        var isPlain = false
    }

    static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
    /// Where a file does not begin with a frame, one is searched for in so many bytes.
    private static let searchedAtStart = 1 << 20

    /// The frames from a place on, without skippable ones. What is between two of them and none itself counts as one: it
    /// cannot be read, which whoever reads it will notice.
    static func frames(in source: some ByteSource, from start: Int = 0) throws(RecordingError) -> [Frame] {
        let size = try source.size()
        var frames: [Frame] = []
        var offset = start
        while offset < size {
            let head = try source.read(at: offset, count: 18)
            // The rest of a file that was cut there.
            guard head.count >= 8 else { break }
            if isSkippable(head) {
                offset += 8 + Int(number(Array(head[4...]), 4))
                continue
            }
            var end = isFrame(head) ? try end(of: source, from: offset, head, size) : nil
            let isTrusted = try end.map { end throws(RecordingError) in try isBegin(of: source, end, size) } ?? false
            if !isTrusted {
                // A wrong length leads anywhere, also past frames that are whole.
                let isStart = frames.isEmpty && !isFrame(head)
                let limit = isStart ? min(size, offset + Self.searchedAtStart) : size
                let next = try search(source, from: offset + 4, to: limit)
                if isStart, next == nil { break }
                end = next.map { next in min(next, end ?? next) } ?? end
            }
            frames.append(Frame(offset: offset, length: (end ?? size) - offset, isCut: end == nil))
            offset = end ?? size
        }
        return frames
    }

    private static func isSkippable(_ head: [UInt8]) -> Bool { number(head, 4) & 0xFFFF_FFF0 == 0x184D_2A50 }

    private static func isFrame(_ head: [UInt8]) -> Bool { head.starts(with: magic) && head[4] & 0x08 == 0 }

    /// Whether something begins at a place that may be there.
    private static func isBegin(of source: some ByteSource, _ offset: Int, _ size: Int) throws(RecordingError) -> Bool {
        let head = try source.read(at: offset, count: 8)
        return head.count < 8 || isSkippable(head) || isFrame(head)
    }

    private static func headerLength(_ head: [UInt8]) -> Int {
        let descriptor = head[4]
        let isSingle = descriptor & 0x20 != 0
        let sizes = [isSingle ? 1 : 0, 2, 4, 8]
        return 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][Int(descriptor & 3)] + sizes[Int(descriptor >> 6)]
    }

    /// Where a frame's blocks end; `nil` = beyond the file.
    private static func end(
        of source: some ByteSource, from start: Int, _ head: [UInt8], _ size: Int
    ) throws(RecordingError) -> Int? {
        var offset = start + headerLength(head)
        while true {
            let block = try source.read(at: offset, count: 3)
            guard block.count == 3 else { return nil }
            let word = Int(number(block, 3))
            offset += 3 + (word >> 1 & 3 == 1 ? 1 : word >> 3)
            guard word & 1 == 1 else { continue }
            offset += head[4] & 4 != 0 ? 4 : 0
            return offset <= size ? offset : nil
        }
    }

    /// Where the next frame's mark is.
    private static func search(
        _ source: some ByteSource, from start: Int, to end: Int
    ) throws(RecordingError) -> Int? {
        var offset = start
        while offset + magic.count <= end {
            let bytes = try source.read(at: offset, count: min(1 << 20, end - offset))
            guard bytes.count >= magic.count else { return nil }
            let found = bytes.withUnsafeBytes { $0.firstOffset(of: magic) }
            if let found { return offset + found }
            offset += bytes.count - magic.count + 1
        }
        return nil
    }

    private static func number(_ bytes: [UInt8], _ count: Int) -> UInt32 {
        bytes.prefix(count).enumerated().reduce(0) { $0 | UInt32($1.element) << (8 * UInt32($1.offset)) }
    }
}
