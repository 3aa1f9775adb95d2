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

    /// - Parameters:
    ///   - began: the monitor's clocks now.
    ///   - moment: what is known already, at ``RecordingHeader/started``; `nil` = nothing is.
    package init(
        _ header: RecordingHeader, began: TelemetryInstant, from moment: Moment? = nil
    ) throws(RecordingError) {
        writer = try SegmentWriter(header, clockOffset: moment.map { began.t.saturatingDifference($0.at) } ?? 0)
        self.moment = moment ?? Moment(at: header.started)
        self.began = TelemetryInstant(t: self.moment.at, up: began.up)
    }

    /// Records what was observed.
    package func record(_ observation: Observation) throws(RecordingError) {
        try go(to: observation.at)
        var observation = observation
        observation.at = TelemetryInstant(t: moment.at.saturatingSum(writer.clockOffset), up: moment.at)
        try writer.append(observation)
        moment.apply(observation)
    }

    /// Makes readable what was recorded so far.
    package func flush() throws(RecordingError) { try writer.flush() }

    /// Ends the file.
    package func end() throws(RecordingError) { try writer.end() }

    /// Takes the bytes that are ready to be written.
    package func takeOutput() -> [UInt8] { writer.takeOutput() }

    /// Whether a segment ends among the bytes that are ready to be written.
    package var hasSealed: Bool { writer.hasSealed }

    /// The moment of what was recorded last.
    package var now: Moment { moment }

    /// A moment of the monitor's clocks: of its monotonic one, as it would stand in milliseconds since 1970 had nobody ever
    /// put the wall clock right.
    private func go(to instant: TelemetryInstant) throws(RecordingError) {
        let at = max(moment.at, began.t.saturatingSum(instant.up.saturatingDifference(began.up)))
        let offset = instant.t.saturatingDifference(at)
        if writer.isSegmentDue(at: at) {
            moment.advance(to: at, clockOffset: writer.clockOffset)
            try writer.beginSegment(with: moment)
        }
        if writer.isClockOff(by: offset) {
            moment.advance(to: at, clockOffset: writer.clockOffset)
            writer.setClock(at: at, offset: offset)
        }
        moment.advance(to: at, clockOffset: writer.clockOffset)
    }
}
