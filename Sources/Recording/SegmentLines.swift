// SPDX-License-Identifier: Apache-2.0

import BreakerWire
import Glibc

/// The lines of one segment, read and decompressed as they are asked for.
final class SegmentLines {
    private let source: any ByteSource
    /// `nil` = the lines stand there as they are.
    private let decompressor: FrameDecompressor?
    private var offset: Int
    private let end: Int
    private let isCut: Bool
    private var buffer: [UInt8] = []
    private var position = 0
    /// How much of the content went through ``buffer`` and is gone.
    private var passed = 0
    /// Whether the beginning of the present line was dropped, since the whole is too long.
    private var isPassingOver = false
    private var isOver = false
    /// Where in the content the line begins that was given last.
    private(set) var lineStart = 0

    /// What is read of the file in one go.
    private static let chunk = 1 << 16

    init(_ source: any ByteSource, _ frame: FrameWalk.Frame) throws(RecordingError) {
        self.source = source
        decompressor = frame.isPlain ? nil : try FrameDecompressor()
        (offset, end, isCut) = (frame.offset, frame.offset + frame.length, frame.isCut || frame.isPlain)
    }

    /// Gives the next line, without its LF, to a body; `nil` when there is none: a last line without its LF is not whole.
    ///
    /// - Throws: ``RecordingError/Code/damaged`` where the rest cannot be read. A line that is too long is a failure of its own.
    func next<Result>(
        _ body: (UnsafeRawBufferPointer) throws(WireError) -> Result
    ) throws(RecordingError) -> Swift.Result<Result, WireError>? {
        var searched = position
        while true {
            if let newline = lineFeed(from: searched) { return take(upTo: newline, body) }
            guard !isOver else { return nil }
            drop(position)
            if isPassingOver || buffer.count > RecordingLimits.lineBytes {
                isPassingOver = true
                drop(buffer.count)
            }
            searched = buffer.count
            try fill()
        }
    }

    private func take<Result>(
        upTo newline: Int, _ body: (UnsafeRawBufferPointer) throws(WireError) -> Result
    ) -> Swift.Result<Result, WireError> {
        defer { (position, isPassingOver) = (newline + 1, false) }
        lineStart = passed + position
        if isPassingOver {
            return .failure(WireError(.lineTooLong, "the line has more than \(RecordingLimits.lineBytes) bytes"))
        }
        return buffer.withUnsafeBytes { bytes in
            do throws(WireError) {
                return .success(try body(UnsafeRawBufferPointer(rebasing: bytes[position..<newline])))
            } catch {
                return .failure(error)
            }
        }
    }

    private func lineFeed(from start: Int) -> Int? {
        buffer.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let found = memchr(base + start, 0x0A, bytes.count - start) else {
                return nil
            }
            return UnsafeRawPointer(found) - base
        }
    }

    private func drop(_ count: Int) {
        buffer.removeFirst(count)
        passed += count
        position = 0
    }

    private func fill() throws(RecordingError) {
        guard let decompressor else {
            let bytes = try read()
            isOver = bytes.isEmpty
            return buffer += bytes
        }
        if decompressor.isHungry {
            let bytes = try read()
            guard !bytes.isEmpty else {
                isOver = true
                guard isCut else { throw RecordingError(.damaged, "it ends too soon") }
                return
            }
            decompressor.feed(bytes)
        }
        if try decompressor.decompress(into: &buffer) { isOver = true }
    }

    private func read() throws(RecordingError) -> [UInt8] {
        let bytes = try source.read(at: offset, count: min(Self.chunk, end - offset))
        offset += bytes.count
        return bytes
    }
}
