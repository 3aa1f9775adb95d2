// SPDX-License-Identifier: Apache-2.0

/// Finds a file's frames by their own marks, where there is no table: it reads the head of each block, and few bytes in between.
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
    /// What is read of the file in one go: blocks of a quiet second are shorter, and several heads are in it.
    private static let windowLength = 1 << 13

    /// The most that is read in one go where frames are searched for.
    private static let longestPiece = 1 << 20

    /// A piece of the file that was read.
    private struct Window {
        var start = 0
        var bytes: [UInt8] = []

        var end: Int { start + bytes.count }

        func holds(_ offset: Int, _ count: Int) -> Bool { offset >= start && offset + count <= end }
    }

    private let source: any ByteSource
    private let size: Int
    private var window = Window()
    private var searched = Window()
    /// How many more blocks are followed to where no frame ends: in a file that is made to look like frames everywhere, each
    /// may lead through all of it. Then frames are told by their marks alone.
    private var patience = 1 << 18

    /// The frames of a file, without skippable ones. What is between two of them and none itself counts as one: it cannot be
    /// read, which whoever reads it will notice.
    static func frames(in source: any ByteSource) throws(RecordingError) -> [Frame] {
        var walk = FrameWalk(source, size: try source.size())
        return try walk.frames()
    }

    private init(_ source: any ByteSource, size: Int) { (self.source, self.size) = (source, size) }

    private mutating func frames() throws(RecordingError) -> [Frame] {
        var frames: [Frame] = []
        var offset = 0
        // Less than that is the rest of a file that was cut there.
        while offset + 8 <= size {
            if try isSkippable(at: offset) {
                offset += 8 + Int(try number(at: offset + 4, bytes: 4))
                continue
            }
            let (isFrame, patienceBefore) = (try isFrame(at: offset), patience)
            var end = isFrame ? try end(ofFrameAt: offset) : nil
            // A wrong length leads anywhere, also past frames that are whole.
            if try isBegin(at: end) {
                patience = patienceBefore
            } else {
                let isStart = frames.isEmpty && !isFrame
                let next = try search(from: offset + 4, to: isStart ? min(size, Self.searchedAtStart) : size)
                if isStart, next == nil { break }
                end = next.map { next in min(next, end ?? next) } ?? end
            }
            frames.append(Frame(offset: offset, length: (end ?? size) - offset, isCut: end == nil))
            offset = end ?? size
        }
        return frames
    }

    // MARK: - Heads

    private mutating func isSkippable(at offset: Int) throws(RecordingError) -> Bool {
        try number(at: offset, bytes: 4) & 0xFFFF_FFF0 == 0x184D_2A50
    }

    private mutating func isFrame(at offset: Int) throws(RecordingError) -> Bool {
        let (magic, descriptor) = (try number(at: offset, bytes: 4), try number(at: offset + 4, bytes: 1))
        return magic == 0xFD2F_B528 && descriptor & 0x08 == 0
    }

    /// Whether something begins at a place that may be there.
    private mutating func isBegin(at offset: Int?) throws(RecordingError) -> Bool {
        guard let offset else { return false }
        if offset + 8 > size { return true }
        if try isFrame(at: offset) { return true }
        return try isSkippable(at: offset)
    }

    /// Where a frame's blocks end; `nil` = beyond the file, or further than there is patience.
    private mutating func end(ofFrameAt start: Int) throws(RecordingError) -> Int? {
        let descriptor = Int(try number(at: start + 4, bytes: 1))
        let isSingle = descriptor & 0x20 != 0
        let sizes = [isSingle ? 1 : 0, 2, 4, 8]
        var offset = start + 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3] + sizes[descriptor >> 6]
        while offset + 3 <= size, patience > 0 {
            patience -= 1
            let word = Int(try number(at: offset, bytes: 3))
            offset += 3 + (word >> 1 & 3 == 1 ? 1 : word >> 3)
            guard word & 1 == 1 else { continue }
            offset += descriptor & 4 != 0 ? 4 : 0
            return offset <= size ? offset : nil
        }
        return nil
    }

    /// A number of up to four bytes, the lowest first; bytes beyond the file are 0.
    private mutating func number(at offset: Int, bytes count: Int) throws(RecordingError) -> UInt32 {
        if !window.holds(offset, count) {
            window = Window(start: offset, bytes: try source.read(at: offset, count: Self.windowLength))
        }
        var number: UInt32 = 0
        for index in 0..<count {
            let place = offset - window.start + index
            if place < window.bytes.count { number |= UInt32(window.bytes[place]) << (8 * UInt32(index)) }
        }
        return number
    }

    // MARK: - Searching

    /// Where the next frame's mark is. What was read for the search before is searched first, then growing pieces: the next
    /// mark may be near.
    private mutating func search(from start: Int, to end: Int) throws(RecordingError) -> Int? {
        var (offset, length) = (start, Self.windowLength)
        while offset + Self.magic.count <= end {
            if !searched.holds(offset, Self.magic.count) {
                searched = Window(start: offset, bytes: try source.read(at: offset, count: length))
                guard searched.holds(offset, Self.magic.count) else { return nil }
                length = min(2 * length, Self.longestPiece)
            }
            let found = searched.bytes.withUnsafeBytes { bytes in
                UnsafeRawBufferPointer(rebasing: bytes[(offset - searched.start)...]).firstOffset(of: Self.magic)
            }
            if let found { return offset + found + Self.magic.count <= end ? offset + found : nil }
            offset = searched.end - Self.magic.count + 1
        }
        return nil
    }
}
