// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
import Fleet
import Testing

@testable import Recording

@Suite("Recordings with damage", .timeLimit(.minutes(2)))
struct DamageTests {
    /// Where damage is tried: at frames' first bytes, and here and there.
    private static func places(_ frames: [FrameWalk.Frame], in bytes: [UInt8]) -> [Int] {
        let heads = frames.flatMap { frame in [0, 4, 7].map { frame.offset + $0 } }
        return Set(heads + Array(stride(from: 0, to: bytes.count, by: 797))).sorted()
    }

    /// What is known, as a keyframe tells it.
    private static func state(_ moment: Moment) -> [UInt8] {
        var (encoder, bytes) = (LineEncoder(), [UInt8]())
        encoder.append(moment, clockOffset: 0, to: &bytes) { _ in }
        return bytes
    }

    @Test("Wherever a file is damaged, all else can be gone to", arguments: [true, false])
    func everywhere(hasTable: Bool) throws {
        let recorded = try Recorded(seed: 21, services: 1, facts: 90, isEnded: hasTable)
        let frames = try FrameWalk.frames(in: recorded.bytes)
        let (first, last) = (frames[1], try #require(frames.last))
        try #require(frames.count > 3)
        let end = recorded.last.at
        let middle = (recorded.started + end) / 2
        for place in Self.places(frames, in: recorded.bytes) {
            var bytes = recorded.bytes
            for index in place..<min(bytes.count, place + 3) { bytes[index] ^= 0xFF }
            let player: Player
            do {
                player = try Player(bytes)
            } catch {
                #expect(place < first.offset, "\(place): \(error)")
                continue
            }
            for at in [end, middle, recorded.started, end] { try player.seek(to: at) }
            let playing = try Player(bytes)
            try playing.play(to: end)
            let (sought, played) = (Self.state(player.moment), Self.state(playing.moment))
            let isInLast = (last.offset - 3..<last.offset + last.length).contains(place)
            if !isInLast {
                #expect(sought == Self.state(recorded.last) && played == sought, "\(place)")
            }
            #expect(Set(player.complaints).count == player.complaints.count && player.complaints.count < 6)
            if place < last.offset + last.length { #expect(player.complaints + playing.complaints != [], "\(place)") }
        }
    }

    @Test("Where a segment is damaged, what was known before stands until the next one begins")
    func untilNext() throws {
        let recorded = try Recorded(seed: 21, services: 1, facts: 90)
        let frames = try FrameWalk.frames(in: recorded.bytes)
        var bytes = recorded.bytes
        bytes.replaceSubrange(
            frames[2].offset..<frames[2].offset + frames[2].length, with: repeatElement(0, count: frames[2].length))
        func start(_ index: Int) throws -> Milliseconds {
            var decoder = LineDecoder()
            let line = try SegmentLines(recorded.bytes, frames[index]).next { line throws(WireError) in
                try decoder.decode(line).0
            }
            return try #require(try line?.get())
        }
        let (lost, next) = (try start(2), try start(3))
        let player = try Player(bytes)
        try player.play(to: next - 1)
        #expect(player.moment.at == next - 1, "it does not run ahead")
        let whole = try Player(recorded.bytes)
        try whole.play(to: lost - 1)
        #expect(player.moment.fleet.events.total == whole.moment.fleet.events.total)
        for player in [player, try Player(bytes)] {
            try player.seek(to: next)
            try whole.seek(to: next)
            #expect(canonical(player.moment.fleet) == canonical(whole.moment.fleet))
        }
        #expect(player.complaints.count == 1 && player.complaints[0].contains("segment 2 cannot be read"))
    }

    @Test("A wrong length does not take the next segments along")
    func wrongLength() throws {
        let recorded = try Recorded(seed: 21, services: 1, facts: 90, isEnded: false)
        let frames = try FrameWalk.frames(in: recorded.bytes)
        var bytes = recorded.bytes
        // The head of the first block, behind the frame's own of six bytes: a block that is not the last, compressed.
        let word = 2 << 1 | (frames[1].length + frames[2].length / 2) << 3
        for index in 0..<3 { bytes[frames[1].offset + 6 + index] = UInt8(truncatingIfNeeded: word >> (8 * index)) }
        let found = try FrameWalk.frames(in: bytes)
        #expect(found.map(\.offset) == frames.map(\.offset))
        let player = try Player(bytes)
        try player.play(to: recorded.last.at)
        #expect(Self.state(player.moment) == Self.state(recorded.last))
        #expect(player.complaints.count == 1 && player.complaints[0].contains("segment 1 cannot be read"))
    }

    @Test("Where a segment's keyframe has no end, it is gone to from the segment before")
    func keyframeWithoutEnd() throws {
        let recorded = try Recorded(seed: 21, services: 1, facts: 90)
        var lines = try recorded.lines()
        lines.remove(at: try #require(lines.lastIndex { $0.contains(#""keyframe":null"#) }))
        let (sought, played) = (try Player(plain(lines)), try Player(plain(lines)))
        try sought.seek(to: recorded.last.at)
        try played.play(to: recorded.last.at)
        #expect(Self.state(sought.moment) == Self.state(played.moment) && !sought.moment.fleet.instances.isEmpty)
    }

    @Test("A line that is too long is passed over with words, and what follows is played", arguments: [false, true])
    func longLine(isCompressed: Bool) throws {
        let recorded = try Recorded(seed: 4, facts: 30)
        var lines = try recorded.lines()
        lines.insert(String(repeating: " ", count: RecordingLimits.lineBytes + 200_000), at: lines.count - 3)
        let player = try Player(isCompressed ? compressed(plain(lines)) : plain(lines))
        try player.play(to: recorded.last.at)
        #expect(canonical(player.moment.fleet) == canonical(recorded.last.fleet))
        #expect(player.complaints.count == 1 && player.complaints[0].contains("line_too_long"))
    }

    @Test("Few bytes that stand for very many take no room")
    func bomb() throws {
        let recorded = try Recorded(seed: 4, facts: 30)
        var bytes = recorded.bytes
        bytes += try compressed(Array(repeating: 0x20, count: 40 << 20))
        let player = try Player(bytes)
        try player.play(to: recorded.last.at)
        #expect(canonical(player.moment.fleet) == canonical(recorded.last.fleet))
    }
}
