// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import Testing

@testable import Recording

@Suite("Recordings of other programs and versions", .timeLimit(.minutes(2)))
struct ForeignTests {
    /// A recording of which the player has only what the services told.
    private func playing(
        _ recorded: Recorded, _ change: (inout [String]) -> Void
    ) throws -> (player: Player, whole: Player) {
        var lines = try recorded.lines()
        change(&lines)
        let player = try Player(plain(lines))
        let whole = try Player(recorded.bytes)
        for player in [player, whole] { try player.seek(to: recorded.last.at) }
        return (player, whole)
    }

    private func rows(_ player: Player) -> [String] {
        player.moment.fleet.circuits().filter { $0.instance.isFresh }
            .map { "\($0.key) \($0.row) \($0.description)" }.sorted()
    }

    @Test("What another version remembers is passed over, with words, and the services' lines tell the rest")
    func otherOrder() throws {
        let recorded = try Recorded(seed: 6, facts: 400)
        let (player, whole) = try playing(recorded) { lines in
            for index in lines.indices {
                lines[index] = lines[index].replacing(#""memory":1}}"#, with: #""memory":7}}"#)
                    .replacing(#""values":["#, with: #""values":[{"new":true},"#)
            }
        }
        #expect(Set(rows(whole)).isSubset(of: rows(player)) && !rows(whole).isEmpty)
        try player.seek(to: recorded.started)
        #expect(player.complaints.count == 1 && player.complaints[0].contains("order 7 instead of 1"))
    }

    @Test("Where what was remembered is broken or missing, the services' lines tell the rest", arguments: 0..<5)
    func brokenMemory(part: Int) throws {
        let recorded = try Recorded(seed: 6, facts: 400)
        let marks = [
            #""memory":"fleet","values""#, #""memory":"circuit""#, #""memory":"process""#,
            #""memory":"flows","values":["#,
        ]
        let (player, whole) = try playing(recorded) { lines in
            switch part {
            case 0...2: lines.removeAll { $0.contains(marks[part]) }
            case 3:
                for index in lines.indices { lines[index] = lines[index].replacing(marks[3], with: marks[3] + "-1,") }
            default:
                for index in lines.indices where lines[index].contains(marks[1]) { lines[index].removeLast(4) }
            }
        }
        #expect(Set(rows(whole)).isSubset(of: rows(player)) && !rows(whole).isEmpty)
        #expect(player.complaints.contains { $0.contains("the past is shorter") })
    }

    @Test("Without a word of what was remembered, nothing is missing")
    func noMemory() throws {
        let recorded = try Recorded(seed: 6, facts: 400)
        let (player, whole) = try playing(recorded) { lines in
            lines.removeAll { $0.contains(#""memory":""#) }
            for index in lines.indices { lines[index] = lines[index].replacing(#","memory":1}}"#, with: "}}") }
        }
        #expect(Set(rows(whole)).isSubset(of: rows(player)) && player.complaints == [])
    }

    @Test("Lines that are not compressed, or as one, play and can be gone through", arguments: [false, true])
    func otherwise(isCompressed: Bool) throws {
        let recorded = try Recorded(seed: 8, facts: 300)
        let lines = plain(try recorded.lines())
        let (other, player) = (try Player(isCompressed ? compressed(lines) : lines), try Player(recorded.bytes))
        #expect(other.count == (isCompressed ? 1 : player.count) && other.header == player.header)
        #expect(try other.end() == player.end())
        let length = recorded.last.at - recorded.started
        for share in [10, 9, 2, 5, 0] as [Int64] {
            let at = recorded.started + length * share / 10
            for player in [other, player] { try player.seek(to: at) }
            #expect(canonical(other.moment) == canonical(player.moment), "\(share)")
        }
        #expect(other.complaints == [])
    }

    @Test("A line that no version knew when it was recorded is kept as it came")
    func foreignLines() throws {
        let began = TelemetryInstant(t: 1_790_000_000_000, up: 5)
        let recorder = try Recorder(RecordingHeader(started: began.t, program: "test"), began: began)
        let text = #"{"type":"weather", "sky":["blue",1e3]}"#
        let source = SourceID("unix:/a")
        try recorder.record(Observation(source: source, at: began, fact: .source(.connecting)))
        try recorder.record(Observation(source: source, at: began, fact: .foreign(Array(text.utf8)), bytes: 40))
        let now = recorder.now
        try recorder.end()
        let bytes = recorder.takeOutput()
        let player = try Player(bytes)
        var kept: [String] = []
        while let fact = try player.next(until: began.t + 1) {
            if case .foreign(let line) = fact.fact { kept.append(String(decoding: line, as: UTF8.self)) }
        }
        #expect(kept == [text] && player.complaints == [])
        try player.seek(to: now.at)
        #expect(canonical(player.moment) == canonical(now))
    }
}
