// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import BreakerWire
package import Fleet

/// Plays a recording: gives what a monitor knew at any moment of it.
///
/// What cannot be read is passed over, and said in ``complaints``. What happened there is not known: what was known before
/// stands until the next segment tells what is.
package final class Player {
    package let header: RecordingHeader
    /// Whether the file ends with its table, as one does that was ended in order.
    package let hasTable: Bool
    private let source: any ByteSource
    private var segments: SegmentIndex
    private var decoder = LineDecoder()
    private var lines: SegmentLines?
    /// The segment that is read.
    private var number = 0
    /// Whether what is known is not what playing all of it would give: the next keyframe is needed.
    private var isLost = true
    private var keyframe: KeyframeReader?
    /// The segments that begin with nothing that one can go on from: they are not tried again.
    private var unusable: Set<Int> = []
    /// Whether only this segment's keyframe is wanted, and not what follows the segment.
    private var staysInSegment = false
    /// What was read already and happens next.
    private var pending: Step?
    /// How far the monitor's wall clock is ahead of the recording's own.
    package private(set) var clockOffset: Milliseconds = 0
    package private(set) var moment: Moment
    /// What could not be read, in words; the first hundred of them.
    package private(set) var complaints: [String] = []
    /// The stretches that were passed over in playing, since nothing of them is there or can be read; the first thousand.
    package private(set) var missing: [ClosedRange<Milliseconds>] = []
    /// The segments of which a line could not be read; only the first one of each is told.
    private var brokenLines: Set<Int> = []

    /// Opens a file; of its content only the first segment's beginning is read, unless it is not compressed.
    package init(_ source: any ByteSource) throws(RecordingError) {
        let contents = try RecordingContents(of: source)
        self.source = source
        (header, hasTable) = (contents.header, contents.hasTable)
        segments = SegmentIndex(source, contents.segments)
        moment = Moment(at: header.started)
        if let damage = contents.damage { complain(damage) }
        guard segments.count > 0 else { return }
        // One that was cut out of another, or goes on with it, begins with what was known.
        try begin(at: 0)
        if case .keyframe(let first, _)? = pending, first.at <= header.started { takePending() }
    }

    /// How many segments there are.
    package var count: Int { segments.count }

    /// When the last fact is: all of the last segment is read for it.
    package func end() throws(RecordingError) -> Milliseconds {
        for index in (0..<segments.count).reversed() {
            if let end = try segments.end(of: index) { return max(header.started, end) }
        }
        return header.started
    }

    private func complain(_ words: String) {
        if complaints.count < 100, !complaints.contains(words) { complaints.append(words) }
    }

    // MARK: - Going about

    /// Goes to a moment, forwards or back.
    package func seek(to at: Milliseconds) throws(RecordingError) {
        guard segments.count > 0 else { return try play(to: at) }
        let target = try segments.last(before: at)
        if at < moment.at || target > number { try begin(at: target) }
        try play(to: at)
    }

    /// Goes on to a moment.
    package func play(to at: Milliseconds) throws(RecordingError) {
        while try next(until: at) != nil {}
    }

    /// Takes the next fact.
    ///
    /// - Returns: `nil` when there is none before that moment or at it; then the moment is reached.
    package func next(until at: Milliseconds) throws(RecordingError) -> Observation? {
        while true {
            guard let step = try peek(), step.at <= at else { break }
            takePending()
            if case .observation(let observation) = step { return observation }
        }
        advance(to: at)
        return nil
    }

    /// What happens next, which stays next until it is taken.
    func peek() throws(RecordingError) -> Step? {
        if pending == nil { pending = try nextStep() }
        return pending
    }

    /// Time goes by, in which nothing happens.
    func advance(to at: Milliseconds) { moment.advance(to: at, clockOffset: clockOffset) }

    /// When what was read last happens; `nil` = nothing was read that has not happened.
    var nextAt: Milliseconds? { pending?.at }

    /// Takes the next fact, whenever it is.
    ///
    /// - Returns: whether there is one.
    func takeNext() throws(RecordingError) -> Bool {
        while true {
            guard let step = try peek() else { return false }
            takePending()
            if case .observation = step { return true }
        }
    }

    /// When the last fact before a moment was; `nil` = there is none.
    func lastFact(before at: Milliseconds) throws(RecordingError) -> Milliseconds? {
        guard segments.count > 0 else { return nil }
        for index in stride(from: try segments.last(before: at.saturatingDifference(1)), through: 0, by: -1) {
            if let found = try segments.lastFact(before: at, in: index) { return found }
        }
        return nil
    }

    /// The first moment of which something is known.
    func beginning() throws(RecordingError) -> Milliseconds {
        guard segments.count > 0, let start = try segments.start(of: 0) else { return header.started }
        return max(header.started, start)
    }

    /// Each segment's place in the file.
    var frames: [FrameWalk.Frame] { (0..<segments.count).map { segments[$0] } }

    /// Stands before a segment, with what it begins with at hand; where that cannot be read, before an earlier one.
    private func begin(at target: Int) throws(RecordingError) {
        for first in (0...target).reversed() where first == 0 || !unusable.contains(first) {
            moment = Moment(at: header.started)
            try enter(first)
            isLost = true
            staysInSegment = first > 0
            defer { staysInSegment = false }
            pending = try nextStep()
            if case .keyframe? = pending { return }
            unusable.insert(first)
        }
    }

    func takePending() {
        switch pending {
        case nil: break
        case .observation(let observation):
            clockOffset = observation.at.t.saturatingDifference(observation.at.up)
            moment.apply(observation)
        case .clock(let now):
            moment.advance(to: now.up, clockOffset: clockOffset)
            clockOffset = now.t.saturatingDifference(now.up)
        case .keyframe(let moment, let offset):
            // Before its first fact nothing is missing.
            let isFirst = self.moment.fleet.sources.isEmpty && self.moment.fleet.events.total == 0
            if !isFirst, missing.count < 1_000 { missing.append(self.moment.at...max(self.moment.at, moment.at)) }
            (self.moment, clockOffset) = (moment, offset)
        }
        pending = nil
    }

    // MARK: - Reading

    /// What happens at a moment.
    enum Step {
        case observation(Observation)
        case clock(TelemetryInstant)
        /// All that is known then, instead of what was known before.
        case keyframe(Moment, clockOffset: Milliseconds)

        var at: Milliseconds {
            switch self {
            case .observation(let observation): observation.at.up
            case .clock(let now): now.up
            case .keyframe(let moment, _): moment.at
            }
        }
    }

    private func nextStep() throws(RecordingError) -> Step? {
        while let line = try nextLine() {
            switch line {
            case .observation(let observation): return .observation(observation)
            case .clock(let now): return .clock(now)
            case .missed: isLost = true
            case .keyframe(let now):
                keyframe = isLost ? KeyframeReader(at: now) : nil
                decoder.passesMemoriesOver = !isLost
            case .told(let source, let message): keyframe?.take(source, message)
            case .memory(let source, let what, let memento): keyframe?.take(source, what, memento)
            case .keyframeEnd: if let step = endKeyframe() { return step }
            case .header, .unknown: break
            }
        }
        return nil
    }

    private func endKeyframe() -> Step? {
        guard let reader = keyframe else { return nil }
        (keyframe, isLost, decoder.passesMemoriesOver) = (nil, false, true)
        if let order = decoder.memoryOrder, order != Memento.version {
            complain(
                "another version of this program wrote down what it remembered, in order \(order) instead of \(Memento.version):"
                    + " wherever you go to, the past is as short as for who has just connected")
        }
        let (moment, complaint) = reader.moment(remembers: decoder.memoryOrder == Memento.version)
        if let complaint {
            complain("what segment \(number + 1) begins with cannot all be used, so the past is shorter: \(complaint)")
        }
        return .keyframe(moment, clockOffset: reader.clockOffset)
    }

    private func nextLine() throws(RecordingError) -> RecordedLine? {
        while let lines {
            do {
                switch try lines.next({ line throws(WireError) in try decoder.decode(line).1 }) {
                case .success(let line): return line
                case .failure(let error):
                    if brokenLines.insert(number).inserted {
                        complain("a line of segment \(number + 1) cannot be read: \(error)")
                    }
                    keyframe?.isBroken("a line cannot be read")
                case nil: try goOn()
                }
            } catch {
                guard error.code == .damaged else { throw error }
                complain("segment \(number + 1) cannot be read: \(error)")
                isLost = true
                try goOn()
            }
        }
        return nil
    }

    private func goOn() throws(RecordingError) {
        keyframe = nil
        if number + 1 < segments.count, !staysInSegment { try enter(number + 1) } else { lines = nil }
    }

    private func enter(_ segment: Int) throws(RecordingError) {
        number = segment
        lines = try SegmentLines(source, segments[segment])
        (pending, keyframe) = (nil, nil)
    }
}
