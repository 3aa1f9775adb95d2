// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import BreakerWire
package import Fleet

/// Plays a recording: gives what a monitor knew at any moment of it.
package final class Player {
    private struct Segment {
        var frame: FrameWalk.Frame
        /// When it begins, once that was read.
        var start: Milliseconds?
    }

    package let header: RecordingHeader
    /// Whether the file ends with its table, as one does that was ended in order.
    package let hasTable: Bool
    private let source: any ByteSource
    private var segments: [Segment]
    private var decoder: LineDecoder
    private var lines: SegmentLines?
    /// The segment that is played.
    private var number = 0
    private var pending: Observation?
    private var clockOffset: Milliseconds = 0
    package private(set) var moment: Moment
    /// What could not be read, in words; the first hundred of them.
    package private(set) var complaints: [String] = []

    /// Opens a file; of its content only the first segment's beginning is read.
    package init(_ source: any ByteSource) throws(RecordingError) {
        self.source = source
        let (frames, hasTable) = try Self.frames(of: source)
        self.hasTable = hasTable
        guard let first = frames.first else { throw RecordingError(.foreign, "it is not a recording") }
        let head = try SegmentLines(source, first)
        var decoder = LineDecoder()
        decoder.passesMemoriesOver = true
        self.decoder = decoder
        switch try head.next({ line throws(WireError) in try decoder.decode(line).1 }) {
        case .success(.header(let header)): self.header = header
        case .failure(let error) where error.code == .unsupportedVersion:
            throw RecordingError(.unsupportedVersion, error.message)
        default: throw RecordingError(.foreign, "it is not a recording")
        }
        segments = frames.dropFirst().map { Segment(frame: $0) }
        moment = Moment(at: header.started)
        guard !segments.isEmpty else { return }
        try enter(0)
        // One that was cut out of another, or goes on with it, begins with what was known.
        if let start = try? start(of: 0), start <= header.started { try readKeyframe() }
    }

    /// How many segments there are.
    package var count: Int { segments.count }

    /// When the last fact is: all of the last segment is read for it.
    package func end() throws(RecordingError) -> Milliseconds {
        guard let last = segments.last else { return header.started }
        let lines = try SegmentLines(source, last.frame)
        var decoder = LineDecoder()
        var end = header.started
        do {
            while let line = try lines.next({ line throws(WireError) in try decoder.decode(line).0 }) {
                if case .success(let at) = line { end = max(end, at) }
            }
        } catch {
            // Up to where it is broken.
            guard error.code == .damaged else { throw error }
        }
        return end
    }

    /// Each segment's place in the file.
    var frames: [FrameWalk.Frame] { segments.map(\.frame) }

    private static func frames(
        of source: any ByteSource
    ) throws(RecordingError) -> (frames: [FrameWalk.Frame], hasTable: Bool) {
        let size = try source.size()
        let footer = try source.read(at: max(0, size - SeekTable.footerLength), count: SeekTable.footerLength)
        if let length = SeekTable.length(footer: footer), length <= size,
            let table = SeekTable(try source.read(at: size - length, count: length))
        {
            var offset = 0
            var frames: [FrameWalk.Frame] = []
            for entry in table.entries {
                frames.append(FrameWalk.Frame(offset: offset, length: Int(entry.compressed)))
                offset += Int(entry.compressed)
            }
            if offset == size - length { return (frames, true) }
        }
        return (try FrameWalk.frames(in: source).frames, false)
    }

    // MARK: - Going about

    /// Goes to a moment, forwards or back.
    package func seek(to at: Milliseconds) throws(RecordingError) {
        let target = try segment(at: at)
        if at < moment.at || target != number {
            // Before its first fact nothing was known.
            moment = Moment(at: header.started)
            try enter(target)
            if try start(of: target) <= at { try readKeyframe() }
        }
        try play(to: at)
    }

    /// Goes on to a moment.
    package func play(to at: Milliseconds) throws(RecordingError) {
        while true {
            if pending == nil { pending = try nextObservation() }
            guard let observation = pending, observation.at.up <= at else { break }
            pending = nil
            moment.apply(observation)
        }
        moment.advance(to: at, clockOffset: clockOffset)
    }

    /// When the next fact is; `nil` = there is none.
    func peek() throws(RecordingError) -> Milliseconds? {
        if pending == nil { pending = try nextObservation() }
        return pending?.at.up
    }

    /// When the last fact before a moment was; `nil` = there is none.
    func lastFact(before at: Milliseconds) throws(RecordingError) -> Milliseconds? {
        for index in stride(from: try segment(at: at.saturatingDifference(1)), through: 0, by: -1) {
            if let found = try lastFact(before: at, in: index) { return found }
        }
        return nil
    }

    private func lastFact(before at: Milliseconds, in segment: Int) throws(RecordingError) -> Milliseconds? {
        guard segments.indices.contains(segment) else { return nil }
        let lines = try SegmentLines(source, segments[segment].frame)
        var decoder = LineDecoder()
        decoder.passesMemoriesOver = true
        var last: Milliseconds?
        do {
            while let line = try lines.next({ line throws(WireError) in try decoder.decode(line) }) {
                guard case .success((let time, .observation)) = line else { continue }
                guard time < at else { break }
                last = time
            }
        } catch {
            guard error.code == .damaged else { throw error }
        }
        return last
    }

    private func nextObservation() throws(RecordingError) -> Observation? {
        while let line = try nextLine() {
            switch line {
            case .observation(let observation):
                clockOffset = observation.at.t - observation.at.up
                return observation
            case .clock(let now):
                moment.advance(to: now.up, clockOffset: clockOffset)
                clockOffset = now.t - now.up
            default: break
            }
        }
        return nil
    }

    private func nextLine() throws(RecordingError) -> RecordedLine? {
        while let lines {
            do {
                switch try lines.next({ line throws(WireError) in try decoder.decode(line).1 }) {
                case .success(let line): return line
                case .failure(let error): complain("a line cannot be read: \(error)")
                case nil: guard try goOn() else { return nil }
                }
            } catch {
                guard error.code == .damaged else { throw error }
                complain("\(error)")
                guard try goOn() else { return nil }
                // What happened in the rest of it is not known: the next one tells what is.
                try readKeyframe()
            }
        }
        return nil
    }

    /// - Returns: whether there is another segment.
    private func goOn() throws(RecordingError) -> Bool {
        guard number + 1 < segments.count else {
            lines = nil
            return false
        }
        try enter(number + 1)
        return true
    }

    private func complain(_ words: String) { if complaints.count < 100 { complaints.append(words) } }

    private func enter(_ segment: Int) throws(RecordingError) {
        number = segment
        lines = try SegmentLines(source, segments[segment].frame)
        pending = nil
    }

    /// Takes the state that a segment begins with.
    private func readKeyframe() throws(RecordingError) {
        decoder.passesMemoriesOver = false
        defer { decoder.passesMemoriesOver = true }
        var reader: KeyframeReader?
        do {
            while let line = try nextLine() {
                switch line {
                case .keyframe(let now):
                    reader = KeyframeReader(at: now.up)
                    clockOffset = now.t - now.up
                case .told(let source, let message): reader?.take(source, message)
                case .memory(let source, let what, let memento): try reader?.take(source, what, memento)
                case .keyframeEnd:
                    if let restored = try reader?.moment() { moment = restored }
                    return
                case .observation(let observation):
                    pending = observation
                    return
                default: break
                }
            }
        } catch let error as MementoError {
            complain("a segment's beginning cannot be used: \(error)")
        } catch let error as RecordingError {
            throw error
        } catch {}
    }

    /// The last segment that begins at a moment or before.
    private func segment(at: Milliseconds) throws(RecordingError) -> Int {
        var (low, high) = (0, segments.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if try start(of: middle) <= at { low = middle } else { high = middle - 1 }
        }
        return max(0, low)
    }

    private func start(of index: Int) throws(RecordingError) -> Milliseconds {
        if let known = segments[index].start { return known }
        let lines = try SegmentLines(source, segments[index].frame)
        var decoder = LineDecoder()
        let line = try lines.next { line throws(WireError) in try decoder.decode(line).0 }
        let start = (try? line?.get()) ?? .min
        segments[index].start = start
        return start
    }
}
