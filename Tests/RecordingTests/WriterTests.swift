// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
import Fleet
import Testing

@testable import Recording

@Suite("Writing a recording", .timeLimit(.minutes(1)))
struct WriterTests {
    private static func header(_ story: Story) -> RecordingHeader {
        RecordingHeader(started: story.now.t, program: "test")
    }

    @Test("While the disk takes nothing, what waits is bounded; the recording says what is missing, and is right again")
    func hangingDisk() throws {
        var story = Story(seed: 31)
        let recorder = try Recorder(Self.header(story), began: story.now, limit: 100_000)
        var bytes: [UInt8] = []
        func record() throws {
            for observation in story.next() { try recorder.record(observation) }
            try recorder.flush()
        }
        for _ in 1...60 {
            try record()
            bytes += recorder.takeOutput()
        }
        let before = recorder.now
        while recorder.missed < 100 { try record() }
        let during = recorder.now
        let waiting = recorder.takeOutput()
        #expect(waiting.count < 150_000)
        bytes += waiting
        for _ in 1...40 {
            try record()
            bytes += recorder.takeOutput()
        }
        let end = recorder.now
        try recorder.end()
        bytes += recorder.takeOutput()
        let gaps = try RecordedGaps(bytes).gaps
        try #require(gaps.count == 1)
        #expect(before.at < gaps[0].from && gaps[0].from < during.at && gaps[0].to >= during.at && gaps[0].to <= end.at)
        let player = try Player(bytes)
        try player.play(to: gaps[0].to - 1)
        #expect(player.moment.at == gaps[0].to - 1)
        try player.play(to: end.at)
        #expect(canonical(player.moment) == canonical(end) && player.complaints == [])
    }

    @Test("What is missing at the end is said as well")
    func hangingToTheEnd() throws {
        var story = Story(seed: 31)
        let recorder = try Recorder(Self.header(story), began: story.now, limit: 40_000)
        while recorder.missed < 50 { for observation in story.next() { try recorder.record(observation) } }
        try recorder.end()
        #expect(try RecordedGaps(recorder.takeOutput()).gaps.last?.to == recorder.now.at)
    }

    @Test("A file that goes on where another ended has all that was known, and no fact is lost or twice")
    func successor() throws {
        var story = Story(seed: 17)
        var header = Self.header(story)
        let first = try Recorder(header, began: story.now)
        var facts: [String] = []
        func record(_ count: Int, in recorder: Recorder) throws {
            for _ in 1...count {
                for observation in story.next() {
                    try recorder.record(observation)
                    facts.append("\(observation.source) \(observation.fact)")
                }
            }
        }
        try record(200, in: first)
        header.started = first.now.at
        try first.end()
        let second = try Recorder(after: first, header)
        try record(200, in: second)
        try second.end()
        var played: [String] = []
        for (recorder, bytes) in [(first, first.takeOutput()), (second, second.takeOutput())] {
            let player = try Player(bytes)
            while let observation = try player.next(until: recorder.now.at) {
                played.append("\(observation.source) \(observation.fact)")
            }
            #expect(canonical(player.moment) == canonical(recorder.now) && player.complaints == [])
            #expect(RecordingHeader(readFrom: bytes) == player.header)
        }
        #expect(played == facts)
    }
}

/// What a recording says that it missed.
struct RecordedGaps {
    var gaps: [(from: Milliseconds, to: Milliseconds)] = []

    init(_ bytes: [UInt8]) throws {
        for frame in try FrameWalk.frames(in: bytes) {
            let lines = try SegmentLines(bytes, frame)
            var decoder = LineDecoder()
            while let line = try lines.next({ line throws(WireError) in try decoder.decode(line).1 }) {
                if case .missed(let from, let to) = try line.get() { gaps.append((from, to)) }
            }
        }
    }
}
