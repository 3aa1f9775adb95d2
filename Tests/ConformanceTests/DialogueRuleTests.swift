// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Testing

@testable import Conformance

/// Rules about what a service answers, and those that compare conversations.
@Suite("Rules of conversations")
struct DialogueRuleTests {
    private static let id = "6f1d0f9c-3c4e-4b0a-9a51-0d7f2f8e4c11"
    private static let other = "6f1d0f9c-3c4e-4b0a-9a51-0d7f2f8e4c12"

    private static func steps(_ lines: [String]) -> [Script.Step] { Script(lines).steps }

    @Test("A mistake is to be answered by its code and its line's number, and forgiven", arguments: Mistake.allCases)
    func mistake(_ mistake: Mistake) {
        func verdict(_ answer: [Script.Step]) -> Verdict {
            let steps = Self.steps(Line.picture) + [.sent(mistake.id)] + answer
            return Rule.verdict(mistake.id, on: Record([(.mistake(mistake), Script(steps: steps))]))
        }
        #expect(verdict([.received(Line.error(mistake.code, line: 2))]) == .kept)
        #expect(verdict([]).evidence?.message == "no error about line 2")
        #expect(verdict([.received(Line.error(mistake.code, line: 1))]).evidence?.line == 7)
        #expect(verdict([.received(Line.error("other", line: 2))]).evidence?.line == 7)
        #expect(verdict([.received(Line.error(mistake.code, line: 2)), .closed]).evidence != nil)
    }

    @Test(
        "Who speaks out of turn before `subscribe` is answered and shut out",
        arguments: [
            ("command-first", Dialogue.commandFirst, "unexpected"), ("detail-first", .detailFirst, "unexpected"),
            ("interval-zero", .zeroInterval, "bad_value"),
            ("stranger", .stranger, "malformed"),
        ])
    func before(rule: String, dialogue: Dialogue, code: String) {
        func verdict(_ answer: [Script.Step]) -> Verdict {
            Rule.verdict(rule, on: Record([(dialogue, Script(steps: [.received(Line.hello), .sent("it")] + answer))]))
        }
        #expect(verdict([.received(Line.error(code, line: 1)), .closed]) == .kept)
        #expect(verdict([.received(Line.error(code, line: 1))]).evidence != nil)
        #expect(verdict([.received(Line.error("timeout", line: 1)), .closed]).evidence != nil)
        #expect(verdict([.closed]).evidence != nil)
    }

    @Test("Silence before `subscribe` ends after 5 s, not before, and in words")
    func silence() {
        func verdict(_ steps: [Script.Step]) -> Verdict {
            Rule.verdict("subscribe-timeout", on: Record([(.silence, Script(steps: [.received(Line.hello)] + steps))]))
        }
        let error = Script.Step.received(#"{"type":"error","code":"timeout"}"#)
        #expect(verdict([.pause(5_000), error, .closed]) == .kept)
        #expect(verdict([.pause(2_000), error, .closed]).evidence != nil)
        #expect(verdict([.pause(5_000), error]).evidence != nil)
        #expect(verdict([.pause(5_000), .closed]).evidence != nil)
    }

    @Test("After 100 errors comes one more, and the end")
    func flood() {
        func verdict(_ errors: Int, closed: Bool) -> Verdict {
            let answers = (0..<errors).map { Script.Step.received(Line.error("missing_field", line: $0 + 2)) }
            let steps = Self.steps(Line.picture) + answers + (closed ? [.closed] : [])
            return Rule.verdict("error-limit", on: Record([(.flood, Script(steps: steps))]))
        }
        #expect(verdict(101, closed: true) == .kept)
        #expect(verdict(101, closed: false).evidence != nil)
        #expect(verdict(100, closed: true).evidence != nil)
        #expect(verdict(5_000, closed: false).evidence != nil)
    }

    @Test(
        "The heartbeat is counted while nothing else goes on",
        arguments: [(6, true), (2, true), (1, false), (0, false), (20, false)])
    func heartbeat(samples: Int, isKept: Bool) {
        let steps =
            Self.steps(Line.picture)
            + (0..<samples).map { .received(Line.sample(up: 1_000 + $0, seq: 1)) }
        let record = Record([(.watch, Script(steps: steps))], quietUntil: .milliseconds(70 + 1_500))
        #expect((Rule.verdict("heartbeat", on: record) == .kept) == isKept)
    }

    @Test("A pause in the first conversation while others are busy is their harm")
    func unharmed() {
        func verdict(_ pause: Int, closed: Bool = false) -> Verdict {
            let steps =
                Self.steps(Line.picture) + [.pause(pause), .received(Line.sample(seq: 1))] + (closed ? [.closed] : [])
            var record = Record([(.watch, Script(steps: steps))], quietUntil: .milliseconds(70))
            record.busyUntil = .milliseconds(pause + 500)
            return Rule.verdict("others-unharmed", on: record)
        }
        #expect(verdict(1_900) == .kept)
        #expect(verdict(2_100).evidence != nil)
        #expect(verdict(100, closed: true).evidence != nil)
    }

    @Test("An interval is what was asked for, between the least and the most that is granted")
    func interval() {
        func verdict(_ watch: Int, _ least: Int, _ most: Int) -> Verdict {
            func granted(_ interval: Int) -> Script {
                Script([Line.hello, Line.subscribed.replacing(":250", with: ":\(interval)")])
            }
            return Rule.verdict(
                "interval-granted",
                on: Record([(.watch, granted(watch)), (.eager, granted(least)), (.legal, granted(most))]))
        }
        #expect(verdict(250, 100, 60_000) == .kept)
        #expect(verdict(1_000, 1_000, 60_000) == .kept)
        #expect(verdict(250, 250, 250) == .kept)
        #expect(verdict(500, 100, 60_000).evidence != nil)
        #expect(verdict(250, 500, 100).evidence != nil)
    }

    @Test("Every connection is told the same hello")
    func sameHello() {
        let other = Line.hello.replacing("orders-1", with: "orders-2")
        #expect(
            Rule.verdict("same-hello", on: Record([(.watch, Script([Line.hello])), (.eager, Script([Line.hello]))]))
                == .kept)
        #expect(
            Rule.verdict("same-hello", on: Record([(.watch, Script([Line.hello])), (.eager, Script([other]))])).evidence
                != nil)
    }

    @Test(
        "A replay after a number begins with the next one, or a gap from it, and misses nothing",
        arguments: [
            ([Line.event(3), Line.event(4)], true), ([#"{"type":"gap","from":3,"to":3}"#, Line.event(4)], true),
            ([Line.event(4)], false), ([Line.event(2), Line.event(3), Line.event(4)], false), ([Line.event(3)], false),
            ([], false),
        ])
    func eventsSince(events: [String], isKept: Bool) {
        let all = (1...4).map { Line.event($0) }
        var record = Record([
            (.watch, Script(Line.picture)), (.resume, Script([Line.hello, Line.subscribed] + events + [Line.ready])),
            (.history, Script([Line.hello, Line.subscribed] + all + [Line.ready])),
        ])
        record.resumedAfter = (2, 4)
        #expect((Rule.verdict("events-since", on: record) == .kept) == isKept)
    }

    @Test("Who comes anew is replayed the newest events, without a gap")
    func freshReplay() {
        func verdict(_ lines: [String]) -> Verdict {
            let beyond =
                [Line.hello, Line.subscribed, Line.circuit(1)] + lines + [Line.sample([Line.row(1)]), Line.ready]
            return Rule.verdict(
                "fresh-replay", on: Record([(.watch, Script(Line.picture)), (.beyond, Script(beyond))]))
        }
        #expect(verdict([Line.event(1, replayed: true)]) == .kept)
        #expect(verdict([#"{"type":"gap","from":1,"to":1}"#]).evidence?.line == 4)
        #expect(verdict([]).evidence != nil)
    }

    @Test(
        "A filter holds for descriptions, rows and events",
        arguments: [
            ([Line.circuit(1)], true), ([Line.circuit(2, "mail")], false),
            ([Line.circuit(1), Line.sample([Line.row(2)])], false),
            ([Line.circuit(1), Line.event(1, circuit: 2)], false), ([], false),
        ])
    func filter(lines: [String], isKept: Bool) {
        var record = Record([
            (.watch, Script(Line.picture)), (.filtered, Script([Line.hello, Line.subscribed] + lines + [Line.ready])),
        ])
        record.filter = "payments"
        #expect((Rule.verdict("filter", on: record) == .kept) == isKept)
    }

    @Test(
        "What a filter lets through is what others are told",
        arguments: [
            ([Line.event(1), Line.sample([Line.row(1)])], true), ([], true),
            ([Line.sample([Line.row(1)])], false), ([Line.event(1, up: 999)], false),
            ([#"{"type":"gap","from":1,"to":1}"#, Line.sample([Line.row(1)])], true),
            ([Line.event(1), Line.sample([Line.row(1).replacing("closed", with: "open")])], false),
            ([Line.event(1), Line.sample([Line.row(1, gen: 2).replacing("closed", with: "open")])], true),
        ])
    func filterSame(lines: [String], isKept: Bool) {
        let circuit = lines.isEmpty ? [] : [Line.circuit(1)]
        var record = Record([
            (.watch, Script(Line.picture)),
            (.filtered, Script([Line.hello, Line.subscribed] + circuit + lines + [Line.ready])),
        ])
        record.filteredAfter = 1
        #expect((Rule.verdict("filter-same", on: record).evidence == nil) == isKept)
    }

    @Test("What happened before a subscription is said to be replayed")
    func replayed() {
        func verdict(_ event: String) -> Verdict {
            let script = Script([Line.hello, Line.subscribed, event, Line.ready])
            var record = Record([(.resume, script), (.history, script), (.beyond, script)])
            record.resumedAfter = (0, 4)
            return Rule.verdict("replayed-told", on: record)
        }
        #expect(verdict(Line.event(4, replayed: true)) == .kept)
        #expect(verdict(Line.event(4)).evidence?.line == 3)
        #expect(verdict(Line.event(5)).reason != nil)
    }

    @Test(
        "Of many commands at once those beyond the rate are refused, and all are answered",
        arguments: [
            (taken: 20, refused: 40, pause: 0, "kept"), (60, 0, 0, "broken"), (20, 39, 0, "broken"),
            (60, 0, 2_500, "not tested"), (40, 20, 0, "kept"),
        ])
    func rate(taken: Int, refused: Int, pause: Int, expected: String) {
        let ids = (0..<60).map { Self.id.dropLast(2) + String($0 + 10) }.map(String.init)
        let codes = Array(repeating: "unknown_circuit", count: taken) + Array(repeating: "rate_limited", count: refused)
        let steps =
            Self.steps(Line.picture) + ids.map { .sent("hasty", id: $0) } + [.pause(pause)]
            + zip(ids, codes).map { .received(Line.result($0, $1)) }
        let verdict = Rule.verdict("rate-limit", on: Record([(.hasty, Script(steps: steps))]))
        switch expected {
        case "kept": #expect(verdict == .kept)
        case "broken": #expect(verdict.evidence != nil)
        default: #expect(verdict.reason != nil)
        }
    }

    @Test("Who does not read is to be left before the waiting ends")
    func deaf() {
        func verdict(_ end: [Script.Step]) -> Verdict {
            Rule.verdict("reader-dropped", on: Record([(.deaf, Script(steps: Self.steps(Line.picture) + end))]))
        }
        #expect(verdict([.pause(10_000), .closed, .sent("waited")]) == .kept)
        #expect(verdict([.pause(30_000), .sent("waited"), .closed]).evidence != nil)
        #expect(verdict([.pause(30_000), .sent("waited")]).evidence != nil)
        #expect(verdict([.closed]).reason != nil)
    }

    @Test(
        "A socket is for its owner, or a group",
        arguments: [(UInt32(0o600), true), (0o660, true), (0o666, false), (0o640, false)])
    func socketMode(mode: UInt32, isKept: Bool) {
        var record = Record([(.watch, Script(Line.picture))])
        #expect(Rule.verdict("socket-mode", on: record).reason != nil)
        record.socketMode = mode
        #expect((Rule.verdict("socket-mode", on: record) == .kept) == isKept)
    }

    @Test(
        "After an empty `detail` no histogram comes but one that was on its way",
        arguments: [(before: 2, after: 1, true), (1, 2, false), (0, 0, true)])
    func detail(before: Int, after: Int, isKept: Bool) {
        func histograms(_ count: Int, of circuit: Int = 1) -> [Script.Step] {
            (0..<count).map { _ in
                .received(#"{"type":"histogram","circuit":\#(circuit),"t":1,"up_ms":1,"buckets":[]}"#)
            }
        }
        func verdict(_ more: [Script.Step] = []) -> Verdict {
            let steps =
                Self.steps(Line.picture) + histograms(before) + [.sent("detail"), .sent("fence")]
                + [.received(Line.error("unexpected", line: 3))] + histograms(after) + more
            var record = Record([(.detailed, Script(steps: steps))])
            record.detailed = [1]
            return Rule.verdict("detail", on: record)
        }
        #expect((verdict() == .kept) == isKept)
        #expect(verdict(histograms(1, of: 2)).evidence != nil)
        #expect(verdict([.received(Line.error("unexpected", line: 2))]).evidence != nil)
    }

    @Test(
        "A command is refused by the code of its reason",
        arguments: [
            ("wrong-boot", "wrong_boot"), ("unknown-circuit", "unknown_circuit"),
            ("stale-revision", "override_conflict"),
            ("id-conflict", "id_conflict"), ("unsupported-action", "unsupported"),
        ])
    func refused(rule: String, code: String) {
        func verdict(_ answers: [String], _ picture: [String] = Line.picture) -> Verdict {
            let steps = Self.steps(picture) + [.sent(rule, id: Self.id)] + answers.map { .received($0) }
            return Rule.verdict(rule, on: Record([(.refused, Script(steps: steps))]))
        }
        #expect(verdict([Line.result(Self.id, code)]) == .kept)
        #expect(verdict([Line.result(Self.id, "invalid")]).evidence != nil)
        #expect(verdict([Line.result(Self.id)]).evidence != nil)
        #expect(verdict([Line.result(Self.other, code)]).evidence != nil)
        #expect(verdict([Line.result(Self.id, "read_only")]).reason == "the service is read-only")
        let observer = Line.picture.map { $0.replacing("\"operator\"", with: "\"observer\"") }
        #expect(verdict([Line.result(Self.id, code)], observer).reason == "this connection only observes")
    }

    @Test("The same command again gets the same answer, and one record")
    func repeated() {
        func verdict(_ answers: [String], told: Int = 1) -> Verdict {
            let steps =
                Self.steps(Line.picture) + [.sent("stale-revision", id: Self.id), .sent("repeated", id: Self.id)]
                + answers.map { .received($0) }
            let event = #""kind":"command","id":"\#(Self.id)","action":"clear","ok":false,"code":"override_conflict""#
            let events = (0..<told).map { Line.event(2 + $0, event) }
            return Rule.verdict(
                "repeated", on: Record([(.watch, Script(Line.picture + events)), (.refused, Script(steps: steps))]))
        }
        let answer = Line.result(Self.id, "override_conflict")
        #expect(verdict([answer, answer]) == .kept)
        #expect(verdict([answer]).evidence != nil)
        #expect(verdict([answer, Line.result(Self.id, "id_conflict")]).evidence != nil)
        #expect(verdict([answer, answer], told: 2).evidence != nil)
    }

    @Test("Every command is told to the first conversation, as it was answered")
    func told() {
        func verdict(_ events: [String]) -> Verdict {
            let steps =
                Self.steps(Line.picture) + [
                    .sent("wrong-boot", id: Self.id), .received(Line.result(Self.id, "wrong_boot")),
                ]
            return Rule.verdict(
                "commands-told",
                on: Record([(.watch, Script(Line.picture + events)), (.refused, Script(steps: steps))]))
        }
        func event(_ code: String) -> String {
            Line.event(2, #""kind":"command","id":"\#(Self.id)","action":"clear","ok":false,"code":"\#(code)""#)
        }
        #expect(verdict([event("wrong_boot")]) == .kept)
        #expect(verdict([event("invalid")]).evidence != nil)
        #expect(verdict([]).evidence != nil)
        #expect(verdict([Line.event(2, #""kind":"suppressed","suppressed_kind":"command","count":1"#)]).reason != nil)
    }

    @Test(
        "A force that lets a call pass does not hold; one that nobody tried is not tested",
        arguments: [
            (5, 7, "kept"), (6, 7, "broken"), (5, 0, "not tested"),
        ])
    func holds(calls: Int, refused: Int, expected: String) {
        func row(_ calls: Int, _ mode: String, _ refused: Int) -> Script.Step {
            .received(Line.sample([#"[1,"\#(mode)",\#(calls),\#(refused)]"#], seq: mode == "none" ? 0 : 2))
        }
        let hello = Line.hello.replacing(
            /"columns":\[[^\]]*\]/, with: #""columns":["id","override","calls_total","rejected_forced_total"]"#)
        let steps: [Script.Step] =
            [.received(hello), .received(Line.subscribed), .received(Line.circuit(1)), row(5, "none", 0)]
            + [
                .sent("force", id: Self.id), .received(Line.result(Self.id)), row(5, "forced_open", 0),
                row(calls, "forced_open", refused),
            ]
            + [.sent("clear", id: Self.other), row(9, "none", refused)]
        var record = Record([(.force, Script(steps: steps))])
        record.forced = (1, "closed")
        let verdict = Rule.verdict("force-holds", on: record)
        switch expected {
        case "kept": #expect(verdict == .kept)
        case "broken": #expect(verdict.evidence != nil)
        default: #expect(verdict.reason != nil)
        }
    }

    @Test(
        "Somebody else's hand is told from the own: one change of the slot for each own command, and its expiry",
        arguments: [
            ([], false), ([command(2, id)], false), ([command(2, id), slot(3)], false),
            ([command(2, id), slot(3), slot(4, cause: "expiry")], false),
            ([command(2, id), slot(3), slot(4)], true), ([slot(2)], true), ([command(2, other)], true),
            ([command(2, other, "false")], false), ([command(2, other, circuit: 2), slot(3, circuit: 2)], false),
            ([command(2, other).replacing("}", with: #","replayed":true}"#)], false),
        ])
    func disturbed(events: [String], expected: Bool) {
        let steps = Self.steps(Line.picture) + [.sent("force", id: Self.id)] + events.map { .received($0) }
        #expect(Script(steps: steps).transcript(.force).isDisturbed(at: 1) == expected)
    }

    private static func command(_ seq: Int, _ id: String, _ ok: String = "true", circuit: Int = 1) -> String {
        Line.event(seq, circuit: circuit, #""kind":"command","id":"\#(id)","action":"clear","ok":\#(ok)"#)
    }

    private static func slot(_ seq: Int, cause: String = "command", circuit: Int = 1) -> String {
        Line.event(
            seq, circuit: circuit, #""kind":"override","from":"none","to":"forced_open","cause":"\#(cause)","rev":1"#)
    }

    @Test("A command is aimed at no circuit that there is")
    func aim() {
        #expect(CommandLine(Facts(Script(Line.picture).transcript()), action: "reset").circuit == WireBounds.integer)
    }

    @Test("A goodbye is only missed where the service closed")
    func bye() {
        func verdict(_ steps: [Script.Step]) -> Verdict {
            Rule.verdict("bye-said", on: Record([(.watch, Script(steps: Self.steps(Line.picture) + steps))]))
        }
        let bye = Script.Step.received(#"{"type":"bye","reason":"shutdown"}"#)
        #expect(verdict([.sent("wait-bye"), bye, .closed]) == .kept)
        #expect(verdict([.sent("wait-bye"), .closed]).evidence != nil)
        #expect(verdict([.sent("wait-bye")]).reason != nil)
        #expect(verdict([bye, .closed]).reason == "needs --wait-bye SECONDS")
    }
}
