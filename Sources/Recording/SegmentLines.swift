// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The lines of one segment, read and decompressed as they are asked for.
final class SegmentLines {
    private let source: any ByteSource
    private let decompressor: FrameDecompressor
    private var offset: Int
    private let end: Int
    private var buffer: [UInt8] = []
    private var position = 0
    private(set) var isOver = false

    /// What is read of the file in one go.
    private static let chunk = 1 << 16

    init(_ source: any ByteSource, _ frame: FrameWalk.Frame) throws(RecordingError) {
        self.source = source
        decompressor = try FrameDecompressor()
        (offset, end) = (frame.offset, frame.offset + frame.length)
    }

    /// Gives the next line, without its LF, to a body; `nil` when there is none: a last line without its LF is not whole.
    func next<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(RecordingError) -> Swift.Result<Result, Failure>? {
        var searched = position
        while true {
            if let newline = lineFeed(from: searched) {
                defer { position = newline + 1 }
                return buffer.withUnsafeBytes { bytes in
                    let line = UnsafeRawBufferPointer(rebasing: bytes[position..<newline])
                    do throws(Failure) {
                        return .success(try body(line))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            guard !isOver, buffer.count - position <= RecordingLimits.lineBytes else { return nil }
            searched = buffer.count - position
            buffer.removeFirst(position)
            position = 0
            try fill()
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

    private func fill() throws(RecordingError) {
        let bytes = try source.read(at: offset, count: min(Self.chunk, end - offset))
        offset += bytes.count
        guard !bytes.isEmpty else { return isOver = true }
        if try decompressor.decompress(bytes, into: &buffer) { isOver = true }
    }
}
