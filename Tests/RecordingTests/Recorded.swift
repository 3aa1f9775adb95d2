// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

@testable import Recording

/// A recording in memory, and what it was made of.
struct Recorded {
    var bytes: [UInt8]
    var started: Milliseconds
    /// What the monitor knew at its end.
    var last: Moment

    init(seed: UInt64, services: Int = 4, facts: Int, isEnded: Bool = true) throws {
        var story = Story(seed: seed, services: services)
        started = story.now.t
        let recorder = try Recorder(RecordingHeader(started: started, program: "test"), began: story.now)
        for _ in 1...facts {
            for observation in story.next() { try recorder.record(observation) }
            try recorder.flush()
        }
        if isEnded { try recorder.end() }
        (bytes, last) = (recorder.takeOutput(), recorder.now)
    }

    init(bytes: [UInt8]) { (self.bytes, started, last) = (bytes, 0, Moment()) }

    /// The file's lines, as `zstdcat` gives them.
    func lines() throws -> [String] {
        var lines: [String] = []
        for frame in try FrameWalk.frames(in: bytes) {
            let segment = try SegmentLines(bytes, frame)
            while let line = try segment.next({ String(decoding: $0, as: UTF8.self) }) { lines.append(try line.get()) }
        }
        return lines
    }
}

/// A file of lines that are not compressed.
func plain(_ lines: [String]) -> [UInt8] { Array((lines.joined(separator: "\n") + "\n").utf8) }

/// What `zstd` makes of a file: one frame.
func compressed(_ bytes: [UInt8]) throws -> [UInt8] {
    var output: [UInt8] = []
    try FrameCompressor().compress(bytes, .end, into: &output)
    return output
}
