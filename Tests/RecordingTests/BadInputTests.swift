// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import Glibc
import Testing

@testable import Recording

@Suite("Recordings that are cut, damaged or none", .timeLimit(.minutes(2)))
struct BadInputTests {
    private static func recording(seed: UInt64 = 3, facts: Int = 120, isEnded: Bool = true) throws -> [UInt8] {
        var story = Story(seed: seed)
        let recorder = try Recorder(RecordingHeader(started: story.now.t, program: "test"), began: story.now)
        for _ in 1...facts {
            for observation in story.next() { try recorder.record(observation) }
            try recorder.flush()
        }
        if isEnded { try recorder.end() }
        return recorder.takeOutput()
    }

    /// Plays all that there is.
    private static func play(_ bytes: [UInt8]) throws(RecordingError) -> Player {
        let player = try Player(bytes)
        try player.play(to: 1 << 46)
        return player
    }

    @Test("A file that was cut anywhere plays up to the cut")
    func cut() throws {
        let bytes = try Self.recording(isEnded: false)
        let whole = try Self.play(bytes).moment.fleet.events.total
        var before = 0
        for length in stride(from: 0, through: bytes.count, by: max(1, bytes.count / 25)) {
            guard let player = try? Self.play(Array(bytes.prefix(length))) else {
                #expect(length < 300, "the header is there")
                continue
            }
            #expect(player.complaints == [], "cut at \(length)")
            let events = player.moment.fleet.events.total
            #expect(events >= before)
            before = events
        }
        #expect(before >= whole - 3 && whole > 20)
    }

    @Test("What was flushed is played, though the segment goes on")
    func live() throws {
        var story = Story(seed: 5)
        let recorder = try Recorder(RecordingHeader(started: story.now.t, program: "test"), began: story.now)
        var bytes: [UInt8] = []
        for _ in 1...50 {
            for observation in story.next() { try recorder.record(observation) }
            try recorder.flush()
            bytes += recorder.takeOutput()
            let player = try Player(bytes)
            try player.play(to: recorder.now.at)
            #expect(canonical(player.moment) == canonical(recorder.now))
        }
    }

    @Test("A bit that is wrong is noticed, and what is not in its segment is played", arguments: 0..<3)
    func flipped(part: Int) throws {
        let bytes = try Self.recording(seed: 9, facts: 150)
        var random = SeededGenerator(UInt64(part))
        for _ in 1...4 {
            var damaged = bytes
            let place = Int.random(in: 0..<bytes.count, using: &random)
            damaged[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
            // It may be refused as a whole where the header is hit; it must not trap.
            _ = try? Self.play(damaged)
        }
    }

    @Test("A segment that is damaged is passed over, with words, and the next ones are whole")
    func damagedSegment() throws {
        var story = Story(seed: 12)
        let recorder = try Recorder(RecordingHeader(started: story.now.t, program: "test"), began: story.now)
        while story.now.up < 3_000_000 { for observation in story.next() { try recorder.record(observation) } }
        try recorder.end()
        var bytes = recorder.takeOutput()
        let frames = try FrameWalk.frames(in: bytes)
        try #require(frames.count > 8)
        let hit = frames[3]
        bytes[hit.offset + hit.length / 2] ^= 0xFF
        let player = try Self.play(bytes)
        #expect(player.complaints.contains { $0.contains("segment 3 cannot be read") })
        let last = try Player(bytes)
        try last.seek(to: recorder.now.at)
        #expect(canonical(last.moment.fleet.instances) == canonical(recorder.now.fleet.instances))
    }

    @Test("Without its table a file is found out by the marks of its frames")
    func withoutTable() throws {
        let bytes = try Self.recording(facts: 500)
        let table = try FrameWalk.frames(in: bytes)
        #expect(table.count > 3 && table.map(\.length).reduce(0, +) < bytes.count)
        let cut = Array(bytes.dropLast(5))
        #expect(try Player(cut).count == Player(bytes).count)
    }

    @Test("What is no recording is refused in words", arguments: ["", "x", "hello, world\n", "{}\n"])
    func foreign(text: String) {
        #expect(throws: RecordingError.self) { try Player(Array(text.utf8)) }
    }

    @Test("zstd and the header of a newer version are refused in words")
    func newer() throws {
        let compressor = try FrameCompressor()
        var bytes: [UInt8] = []
        let line = #"{"breakertop_recording":{"major":2,"minor":0},"started":5,"program":"x"}"# + "\n"
        try compressor.compress(Array(line.utf8), .end, into: &bytes)
        let error = #expect(throws: RecordingError.self) { try Player(bytes) }
        #expect(error?.message.contains("format 2") == true)
    }

    @Test("Nobody's file is overwritten, and one that cannot be written whole keeps what it had")
    func file() throws {
        let path = "/tmp/recording-\(getpid())-\(UInt32.random(in: 0 ... .max)).btrec"
        defer { unlink(path) }
        let file = try RecordingFile(creating: path)
        try file.append([1, 2, 3], isSealed: true)
        #expect(throws: RecordingError.self) { try RecordingFile(creating: path) }
        #expect(try FileBytes(path: path).read(at: 0, count: 9) == [1, 2, 3])
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        let full = #expect(throws: RecordingError.self) { try RecordingFile(creating: "/dev/full") }
        #expect(full?.message.contains("exists already") == true)
    }
}
