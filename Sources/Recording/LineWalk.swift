// SPDX-License-Identifier: Apache-2.0

import BreakerWire

/// Finds the segments of a recording that is not compressed: each begins with a keyframe. All of it is read for that.
struct LineWalk {
    /// What stands before the first keyframe, then a segment for each.
    static func frames(in source: some ByteSource) throws(RecordingError) -> [FrameWalk.Frame] {
        let size = try source.size()
        let lines = try SegmentLines(source, FrameWalk.Frame(offset: 0, length: size, isPlain: true))
        var starts = [0]
        while let found = try lines.next({ line throws(WireError) in try beginsKeyframe(line) }) {
            if case .success(true) = found, lines.lineStart > 0 { starts.append(lines.lineStart) }
        }
        return zip(starts, starts.dropFirst() + [size]).map { start, end in
            FrameWalk.Frame(offset: start, length: end - start, isPlain: true)
        }
    }

    /// Whether a file may be such a recording.
    static func isPlain(_ source: some ByteSource) throws(RecordingError) -> Bool {
        try source.read(at: 0, count: 1) == [UInt8(ascii: "{")]
    }

    private static func beginsKeyframe(_ line: UnsafeRawBufferPointer) throws(WireError) -> Bool {
        let beginning = UnsafeRawBufferPointer(rebasing: line.prefix(100))
        guard beginning.firstOffset(of: Array("\"keyframe\"".utf8)) != nil else { return false }
        var reader = try JSONReader(line, limit: RecordingLimits.lineBytes)
        try reader.open("{")
        while let key = try reader.nextKey() {
            if reader.matches(key, "keyframe") { return reader.peek() == UInt8(ascii: "{") }
            try reader.skipValue()
        }
        return false
    }
}
