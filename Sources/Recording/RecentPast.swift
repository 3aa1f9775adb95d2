// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
package import Fleet

/// The last stretch of what a monitor observed, in memory: the segments of a recording, of which the oldest go.
package struct RecentPast: ~Copyable {
    package struct Limits: Sendable, Hashable {
        /// The longest time that is kept.
        package var age: Milliseconds = 1_800_000
        /// The most bytes that are kept, compressed.
        package var bytes = 64 << 20

        package init(age: Milliseconds = 1_800_000, bytes: Int = 64 << 20) { (self.age, self.bytes) = (age, bytes) }
    }

    private struct Segment {
        var start: Milliseconds
        var bytes: [UInt8]
    }

    private let limits: Limits
    private let header: RecordingHeader
    private let head: [UInt8]
    private let writer: SegmentWriter
    /// Oldest first; the last one is being written.
    private var segments: [Segment] = []
    private var size = 0
    private var log = TransitionLog()
    /// When the last fact was.
    package private(set) var end: Milliseconds
    private var copy: Copy?

    /// What goes into a file as well.
    private struct Copy {
        /// Where the file's frames are so far.
        var table: SeekTable
        /// What was not taken yet.
        var bytes: [UInt8]
        /// Whether a segment ends among these.
        var isSealed = false
        /// Whether it ends with this segment, and did.
        var isEnding = false
        var isOver = false
    }

    package init(_ header: RecordingHeader, limits: Limits = Limits()) throws(RecordingError) {
        self.header = header
        self.limits = limits
        writer = try SegmentWriter(header)
        head = writer.takeOutput()
        end = header.started
    }

    /// Whether what comes at a moment needs all that is known by then before it.
    package func isSegmentDue(at: Milliseconds) -> Bool {
        // A segment goes as a whole: of few nothing would be left when one is too much.
        writer.isSegmentDue(at: at) || (segments.last?.bytes.count ?? 0) > limits.bytes / 4
    }

    /// Begins another segment with all that is known.
    ///
    /// - Parameter missedSince: since when what came was not kept; `nil` = nothing is missing.
    package mutating func beginSegment(
        with moment: Moment, clockOffset: Milliseconds, missedSince: Milliseconds? = nil
    ) throws(RecordingError) {
        if let missedSince, !segments.isEmpty { writer.appendMissed(from: missedSince, to: moment.at) }
        if writer.isClockOff(by: clockOffset) { writer.setClock(at: moment.at, offset: clockOffset) }
        if segments.isEmpty || missedSince != nil {
            for instance in moment.fleet.instances.values { remember(instance) }
        }
        try writer.endSegment()
        take(writer.takeOutput())
        if !segments.isEmpty { sealCopy() }
        segments.append(Segment(start: moment.at, bytes: []))
        try writer.beginSegment(with: moment)
        end = max(end, moment.at)
        try flush()
        forget()
    }

    /// What came while nothing was kept is known by name.
    private mutating func remember(_ instance: Instance) {
        log.greet(instance.source, instance.identity, nil)
        for circuit in instance.circuits.values { log.name(circuit.value.description, of: instance.source) }
    }

    /// Lets go of all of it; what comes needs another segment.
    package mutating func clear() {
        (segments, size, log, copy) = ([], 0, TransitionLog(), nil)
    }

    /// Takes what was observed.
    package mutating func append(_ observation: Observation) throws(RecordingError) {
        guard !segments.isEmpty else { return }
        // What waited for its turn happened when it had it.
        let (at, offset) = (max(end, observation.at.up), observation.at.t.saturatingDifference(observation.at.up))
        var observation = observation
        observation.at = TelemetryInstant(t: at.saturatingSum(offset), up: at)
        if writer.isClockOff(by: offset) { writer.setClock(at: at, offset: offset) }
        end = at
        log.take(observation)
        try writer.append(observation)
    }

    /// Makes readable what came so far.
    package mutating func flush() throws(RecordingError) {
        try writer.flush()
        take(writer.takeOutput())
    }

    private mutating func take(_ bytes: [UInt8]) {
        guard !segments.isEmpty else { return }
        segments[segments.count - 1].bytes += bytes
        size += bytes.count
        if copy?.isOver == false { copy?.bytes += bytes }
    }

    /// Lets go of what is too old, or too much; the segment that is being written stays.
    private mutating func forget() {
        while segments.count > 1, size > limits.bytes || segments[1].start < end.saturatingDifference(limits.age) {
            size -= segments.removeFirst().bytes.count
        }
        log.forget(before: segments.first?.start ?? end)
    }

    // MARK: - Into a file

    /// From now on all goes into a file as well, from the beginning of the segment that is being written.
    package mutating func beginCopy() throws(RecordingError) {
        guard let segment = segments.last else { return }
        var header = header
        header.started = segment.start
        let writer = try SegmentWriter(header)
        copy = Copy(table: writer.table, bytes: writer.takeOutput() + segment.bytes)
    }

    /// The file ends with the segment that is being written: one that was ended in order has whole segments only.
    package mutating func endCopyWithSegment() { copy?.isEnding = true }

    /// The bytes for the file that were not taken yet, whether a segment ends among them, and whether they are the last;
    /// `nil` = there is no file.
    package mutating func takeCopy() -> (bytes: [UInt8], isSealed: Bool, isLast: Bool)? {
        guard let taken = copy else { return nil }
        var rest = taken
        (rest.bytes, rest.isSealed) = ([], false)
        copy = taken.isOver ? nil : rest
        return (taken.bytes, taken.isSealed, taken.isOver)
    }

    package mutating func dropCopy() { copy = nil }

    private mutating func sealCopy() {
        guard var copy, let entry = writer.table.entries.last, !copy.isOver else { return }
        copy.table.entries.append(entry)
        copy.isSealed = true
        if copy.isEnding {
            copy.bytes += copy.table.bytes
            copy.isOver = true
        }
        self.copy = copy
    }

    // MARK: - Reading

    package var chronology: Chronology {
        let start = segments.first?.start ?? end
        let isComplete = log.droppedUntil.map { $0 < start } ?? true
        return Chronology(range: start...max(start, end), transitions: log.all, isComplete: isComplete)
    }

    /// All that is kept, as the bytes of a recording that was not ended.
    package var bytes: ByteChunks { ByteChunks([head] + segments.map(\.bytes)) }

    /// The whole segments that have any of this time.
    package func stretch(of range: ClosedRange<Milliseconds>) -> Stretch {
        let first = max(0, segments.partitioningIndex { $0.start > range.lowerBound } - 1)
        let last = segments.partitioningIndex { $0.start > range.upperBound }
        var header = header
        header.started = segments.indices.contains(first) ? segments[first].start : header.started
        return Stretch(header: header, segments: segments[min(first, last)..<last].map(\.bytes))
    }

    /// A part of it, which stays as it is.
    package struct Stretch: Sendable {
        fileprivate let header: RecordingHeader
        fileprivate let segments: [[UInt8]]

        /// A recording of its own, in pieces.
        package func recording() throws(RecordingError) -> [[UInt8]] {
            let writer = try SegmentWriter(header)
            var pieces = [writer.takeOutput()]
            for segment in segments {
                try writer.append(frame: segment)
                pieces.append(writer.takeOutput())
            }
            try writer.end()
            return pieces + [writer.takeOutput()]
        }
    }
}

/// Bytes in several pieces, read like one.
package struct ByteChunks: ByteSource, Sendable {
    private let chunks: [[UInt8]]
    /// Where each begins, and where the last ends.
    private let starts: [Int]

    init(_ chunks: [[UInt8]]) {
        self.chunks = chunks
        starts = chunks.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
    }

    package func size() -> Int { starts.last ?? 0 }

    package func read(at offset: Int, count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var place = min(max(0, offset), size())
        let end = place + min(max(0, count), size() - place)
        var index = max(0, starts.partitioningIndex { $0 > place } - 1)
        while place < end, chunks.indices.contains(index) {
            let upper = min(end, starts[index + 1])
            bytes += chunks[index][(place - starts[index])..<(upper - starts[index])]
            place = upper
            index += 1
        }
        return bytes
    }
}
