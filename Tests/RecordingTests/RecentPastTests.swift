// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import Testing

@testable import Recording

/// A monitor with a model of its own that keeps its recent past.
private struct Monitor: ~Copyable {
    var story: Story
    var moment: Moment
    var past: RecentPast
    /// The past, as the monitor lived it, now and then.
    var lived: [Moment] = []
    /// What went into the file.
    var file: [UInt8] = []

    init(seed: UInt64, limits: RecentPast.Limits = .init()) throws {
        // The screen's own clock begins with the wall clock.
        story = Story(seed: seed, at: TelemetryInstant(t: 1_790_000_000_000, up: 1_790_000_000_000))
        moment = Moment(at: story.now.up)
        past = try RecentPast(RecordingHeader(started: story.now.up, program: "test"), limits: limits)
    }

    mutating func run(facts: Int) throws {
        for number in 1...facts {
            for observation in story.next() {
                let offset = observation.at.t - observation.at.up
                moment.advance(to: observation.at.up, clockOffset: offset)
                if past.isSegmentDue(at: moment.at) { try past.beginSegment(with: moment, clockOffset: offset) }
                try past.append(observation)
                moment.apply(observation)
                lived.append(moment)
            }
            if number % 9 == 0 { try past.flush() }
            file += past.takeCopy()?.bytes ?? []
        }
        try past.flush()
    }
}

@Suite("The recent past", .timeLimit(.minutes(2)))
struct RecentPastTests {
    @Test("What is kept gives back each moment as it was lived", arguments: 1...2)
    func back(seed: Int) throws {
        var monitor = try Monitor(seed: UInt64(seed))
        try monitor.run(facts: 250)
        let player = try Player(monitor.past.bytes)
        #expect(player.count > 2)
        var random = SeededGenerator(UInt64(seed))
        // The last fact of its moment.
        let moments = zip(monitor.lived, monitor.lived.dropFirst()).filter { $0.at < $1.at }.map(\.0)
        for _ in 1...8 {
            let then = try #require(moments.randomElement(using: &random))
            guard monitor.past.chronology.range.contains(then.at) else { continue }
            try player.seek(to: then.at)
            #expect(canonical(player.moment) == canonical(then), "at \(then.at)")
        }
        #expect(player.complaints == [])
    }

    @Test("No more is kept than was asked for, by age and by size")
    func bounded() throws {
        var monitor = try Monitor(seed: 3, limits: .init(age: 60_000, bytes: 64 << 20))
        try monitor.run(facts: 500)
        let chronology = monitor.past.chronology
        #expect(chronology.range.upperBound == monitor.moment.at)
        // A segment goes whole.
        #expect(chronology.range.lowerBound >= monitor.moment.at - 60_000 - 700_000)
        #expect(chronology.range.lowerBound > 1_790_000_000_000 + 100_000)
        #expect(chronology.transitions.allSatisfy { chronology.range.contains($0.at) })
        let player = try Player(monitor.past.bytes)
        try player.seek(to: monitor.moment.at)
        #expect(canonical(player.moment) == canonical(monitor.moment))

        var small = try Monitor(seed: 3, limits: .init(age: .max, bytes: 20_000))
        try small.run(facts: 500)
        #expect(small.past.bytes.size() < 60_000)
        try Player(small.past.bytes).seek(to: small.moment.at)
    }

    @Test("A file that is begun in between is a recording of its own")
    func copied() throws {
        var monitor = try Monitor(seed: 4)
        try monitor.run(facts: 150)
        try monitor.past.beginCopy()
        let began = monitor.moment.at
        try monitor.run(facts: 150)
        // Until then it plays, too.
        let unended = try Player(monitor.file)
        #expect(!unended.hasTable)
        let last = monitor.moment
        monitor.past.endCopyWithSegment()
        try monitor.past.beginSegment(with: last, clockOffset: monitor.story.now.t - monitor.story.now.up)
        let rest = monitor.past.takeCopy()
        let end = try #require(rest)
        #expect(end.isLast)
        let player = try Player(monitor.file + end.bytes)
        #expect(player.hasTable && player.header.started <= began)
        try player.seek(to: began)
        let then = try #require(monitor.lived.last { $0.at <= began })
        #expect(player.moment.fleet.events.total == then.fleet.events.total)
        try player.seek(to: last.at)
        #expect(canonical(player.moment) == canonical(last) && player.complaints == [])
        // Nothing goes there any more.
        let nothing = monitor.past.takeCopy()
        #expect(nothing == nil)
    }

    @Test("A stretch that is saved is a recording of its own, ended in order")
    func saved() throws {
        var monitor = try Monitor(seed: 5)
        try monitor.run(facts: 250)
        let range = (monitor.moment.at - 60_000)...monitor.moment.at
        let pieces = try monitor.past.stretch(of: range).recording()
        let player = try Player(Array(pieces.joined()))
        #expect(player.hasTable && player.header.started <= range.lowerBound)
        try player.seek(to: monitor.moment.at)
        #expect(canonical(player.moment) == canonical(monitor.moment) && player.complaints == [])
    }

    @Test("Pieces read like one", arguments: [1, 3, 7, 100])
    func chunks(count: Int) {
        let whole = Array(0..<100).map { UInt8($0) }
        let chunks = ByteChunks([[], Array(whole[0..<30]), [], Array(whole[30..<31]), Array(whole[31...])])
        #expect(chunks.size() == 100)
        for offset in stride(from: -2, to: 110, by: 5) {
            #expect(chunks.read(at: offset, count: count) == whole.read(at: offset, count: count))
        }
        #expect(chunks.read(at: 90, count: .max) == Array(whole[90...]))
    }

    @Test("Stepping goes from fact to fact, and back the same way")
    func steps() throws {
        var monitor = try Monitor(seed: 6)
        try monitor.run(facts: 60)
        let player = try Player(monitor.past.bytes)
        let moments = Set(monitor.lived.map(\.at)).sorted()
        try player.seek(to: moments[0])
        var seen = [player.moment.at]
        while try player.go(.stepForward(from: seen[seen.count - 1])) { seen.append(player.moment.at) }
        // Several facts of one moment are taken one by one going forward.
        #expect(Set(seen).sorted() == moments)
        var back: [Milliseconds] = []
        for _ in moments.dropFirst() {
            _ = try player.go(.stepBack(from: player.moment.at))
            back.append(player.moment.at)
        }
        #expect(back == moments.dropLast().reversed())
    }

    @Test("Looking through gives the transitions that were noted as they came")
    func scanned() throws {
        var monitor = try Monitor(seed: 7)
        try monitor.run(facts: 300)
        let bytes = monitor.past.bytes
        let scan = TransitionScan(bytes, of: try Player(bytes))
        while try scan.step() {}
        #expect(scan.transitions == monitor.past.chronology.transitions)
        #expect(scan.transitions.count > 10)
    }
}
