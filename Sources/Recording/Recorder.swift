// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
package import Fleet

/// Turns what a monitor observes into the bytes of a recording, segment by segment. It does nothing else: who holds it puts
/// the bytes where they belong.
package final class Recorder {
    /// A segment ends when it is this old and holds so many times its keyframe, but at the latest at ``maximumAge``.
    static let minimumAge: Milliseconds = 10_000
    static let minimumShare = 4
    static let maximumAge: Milliseconds = 60_000
    /// Wall clocks that were put right by less than this are left as they were.
    static let smallestClockStep: Milliseconds = 20

    private let compressor: FrameCompressor
    private var encoder = LineEncoder()
    private var table = SeekTable()
    private var moment: Moment
    private var lines: [UInt8] = []
    private var output: [UInt8] = []
    /// The present frame's bytes, as they are and compressed.
    private var frame = (content: 0, compressed: 0)
    private var segment: (start: Milliseconds, keyframe: Int)?
    /// The monitor's clocks as it began.
    private let began: TelemetryInstant
    private var clockOffset: Milliseconds = 0

    /// - Parameter began: the monitor's clocks now.
    package init(_ header: RecordingHeader, began: TelemetryInstant) throws(RecordingError) {
        compressor = try FrameCompressor()
        self.began = began
        moment = Moment(at: header.started)
        encoder.append(header, to: &lines)
        try endFrame()
    }

    /// Records what was observed.
    package func record(_ observation: Observation) throws(RecordingError) {
        try go(to: observation.at)
        var observation = observation
        observation.at = TelemetryInstant(t: moment.at + clockOffset, up: moment.at)
        encoder.append(observation, to: &lines)
        moment.apply(observation)
        if lines.count >= 1 << 17 { try compress(.goOn) }
    }

    /// Makes readable what was recorded so far.
    package func flush() throws(RecordingError) { try compress(.flush) }

    /// Ends the file.
    package func end() throws(RecordingError) {
        try endFrame()
        output += table.bytes
    }

    /// Takes the bytes that are ready to be written.
    package func takeOutput() -> [UInt8] {
        defer { (output, hasSealed) = ([], false) }
        return output
    }

    /// Whether a segment ends among the bytes that are ready to be written.
    package private(set) var hasSealed = false

    /// The moment of what was recorded last.
    package var now: Moment { moment }

    /// A moment of the monitor's clocks: of its monotonic one, as it would stand in milliseconds since 1970 had nobody ever
    /// put the wall clock right.
    private func go(to instant: TelemetryInstant) throws(RecordingError) {
        let at = max(moment.at, began.t.saturatingSum(instant.up.saturatingDifference(began.up)))
        let offset = instant.t.saturatingDifference(at)
        if segment.map({ isOver($0.start, $0.keyframe, at) }) ?? true { try beginSegment(at) }
        if abs(offset - clockOffset) >= Self.smallestClockStep {
            moment.advance(to: at, clockOffset: clockOffset)
            clockOffset = offset
            encoder.append(clock: TelemetryInstant(t: at + offset, up: at), to: &lines)
        }
        moment.advance(to: at, clockOffset: clockOffset)
    }

    private func isOver(_ start: Milliseconds, _ keyframe: Int, _ at: Milliseconds) -> Bool {
        let age = at - start
        guard age < Self.maximumAge else { return true }
        return age >= Self.minimumAge && frame.content + lines.count >= Self.minimumShare * keyframe
    }

    private func beginSegment(_ at: Milliseconds) throws(RecordingError) {
        if segment != nil { try endFrame() }
        moment.advance(to: at, clockOffset: clockOffset)
        encoder.beginSegment()
        encoder.append(moment, clockOffset: clockOffset, to: &lines)
        segment = (at, lines.count)
    }

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
