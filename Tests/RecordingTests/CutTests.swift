// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import Testing

@testable import Recording

@Suite("Recordings that are made of recordings", .timeLimit(.minutes(2)))
struct CutTests {
    private static func record(seed: UInt64, facts: Int) throws -> (bytes: [UInt8], moments: [Milliseconds]) {
        var story = Story(seed: seed)
        let recorder = try Recorder(RecordingHeader(started: story.now.t, program: "test"), began: story.now)
        var moments: [Milliseconds] = []
        while moments.count < facts {
            for observation in story.next() {
                try recorder.record(observation)
                moments.append(recorder.now.at)
            }
        }
        try recorder.end()
        return (recorder.takeOutput(), moments)
    }

    private static func cut(_ bytes: [UInt8], _ span: ClosedRange<Milliseconds>) throws -> [UInt8] {
        var cut: [UInt8] = []
        try Player(bytes).cut(span) { bytes, _ in cut += bytes }
        return cut
    }

    @Test("A cut plays what the whole plays, at each moment of it", arguments: 1...3)
    func cut(seed: Int) throws {
        let (bytes, moments) = try Self.record(seed: UInt64(seed), facts: 260)
        let span = moments[60] + 1...moments[200] + 333
        let player = try Player(Self.cut(bytes, span))
        let whole = try Player(bytes)
        #expect(player.header.started == span.lowerBound && player.hasTable)
        #expect(try player.end() == max(span.upperBound, moments[200]))
        for at in [span.lowerBound, moments[65], moments[90] + 400, moments[140], moments[199], span.upperBound] {
            try whole.seek(to: at)
            try player.seek(to: at)
            #expect(canonical(player.moment) == canonical(whole.moment), "at \(at)")
        }
        #expect(player.complaints == [])
    }

    @Test("A moment is not led beyond itself by what comes after it")
    func clockLater() throws {
        let (bytes, moments) = try Self.record(seed: 1, facts: 260)
        for (before, after) in zip(moments, moments.dropFirst()) where after - before > 50 {
            let player = try Player(bytes)
            try player.play(to: before + 25)
            #expect(player.moment.at == before + 25)
        }
    }

    @Test("A cut of a stretch in which nothing happened has what was known then")
    func quiet() throws {
        let bytes = try Incident.ofPayments()
        let at = Incident.start + 30_300
        let player = try Player(Self.cut(bytes, at...at + 200))
        try player.seek(to: at + 100)
        let whole = try Player(bytes)
        try whole.seek(to: at + 100)
        #expect(canonical(player.moment) == canonical(whole.moment) && !player.moment.fleet.instances.isEmpty)
    }

    // MARK: - Merging

    private static func merge(_ files: [(String, [UInt8])]) throws -> (player: Player, notes: [String]) {
        let merge = try Merge(
            files.map { name, bytes in (name, { () throws(RecordingError) in try Player(bytes) }) })
        var merged: [UInt8] = []
        try merge.run { bytes, _ in merged += bytes }
        return (try Player(merged), merge.notes)
    }

    /// What all circuits are, whatever was heard of them when.
    private static func picture(_ fleet: FleetModel) -> [String] {
        fleet.circuits().sorted { $0.key < $1.key }.map { circuit in
            "\(circuit.key) \(circuit.row) \(circuit.description)"
        }
    }

    @Test("Parts of a recording, merged, are what it was")
    func parts() throws {
        let bytes = try Incident.ofPayments()
        let start = Incident.start
        let parts =
            [("b", 64_000...118_000), ("a", 0...64_000), ("c", 118_000...160_000)] as [(String, ClosedRange<Int64>)]
        let (merged, notes) = try Self.merge(
            parts.map { ($0.0, try Self.cut(bytes, start + $0.1.lowerBound...start + $0.1.upperBound)) })
        let whole = try Player(bytes)
        for second in [5, 62, 90, 115, 130, 160] as [Int64] {
            try whole.seek(to: start + second * 1_000)
            try merged.seek(to: start + second * 1_000)
            #expect(Self.picture(merged.moment.fleet) == Self.picture(whole.moment.fleet), "after \(second) s")
        }
        #expect(notes == [] && merged.complaints == [])
    }

    @Test("A process that two recordings saw is one, and what it told is told once, by whichever hears it")
    func seenTwice() throws {
        let bytes = try Incident.ofPayments()
        let start = Incident.start
        let first = try Self.cut(bytes, start...start + 100_000)
        let second = try Self.cut(bytes, start + 50_000...start + 160_000)
        let (merged, _) = try Self.merge([("a", first), ("b", second)])
        let whole = try Player(bytes)
        try whole.seek(to: start + 160_000)
        try merged.seek(to: start + 160_000)
        #expect(Self.picture(merged.moment.fleet) == Self.picture(whole.moment.fleet))
        func told(_ fleet: FleetModel) -> [String] {
            fleet.events.all.compactMap { event in
                guard case .told(let kind) = event.kind else { return nil }
                return "\(event.instance) \(event.circuit ?? "") \(kind)"
            }
        }
        #expect(told(merged.moment.fleet) == told(whole.moment.fleet) && told(whole.moment.fleet).count > 10)
        #expect(merged.moment.fleet.sources.keys.contains(SourceID("unix:/run/orders-1.sock (b)")))
        #expect(merged.moment.fleet.instances.count == whole.moment.fleet.instances.count)
    }

    @Test("Other processes behind sources of the same name are kept apart")
    func collision() throws {
        func recording(_ boot: String) throws -> [UInt8] {
            var story = try Incident()
            try story.connect("orders", "orders-\(boot)", boot: "00000000000000\(boot)", circuits: ["a"], over: "x")
            try story.go(to: 10)
            return try story.finish()
        }
        let (merged, _) = try Self.merge([("left", recording("a1")), ("right", recording("b1"))])
        try merged.seek(to: Incident.start + 5_000)
        let fleet = merged.moment.fleet
        #expect(fleet.sources.keys.sorted().map(\.name) == ["unix:/run/x.sock (left)", "unix:/run/x.sock (right)"])
        #expect(fleet.instances.values.allSatisfy { $0.lostAt == nil } && fleet.circuits().count == 2)
    }

    @Test("Clocks that disagree are told, by the processes that both saw, and nothing is shifted")
    func clocks() throws {
        func recording(_ ahead: Milliseconds) throws -> [UInt8] {
            var story = try Incident(ahead: ahead)
            try story.connect("orders", "orders-1", boot: "00000000000000a1", circuits: ["a"])
            try story.go(to: 10)
            return try story.finish()
        }
        let notes = try Self.merge([("a", recording(0)), ("b", recording(-7_300))]).notes
        #expect(
            notes == ["the clock of b was 7.3 s behind that of a, by a process that both saw; nothing was shifted"])
        #expect(try Self.merge([("a", recording(0)), ("b", recording(40))]).notes == [])
    }
}
