// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import Foundation
import Testing

@testable import Recording
@testable import Report

@Suite("Reports of recordings", .timeLimit(.minutes(2)))
struct ReportTests {
    private static func report(_ bytes: [UInt8], of stretch: ClosedRange<Milliseconds>? = nil) throws -> PostMortem {
        let player = try Player(bytes)
        let whole = player.header.started...max(player.header.started, try player.end())
        return try PostMortem(reading: player, stretch ?? whole, of: whole, file: "friday.btrec")
    }

    @Test("An incident reads as it happened")
    func golden() throws {
        try expectGolden("incident.md", MarkdownReport.text(of: Self.report(Incident.ofPayments())))
    }

    @Test("What was so before the stretch is said to be older, and what ends in it has its end")
    func stretch() throws {
        let start = Incident.start
        let report = try Self.report(Incident.ofPayments(), of: start + 80_000...start + 104_000)
        #expect(report.outages == [] && report.actions.count == 2)
        #expect(report.actions[0].at == start + 76_000 && report.actions[0].end == .cleared(by: "oncall (ann)"))
        #expect(MarkdownReport.text(of: report).contains("12:01:16, before it begins"))
        let open = try Self.report(Incident.ofPayments(), of: start + 63_000...start + 68_000)
        #expect(open.outages.map(\.began) == [start + 61_500] && open.outages[0].trip?.failed == 15)
        #expect(open.outages[0].ended == nil)
        #expect(MarkdownReport.text(of: open).contains("**1 circuit** was not closed already when it begins."))
    }

    @Test("What cannot be read of the file is among what was not seen")
    func damage() throws {
        var bytes = try Incident.ofPayments()
        let player = try Player(bytes)
        #expect(player.count > 2)
        bytes[bytes.count / 2] ^= 0x55
        let report = try Self.report(bytes)
        #expect(report.losses.contains { if case .damage = $0.kind { true } else { false } })
        let text = MarkdownReport.text(of: report)
        #expect(text.contains("the recording is damaged here") && text.contains("nothing is in the recording up to"))
    }

    @Test("Of whatever happens, a report keeps to its bounds and to the order of time", arguments: 1...3)
    func random(seed: Int) throws {
        var story = Story(seed: UInt64(seed), services: 6)
        let recorder = try Recorder(RecordingHeader(started: story.now.t, program: "test"), began: story.now)
        for _ in 1...400 { for observation in story.next() { try recorder.record(observation) } }
        try recorder.end()
        let report = try Self.report(recorder.takeOutput())
        #expect(report.troubled > 5 && report.outages.count > 5 && report.actionCount > 5 && report.lossCount > 5)
        #expect(report.lanes.count <= PostMortem.maximumLanes)
        for lane in report.lanes {
            let times = lane.strip.stretches.map(\.from)
            #expect(times == times.sorted() && times.count <= 502)
            #expect(lane.curve?.points.count ?? 0 <= 240)
        }
        for outage in report.outages {
            let ended = outage.ended ?? report.span.upperBound
            #expect(outage.began <= ended && ended <= report.span.upperBound)
        }
        #expect(report.actions.allSatisfy { $0.at <= $0.ended ?? .max })
        #expect(!MarkdownReport.text(of: report).isEmpty && !HTMLReport.text(of: report).isEmpty)
    }

    @Test("A circuit that flaps is kept small, and what was short but bad stays in sight")
    func flapping() {
        var strip = TimeStrip(from: 0, .closed, finest: 1_000)
        for at in stride(from: 10 as Milliseconds, to: 500_000, by: 10) {
            strip.append(at / 10 % 2 == 0 ? .closed : .open, at: at)
        }
        #expect(strip.stretches.count <= 502)
        var one = TimeStrip(from: 0, .closed, finest: 1_000)
        one.append(.open, at: 5_000)
        one.append(.closed, at: 5_010)
        #expect(one.worst(from: 4_500, to: 5_500) == .open && one.worst(from: 7_000, to: 8_000) == .closed)
    }

    @Test("No text of a service or an operator is more than text")
    func hostile() throws {
        let report = try Self.report(Self.hostileIncident())
        let html = HTMLReport.text(of: report)
        let tags = Set(html.split(separator: "<").dropFirst().map { $0.prefix { $0.isLetter || $0.isNumber } })
        let ours: Set<Substring> = [
            "", "html", "head", "meta", "title", "style", "body", "svg", "defs", "pattern", "rect", "main", "header",
            "h1", "h2", "h3", "dl", "div", "dt", "dd", "section", "ul", "li", "span", "b", "p", "path", "g", "line",
            "text", "figure", "figcaption", "small", "table", "thead", "tbody", "tr", "th", "td", "footer",
        ]
        #expect(tags.subtracting(ours) == [])
        #expect(html.contains("&lt;script&gt;HOSTILE") && !html.contains("\" onload=\"HOSTILE"))
        // In Markdown each of them is code.
        var bare = MarkdownReport.text(of: report)
        #expect(bare.contains("HOSTILE"))
        while let open = bare.firstRange(of: #/`+/#) {
            let fence = bare[open]
            var rest = bare[open.upperBound...]
            var end: String.Index?
            while let close = rest.firstRange(of: #/`+/#) {
                if rest[close] == fence {
                    end = close.upperBound
                    break
                }
                rest = rest[close.upperBound...]
            }
            bare.removeSubrange(open.lowerBound..<(try #require(end, "a code that does not end")))
        }
        #expect(!bare.contains("HOSTILE"), "\(bare)")
        for line in MarkdownReport.text(of: report).split(separator: "\n") where line.hasPrefix("| ") {
            #expect([4, 5, 6, 9].contains(line.count { $0 == "|" }), "\(line)")
        }
    }

    private static func hostileIncident() throws -> [UInt8] {
        let nasty = "<script>HOSTILE</script>"
        var story = try Incident()
        let rule = RuleDescription(name: "`HOSTILE` rule|<b>", threshold: 600)
        try story.connect(
            nasty, "i\" onload=\"HOSTILE", boot: "00000000000000a1",
            circuits: ["a|b``HOSTILE`\n# x\u{202E}", "[HOSTILE](javascript:x)", "c\\|HOSTILE"], rule: rule)
        let instance = "i\" onload=\"HOSTILE"
        try story.go(to: 2)
        for circuit in 1...3 as ClosedRange<Int64> {
            let trip = Trip(
                at: story.up(instance), rule: circuit == 1 ? rule.name : RuleDescription.failureRatio, calls: 9,
                failed: 8,
                errors: [TripError(type: "```HOSTILE", message: "| HOSTILE \\| </svg><script>HOSTILE &amp;", count: 3)])
            try story.event(
                instance, circuit,
                .state(StateChange(from: .closed, to: .open, generation: 1, cause: .rule, trip: trip)))
            try story.event(
                instance, circuit,
                .command(
                    CommandRecord(
                        id: "00000000-0000-4000-8000-000000000001", action: .forceOpen, principal: "<i>HOSTILE",
                        claimed: "`HOSTILE", reason: "HOSTILE`", refusal: CommandError.Code(rawValue: "<HOSTILE>"))))
        }
        let slot = CircuitOverride(
            mode: .forcedClosed, revision: 1, principal: "<i>HOSTILE", claimed: "` HOSTILE `", reason: "</title>HOSTILE"
        )
        try story.event(instance, 2, .override(OverrideChange(from: .none, to: slot, cause: .command)))
        try story.event(instance, nil, .suppressed(kind: "<HOSTILE>", count: 3))
        try story.say(instance, .complaint(code: "x", message: "<!-- HOSTILE"))
        try story.go(to: 20)
        try story.lose(instance, "<HOSTILE> | ` |")
        try story.go(to: 30)
        return try story.finish()
    }
}

/// `UPDATE_GOLDEN=1 swift test` writes the file anew; look at the difference before you commit it.
private func expectGolden(_ name: String, _ text: String) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name)")
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
        try text.write(to: file, atomically: true, encoding: .utf8)
    }
    let golden = try String(contentsOf: file, encoding: .utf8)
    let lines = zip(
        golden.split(separator: "\n", omittingEmptySubsequences: false),
        text.split(separator: "\n", omittingEmptySubsequences: false))
    let difference = lines.filter { $0 != $1 }.map { "- \($0)\n+ \($1)" }.joined(separator: "\n")
    #expect(golden == text, "\(name) differs:\n\(difference)")
}
