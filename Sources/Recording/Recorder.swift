// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
package import Fleet

/// Turns what a monitor observes into the bytes of a recording. It knows what playing them gives, and does nothing else:
/// who holds it puts the bytes where they belong.
package final class Recorder {
    private let writer: SegmentWriter
    private var moment: Moment
    /// The monitor's clocks as it began.
    private let began: TelemetryInstant
    /// The most bytes that wait to be written: nothing more is recorded while there are as many.
    private let limit: Int
    /// Whether as many wait as may: until they are taken.
    private var isFull = false
    private var missedFrom: Milliseconds?
    /// How many facts were not recorded since too much waited to be written.
    package private(set) var missed = 0

    /// As much as hours of a large fleet come to.
    package static let maximumWaiting = 64 << 20

    /// - Parameters:
    ///   - began: the monitor's clocks now.
    ///   - moment: what is known already, at ``RecordingHeader/started``; `nil` = nothing is.
    package init(
        _ header: RecordingHeader, began: TelemetryInstant, from moment: Moment? = nil,
        limit: Int = Recorder.maximumWaiting
    ) throws(RecordingError) {
        writer = try SegmentWriter(header, clockOffset: moment.map { began.t.saturatingDifference($0.at) } ?? 0)
        self.moment = moment ?? Moment(at: header.started)
        self.began = TelemetryInstant(t: self.moment.at, up: began.up)
        self.limit = limit
    }

    /// One that goes on where another stands, in another file.
    package init(after other: Recorder, _ header: RecordingHeader) throws(RecordingError) {
        writer = try SegmentWriter(header, clockOffset: other.writer.clockOffset)
        (moment, began, limit) = (other.moment, other.began, other.limit)
    }

    /// Records what was observed. While too much waits to be written it is only remembered, for the next keyframe.
    package func record(_ observation: Observation) throws(RecordingError) {
        if writer.waiting >= limit { isFull = true }
        try go(to: observation.at, beginsSegments: !isFull)
        var observation = observation
        observation.at = TelemetryInstant(t: moment.at.saturatingSum(writer.clockOffset), up: moment.at)
        if isFull {
            missedFrom = missedFrom ?? moment.at
            missed += 1
        } else {
            try writer.append(observation)
        }
        moment.apply(observation)
    }

    /// Makes readable what was recorded so far.
    package func flush() throws(RecordingError) { try writer.flush() }

    /// Ends the file.
    package func end() throws(RecordingError) {
        sayWhatIsMissing(until: moment.at)
        try writer.end()
    }

    private func sayWhatIsMissing(until at: Milliseconds) {
        if let missedFrom { writer.appendMissed(from: missedFrom, to: at) }
        missedFrom = nil
    }

    /// Takes the bytes that are ready to be written.
    package func takeOutput() -> [UInt8] {
        isFull = false
        return writer.takeOutput()
    }

    /// Whether a segment ends among the bytes that are ready to be written.
    package var hasSealed: Bool { writer.hasSealed }

    /// The moment of what was recorded last.
    package var now: Moment { moment }

    /// A moment of the monitor's clocks: of its monotonic one, as it would stand in milliseconds since 1970 had nobody ever
    /// put the wall clock right.
    private func go(to instant: TelemetryInstant, beginsSegments: Bool) throws(RecordingError) {
        let at = max(moment.at, began.t.saturatingSum(instant.up.saturatingDifference(began.up)))
        let offset = instant.t.saturatingDifference(at)
        if beginsSegments, missedFrom != nil || writer.isSegmentDue(at: at) {
            moment.advance(to: at, clockOffset: writer.clockOffset)
            sayWhatIsMissing(until: at)
            try writer.beginSegment(with: moment)
        }
        if writer.isClockOff(by: offset) {
            moment.advance(to: at, clockOffset: writer.clockOffset)
            writer.setClock(at: at, offset: offset)
        }
        moment.advance(to: at, clockOffset: writer.clockOffset)
    }
}
