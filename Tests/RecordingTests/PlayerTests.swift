// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import Testing

@testable import Recording

@Suite("Playing a recording", .timeLimit(.minutes(2)))
struct PlayerTests {
    /// A recording of so many facts, and when each of them was.
    private static func record(seed: UInt64, facts: Int) throws -> (
        bytes: [UInt8], moments: [Milliseconds], last: Moment
    ) {
        var story = Story(seed: seed)
        let recorder = try Recorder(RecordingHeader(started: story.now.t, program: "test"), began: story.now)
        var moments: [Milliseconds] = []
        while moments.count < facts {
            for observation in story.next() {
                try recorder.record(observation)
                moments.append(recorder.now.at)
            }
            if moments.count % 7 == 0 { try recorder.flush() }
        }
        try recorder.end()
        return (recorder.takeOutput(), moments, recorder.now)
    }

    @Test("What is played is what the monitor knew", arguments: 1...4)
    func played(seed: Int) throws {
        let (bytes, moments, last) = try Self.record(seed: UInt64(seed), facts: 250)
        let player = try Player(bytes)
        try player.play(to: try #require(moments.last))
        #expect(player.complaints == [])
        #expect(canonical(player.moment) == canonical(last))
    }

    @Test("Going to a moment gives what playing to it gives", arguments: 1...4)
    func sought(seed: Int) throws {
        let (bytes, moments, _) = try Self.record(seed: UInt64(seed), facts: 300)
        var random = SeededGenerator(UInt64(seed))
        let jumping = try Player(bytes)
        #expect(jumping.count > 2)
        for _ in 1...5 {
            let at =
                try #require(moments.randomElement(using: &random)) + Int64.random(in: -500...1_500, using: &random)
            let playing = try Player(bytes)
            try playing.play(to: at)
            try jumping.seek(to: at)
            #expect(canonical(jumping.moment) == canonical(playing.moment), "at \(at)")
        }
        #expect(jumping.complaints == [])
    }
}
