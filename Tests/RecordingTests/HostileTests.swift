// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import Testing

@testable import Recording

/// Bytes that count what is read of them, and fail where they are told to.
private final class WatchedBytes: ByteSource {
    private let bytes: [UInt8]
    private(set) var reads = 0
    private(set) var read = 0
    /// What is at it or behind it cannot be read.
    var brokenFrom = Int.max

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func size() -> Int { bytes.count }

    func read(at offset: Int, count: Int) throws(RecordingError) -> [UInt8] {
        guard offset < brokenFrom else { throw RecordingError(.system, "Input/output error") }
        let piece = bytes.read(at: offset, count: count)
        reads += 1
        read += piece.count
        return piece
    }
}

@Suite("Recordings that are made to take long, and files that fail", .timeLimit(.minutes(2)))
struct HostileTests {
    /// Whose first block leads beyond the file, and whose blocks lead through all that look like it.
    private static let falseFrames: [[UInt8]] = [
        [0x28, 0xB5, 0x2F, 0xFD, 0], [0x28, 0xB5, 0x2F, 0xFD, 0, 0, 6 << 3, 0, 0],
    ]

    @Test("What looks like a frame again and again is read a few times, and what is behind it found", arguments: 0..<2)
    func falseFrames(which: Int) throws {
        let recorded = try Recorded(seed: 21, services: 1, facts: 30, isEnded: false)
        let frames = try FrameWalk.frames(in: recorded.bytes)
        let pattern = Self.falseFrames[which]
        let rubbish = Array(repeatElement(pattern, count: 200_000 / pattern.count).joined())
        let bytes = WatchedBytes(recorded.bytes + rubbish + recorded.bytes)
        let found = try FrameWalk.frames(in: bytes).map(\.offset)
        let behind = frames.map { recorded.bytes.count + rubbish.count + $0.offset }
        #expect(Set(found).isSuperset(of: behind))
        #expect(bytes.read < 64 * bytes.size(), "\(bytes.read) bytes")
    }

    @Test("A long stretch of segments without a keyframe is gone through once, and remembered")
    func withoutKeyframes() throws {
        let recorded = try Recorded(seed: 21, services: 1, facts: 1)
        let end = recorded.last.at
        let moments = (1...300).map { end + 1_000 * Milliseconds($0) }
        let lines = moments.map { #"{"at":\#($0),"keyframe":{"t":\#($0),"memory":1}}"# }
        let bytes = WatchedBytes(plain(try recorded.lines() + lines))
        let player = try Player(bytes)
        try #require(player.count > 300)
        for at in [moments[298], moments[250]] {
            let before = bytes.reads
            try player.seek(to: at)
            #expect(player.moment.at == at)
            #expect(canonical(player.moment.fleet.instances) == canonical(recorded.last.fleet.instances))
            #expect(bytes.reads - before < 2_500, "\(bytes.reads - before) reads")
        }
    }

    @Test("Of a file that fails in the middle not all was looked through")
    func failing() throws {
        let recorded = try Recorded(seed: 21, services: 1, facts: 90)
        let bytes = WatchedBytes(recorded.bytes)
        let player = try Player(bytes)
        let frames = player.frames
        for broken in [frames[1].offset, try #require(frames.last).offset, Int.max] {
            bytes.brokenFrom = broken
            let scan = TransitionScan(bytes, of: player)
            #expect(!scan.isComplete)
            while let isMore = try? scan.step(), isMore {}
            #expect(scan.isComplete == (broken == .max))
        }
    }
}
