// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
package import Fleet

/// Turns facts into the bytes of a recording, segment by segment. What a segment begins with, it is given, and does not know.
package final class SegmentWriter {
    /// A segment ends when it is this old and holds so many times its keyframe, but at the latest at ``maximumAge``.
    static let minimumAge: Milliseconds = 10_000
    static let minimumShare = 4
    static let maximumAge: Milliseconds = 60_000
    /// Wall clocks that were put right by less than this are left as they were.
    static let smallestClockStep: Milliseconds = 20

    /// So many are compressed before there are more.
    private static let manyBytes = 1 << 17

    private let compressor: FrameCompressor
    private var encoder = LineEncoder()
    private(set) var table = SeekTable()
    private var lines: [UInt8] = []
    private var output: [UInt8] = []
    /// The present frame's bytes, as they are and compressed.
    private var frame = (content: 0, compressed: 0)
    private var segment: (start: Milliseconds, keyframe: Int)?
    /// What the monitor's wall clock is ahead of the recording's clock.
    package private(set) var clockOffset: Milliseconds

    package init(_ header: RecordingHeader, clockOffset: Milliseconds = 0) throws(RecordingError) {
        compressor = try FrameCompressor()
        self.clockOffset = clockOffset
        encoder.append(header, to: &lines)
        try endFrame()
    }

    /// Whether what comes at a moment belongs to another segment: then ``beginSegment(with:)`` comes first.
    package func isSegmentDue(at: Milliseconds) -> Bool {
        guard let segment else { return true }
        let age = at.saturatingDifference(segment.start)
        guard age < Self.maximumAge else { return true }
        return age >= Self.minimumAge && frame.content + lines.count >= Self.minimumShare * segment.keyframe
    }

    /// Ends the segment before, and begins another one with all that is known.
    package func beginSegment(with moment: Moment) throws(RecordingError) {
        try endSegment()
        encoder.beginSegment()
        // Not held twice while it is written to.
        var written: [UInt8] = []
        swap(&written, &lines)
        try encoder.append(moment, clockOffset: clockOffset, to: &written) { bytes throws(RecordingError) in
            guard bytes.count >= Self.manyBytes else { return }
            swap(&bytes, &lines)
            try compress(.goOn)
            swap(&bytes, &lines)
        }
        swap(&written, &lines)
        segment = (moment.at, frame.content + lines.count)
    }

    /// Ends the segment that is being written, if there is one.
    package func endSegment() throws(RecordingError) {
        guard segment != nil else { return }
        try endFrame()
        segment = nil
    }

    /// Whether the monitor's wall clock was put right.
    package func isClockOff(by offset: Milliseconds) -> Bool {
        abs(offset.saturatingDifference(clockOffset)) >= Self.smallestClockStep
    }

    /// The wall clock stands elsewhere from a moment on.
    package func setClock(at: Milliseconds, offset: Milliseconds) {
        clockOffset = offset
        encoder.append(clock: TelemetryInstant(t: at.saturatingSum(offset), up: at), to: &lines)
    }

    /// Writes what was observed at a moment of the recording's clock.
    package func append(_ observation: Observation) throws(RecordingError) {
        encoder.append(observation, to: &lines)
        if lines.count >= Self.manyBytes { try compress(.goOn) }
    }

    /// Writes that nothing is written of what was between two moments.
    func appendMissed(from: Milliseconds, to: Milliseconds) { encoder.append(missedFrom: from, to: to, into: &lines) }

    /// Nothing more happened up to a moment.
    package func goOn(to at: Milliseconds) { encoder.append(end: at, to: &lines) }

    /// How many bytes are ready to be written.
    var waiting: Int { output.count }

    /// Makes readable what was written so far.
    package func flush() throws(RecordingError) { try compress(.flush) }

    /// Takes a segment that was written before, perhaps not to its end.
    func append(frame bytes: [UInt8]) throws(RecordingError) {
        let decompressor = try FrameDecompressor()
        decompressor.feed(bytes)
        var isWhole = false
        while !isWhole, !decompressor.isHungry { isWhole = try decompressor.decompress(into: &lines) }
        guard isWhole else { return try endFrame() }
        output += bytes
        table.entries.append(
            SeekTable.Entry(compressed: UInt32(clamping: bytes.count), content: UInt32(clamping: lines.count)))
        lines = []
        hasSealed = true
    }

    /// Ends the file.
    package func end() throws(RecordingError) {
        try endSegment()
        output += table.bytes
    }

    /// Takes the bytes that are ready to be written.
    package func takeOutput() -> [UInt8] {
        defer { (output, hasSealed) = ([], false) }
        return output
    }

    /// Whether a segment ends among the bytes that are ready to be written.
    package private(set) var hasSealed = false

    private func compress(_ step: FrameCompressor.Step) throws(RecordingError) {
        let before = output.count
        try compressor.compress(lines, step, into: &output)
        frame.content += lines.count
        frame.compressed += output.count - before
        lines.removeAll(keepingCapacity: true)
    }

    private func endFrame() throws(RecordingError) {
        try compress(.end)
        table.entries.append(
            SeekTable.Entry(compressed: UInt32(clamping: frame.compressed), content: UInt32(clamping: frame.content)))
        frame = (0, 0)
        hasSealed = true
    }
}
