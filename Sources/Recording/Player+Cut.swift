// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import Fleet

extension Player {
    /// Makes a recording of a stretch of this one. It begins with all that was known then, and plays the same from there.
    ///
    /// - Parameter write: gets bytes to be appended, and whether a segment ends with them.
    package func cut(
        _ span: ClosedRange<Milliseconds>, into write: ([UInt8], Bool) throws(RecordingError) -> Void
    ) throws(RecordingError) {
        try seek(to: span.lowerBound)
        var header = header
        header.started = span.lowerBound
        let writer = try SegmentWriter(header, clockOffset: clockOffset)
        try writer.beginSegment(with: moment)
        while let step = try peek(), step.at <= span.upperBound {
            switch step {
            case .observation(let fact):
                let at = max(moment.at, fact.at.up)
                if writer.isSegmentDue(at: at) {
                    advance(to: at)
                    try writer.beginSegment(with: moment)
                }
                var taken = fact
                taken.at = TelemetryInstant(t: at.saturatingSum(writer.clockOffset), up: at)
                try writer.append(taken)
                takePending()
            case .clock(let now):
                takePending()
                writer.setClock(at: now.up, offset: clockOffset)
            case .keyframe:
                let known = missing.count
                takePending()
                try writer.goOn(with: moment, clockOffset, after: missing.dropFirst(known).first)
            }
            try Self.hand(writer, over: write)
        }
        writer.goOn(to: span.upperBound)
        try writer.end()
        try Self.hand(writer, over: write)
    }

    private static func hand(
        _ writer: SegmentWriter, over write: ([UInt8], Bool) throws(RecordingError) -> Void
    ) throws(RecordingError) {
        guard writer.hasSealed else { return }
        try write(writer.takeOutput(), true)
    }
}

extension SegmentWriter {
    /// After what could not be read another state holds, which no fact told.
    fileprivate func goOn(
        with moment: Moment, _ clockOffset: Milliseconds, after missing: ClosedRange<Milliseconds>?
    ) throws(RecordingError) {
        if let missing { appendMissed(from: missing.lowerBound, to: missing.upperBound) }
        if clockOffset != self.clockOffset { setClock(at: moment.at, offset: clockOffset) }
        try beginSegment(with: moment)
    }
}
