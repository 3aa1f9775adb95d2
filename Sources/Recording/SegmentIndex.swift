// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire

/// The segments of a file in order, and when each of them begins.
struct SegmentIndex {
    private enum Start {
        case unread
        /// It is damaged there, or holds no time.
        case unknown
        case at(Milliseconds)
    }

    private let source: any ByteSource
    private let frames: [FrameWalk.Frame]
    private var starts: [Start]

    init(_ source: any ByteSource, _ frames: [FrameWalk.Frame]) {
        (self.source, self.frames) = (source, frames)
        starts = frames.map { _ in .unread }
    }

    var count: Int { frames.count }

    subscript(index: Int) -> FrameWalk.Frame { frames[index] }

    /// The last segment that begins at a moment or before. One whose beginning cannot be read belongs to the one before it.
    mutating func last(before at: Milliseconds) throws(RecordingError) -> Int {
        var (best, low, high) = (0, 1, count)
        while low < high {
            let middle = (low + high) / 2
            var probe = middle
            var start = try start(of: probe)
            while start == nil, probe > low {
                probe -= 1
                start = try self.start(of: probe)
            }
            guard let start else {
                low = middle + 1
                continue
            }
            if start <= at { (best, low) = (probe, middle + 1) } else { high = probe }
        }
        return best
    }

    /// When a segment begins; `nil` = that cannot be read.
    mutating func start(of index: Int) throws(RecordingError) -> Milliseconds? {
        switch starts[index] {
        case .at(let start): return start
        case .unknown: return nil
        case .unread: break
        }
        var start: Milliseconds?
        try read(index) { at, _ in
            start = at
            return false
        }
        starts[index] = start.map(Start.at) ?? .unknown
        return start
    }

    /// When the last fact of a segment is; `nil` = none of it can be read.
    func end(of index: Int) throws(RecordingError) -> Milliseconds? {
        var end: Milliseconds?
        try read(index) { at, _ in
            end = max(at, end ?? at)
            return true
        }
        return end
    }

    /// When the last fact of a segment before a moment was; `nil` = it has none.
    func lastFact(before at: Milliseconds, in index: Int) throws(RecordingError) -> Milliseconds? {
        var last: Milliseconds?
        try read(index) { time, line in
            guard case .observation = line else { return true }
            if time < at { last = time }
            return time < at
        }
        return last
    }

    /// Gives a segment's lines and their times to a body, up to where it is broken or the body has had enough.
    private func read(
        _ index: Int, _ body: (Milliseconds, RecordedLine) -> Bool
    ) throws(RecordingError) {
        var decoder = LineDecoder()
        decoder.passesMemoriesOver = true
        do {
            let lines = try SegmentLines(source, frames[index])
            while let line = try lines.next({ line throws(WireError) in try decoder.decode(line) }) {
                if case .success((let at, let line)) = line, !line.isHeader, !body(at, line) { return }
            }
        } catch {
            guard error.code == .damaged else { throw error }
        }
    }
}

extension RecordedLine {
    fileprivate var isHeader: Bool {
        if case .header = self { true } else { false }
    }
}
