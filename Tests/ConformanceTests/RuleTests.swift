// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Foundation
import Testing

@testable import Conformance

/// Rules on conversations written by hand: each is broken in one place.
@Suite("Rules")
struct RuleTests {
    /// A conversation in which a rule is broken, and at which line.
    struct Breach: Sendable, CustomTestStringConvertible {
        var rule: String
        var line: Int?
        var lines: [String]
        var testDescription: String { "\(rule): \(lines.last?.prefix(80) ?? "nothing")" }

        init(_ rule: String, line: Int?, _ lines: [String]) { (self.rule, self.line, self.lines) = (rule, line, lines) }

        /// After a good beginning of six lines.
        init(_ rule: String, line: Int?, then lines: [String]) { self.init(rule, line: line, Line.picture + lines) }

        /// With the beginning's line of a number replaced.
        init(_ rule: String, at line: Int, _ replacement: String, reported: Int? = nil) {
            var lines = Line.picture
            lines[line - 1] = replacement
            self.init(rule, line: reported ?? line, lines)
        }
    }

    private static func hello(_ text: String, _ other: String) -> String { Line.hello.replacing(text, with: other) }

    static let breaches: [Breach] = [
        Breach("hello-first", line: nil, []),
        Breach("hello-first", line: 1, [Line.subscribed, Line.hello]),
        Breach("hello-first", line: 7, then: [Line.hello]),
        Breach("protocol-version", at: 1, hello(#""major":1"#, #""major":2"#)),
        Breach("protocol-version", at: 1, hello(#","minor":0"#, "")),
        Breach("hello-boot", at: 1, hello("00c0ffee12345678", "00c0ffee1234567")),
        Breach("hello-boot", at: 1, hello("00c0ffee12345678", "00c0ffee1234567g")),
        Breach("hello-boot", at: 1, hello(#""00c0ffee12345678""#, "12345678")),
        Breach("hello-columns", at: 1, hello(#""id","#, "")),
        Breach("hello-columns", at: 1, hello(#""gen""#, #""state""#)),
        Breach("hello-columns", at: 1, hello(#""gen""#, "5")),
        Breach("hello-columns", at: 1, hello(#""gen""#, (0..<250).map { "\"x\($0)\"" }.joined(separator: ","))),
        Breach("hello-fields", at: 1, hello(#""orders""#, #""""#)),
        Breach("hello-fields", at: 1, hello(#""instance":"orders-1","#, "")),
        Breach("hello-fields", at: 1, hello(#""clear""#, "1")),
        Breach("hello-fields", at: 1, hello(#""actions""#, #""pid":"1","actions""#)),
        Breach("hello-fields", at: 1, hello(#""actions""#, #""keeps_overrides":"no","actions""#)),
        Breach(
            "hello-fields", at: 1, hello(#""actions""#, #""host":"\#(String(repeating: "h", count: 201))","actions""#)),
        Breach("subscribed-second", line: nil, [Line.hello]),
        Breach("subscribed-second", line: 2, [Line.hello, Line.circuit(1), Line.subscribed]),
        Breach("subscribed-second", line: 7, then: [Line.subscribed]),
        Breach("described-first", line: 3, [Line.hello, Line.subscribed, Line.sample([Line.row(1)]), Line.circuit(1)]),
        Breach("described-first", line: 7, then: [Line.event(2, circuit: 9)]),
        Breach("described-first", at: 4, Line.event(1, circuit: 9, replayed: true) + "\n", reported: 4).with(
            last: Line.circuit(9)),
        Breach("replay-first", line: 7, then: [Line.event(2, replayed: true)]),
        Breach("first-sample", at: 5, Line.sample([]), reported: 5),
        Breach("first-sample", at: 5, Line.sample([Line.row(1)], end: false), reported: 6),
        Breach("first-sample", at: 5, #"{"type":"new"}"#, reported: 6),
        Breach("ready-once", line: nil, Array(Line.picture.dropLast())),
        Breach("ready-once", line: 7, then: [Line.ready]),
        Breach("json", line: 7, then: ["{}"]),
        Breach("json", line: 7, then: [#"{"type":5}"#]),
        Breach("json", line: 7, then: ["[1]"]),
        Breach("json", line: 7, then: [" "]),
        Breach("json", line: 7, then: [#"{"type":"new","a":NaN}"#]),
        Breach("json", line: 7, then: [#"{"type":"new","a":"\ud800"}"#]),
        Breach("keys-once", line: 7, then: [#"{"type":"gap","from":1,"to":2,"to":3}"#]),
        Breach("keys-once", line: 7, then: [#"{"type":"sample","t":1,"up_ms":2,"up_ms":2,"seq":1,"rows":[]}"#]),
        Breach(
            "nesting", line: 7,
            then: [#"{"type":"new","a":"# + String(repeating: "[", count: 32) + String(repeating: "]", count: 32) + "}"]
        ),
        Breach("integers", line: 7, then: [#"{"type":"new","a":[9007199254740992]}"#]),
        Breach("integers", line: 7, then: [#"{"type":"new","a":-1e300}"#]),
        Breach(
            "subscribed-fields", at: 2,
            #"{"type":"subscribed","interval_ms":0,"role":"operator","limits":{"line_bytes":1,"commands_per_second":1}}"#
        ),
        Breach("circuit-fields", at: 3, #"{"type":"circuit","id":1,"name":"","rule":{"name":"r"}}"#),
        Breach("event-fields", line: 7, then: [Line.event(2, #""kind":"state","from":"open""#)]),
        Breach("gap-fields", line: 7, then: [#"{"type":"gap","from":5,"to":2}"#]),
        Breach("histogram-fields", line: 7, then: [#"{"type":"histogram","circuit":1}"#]),
        Breach("result-fields", line: 7, then: [Line.result("42")]),
        Breach("error-fields", line: 7, then: [#"{"type":"error","line":1}"#]),
        Breach("bye-fields", line: 7, then: [#"{"type":"bye","reason":1}"#]),
        Breach("sample-fields", line: 7, then: [#"{"type":"sample","t":1,"up_ms":-1,"seq":1,"rows":[],"end":true}"#]),
        Breach("sample-fields", line: 7, then: [#"{"type":"sample","t":1,"up_ms":1,"seq":1,"rows":[1],"end":true}"#]),
        Breach("sample-fields", line: 7, then: [#"{"type":"sample","t":1,"up_ms":1,"seq":1,"rows":[],"end":1}"#]),
        Breach("row-width", line: 7, then: [Line.sample(["[1,null]"])]),
        Breach("row-values", line: 7, then: [Line.sample([Line.row(0)])]),
        Breach("row-values", line: 7, then: [Line.sample([Line.row(1, gen: -1)])]),
        Breach("row-values", line: 7, then: [Line.sample([Line.row(1).replacing(#""closed""#, with: "1")])]),
        Breach("row-values", line: 7, then: [Line.sample([Line.row(1).replacing(",5,0]", with: ",\"5\",0]")])]),
        Breach("row-order", line: 7, then: [Line.sample([Line.row(1), Line.row(1)])]),
        Breach("row-order", line: 8, then: [Line.sample([Line.row(2)], end: false), Line.sample([Line.row(1)])]),
        Breach("sample-lines", line: 7, then: [Line.sample((1...257).map { Line.row($0) })]),
        Breach(
            "sample-lines", line: 8,
            then: [Line.sample([Line.row(1)], seq: 1, end: false), Line.sample([Line.row(2)], seq: 2)]),
        Breach("calls-sum", line: 7, then: [Line.sample(["[1,null,1,9,5,1,0,1,1,0,5,0]"])]),
        Breach("calls-sum", line: 7, then: [Line.sample(["[1,null,1,9,\(Int64.max),\(Int64.max),0,1,1,0,5,0]"])]),
        Breach("timeouts-failed", line: 7, then: [Line.sample(["[1,null,1,9,7,2,3,0,0,0,5,0]"])]),
        Breach("window-failed", line: 7, then: [Line.sample(["[1,null,1,9,7,2,2,0,0,0,5,6]"])]),
        Breach("counters-rise", line: 7, then: [Line.sample([Line.row(1, calls: 4)])]),
        Breach("generations-rise", line: 7, then: [Line.sample([Line.row(1, gen: 0)])]),
        Breach("clock-rises", line: 7, then: [Line.sample(up: 999)]),
        Breach("sample-seq", line: 7, then: [Line.sample(seq: 0)]),
        Breach("event-seq", line: 7, then: [Line.event(3)]),
        Breach("event-seq", line: 7, then: [Line.event(1)]),
        Breach("event-seq", line: 8, then: [#"{"type":"gap","from":2,"to":4}"#, Line.event(6)]),
        Breach("event-clock", line: 7, then: [Line.event(2, up: 999)]),
        Breach(
            "state-chain", line: 8,
            then: [Line.state(2, "closed", "open", gen: 2), Line.state(3, "closed", "half_open", gen: 3)]),
        Breach(
            "state-chain", line: 8,
            then: [Line.state(2, "closed", "open", gen: 2), Line.state(3, "open", "half_open", gen: 2)]),
        Breach(
            "override-chain", line: 8,
            then: [Line.slot(2, "none", "forced_open", rev: 1), Line.slot(3, "none", "forced_open", rev: 2)]),
        Breach(
            "override-chain", line: 8,
            then: [Line.slot(2, "none", "forced_open", rev: 1), Line.slot(3, "forced_open", "none", rev: 3)]),
        Breach(
            "free-slot", line: 7, then: [slotted(Line.slot(2, "none", "none", rev: 1), #""since":null"#, #""since":5"#)]
        ),
        Breach(
            "free-slot", line: 7,
            then: [slotted(Line.slot(2, "none", "none", rev: 1), #""until":null"#, #""claimed":"ann""#)]),
        Breach("free-slot", line: 7, then: [described(#""override":{"mode":"none","rev":1,"reason":"x"}"#)]),
        Breach("instants-past", line: 7, timedPicture).then(moment("2001,null,null")),
        Breach("instants-past", line: 7, timedPicture).then(moment("0,null,1767226333700")),
        Breach(
            "instants-past", line: 7,
            then: [slotted(Line.slot(2, "none", "forced_open", rev: 1), #""since":null"#, #""since":2001"#)]),
        Breach(
            "instants-past", line: 7,
            then: [Line.state(2, "closed", "open", gen: 2).replacing(#""at":1,"#, with: #""at":2001,"#)]),
        Breach(
            "instants-past", line: 7,
            then: [described(#""override":{"mode":"forced_open","rev":1,"since":2500}"#), Line.sample(up: 1_400)]),
        Breach("open-until", line: 7, timedPicture).then(moment("0,5,null")),
        Breach("open-until", line: 8, timedPicture).then(
            described(#""open_ms":500"#), moment("0,2501,null", state: "open")),
        Breach("open-until", line: 7, timedPicture).then(moment("0,1767226333000,null", state: "open")),
        Breach("trip-told", line: 7, then: [Line.state(2, "closed", "open", gen: 2, trip: false)]),
        Breach("histograms-rise", line: 7, then: [histogram("9,1,8,1")]),
        Breach("histograms-rise", line: 8, then: [histogram("8,2,9,1"), histogram("8,1,9,5")]),
        Breach("histograms-rise", line: 8, then: [histogram("8,2,9,1"), histogram("9,5")]),
    ]

    private static func slotted(_ line: String, _ text: String, _ other: String) -> String {
        line.replacing(text, with: other)
    }

    private static func described(_ field: String) -> String {
        #"{"type":"circuit","id":1,"name":"payments","rule":{"name":"r"},\#(field)}"#
    }

    /// A hello whose rows have instants in the last three places.
    private static let timed = Line.hello.replacing(
        #""in_flight","win_calls","win_failed""#, with: #""state_since","open_until","last_call""#)

    private static let timedPicture =
        [timed] + Line.picture[1..<4] + [moment("0,null,0"), Line.ready]

    private static func moment(_ instants: String, state: String = "closed") -> String {
        Line.sample(["[1,\"\(state)\",1,5,5,0,0,0,0,\(instants)]"]).replacing(
            #""t":1,"#, with: #""t":1767226333700,"#)
    }

    private static func histogram(_ buckets: String) -> String {
        #"{"type":"histogram","circuit":1,"t":1,"up_ms":1,"buckets":[\#(buckets)]}"#
    }

    @Test("A breach is seen, and at the line where it is", arguments: breaches)
    func breach(_ breach: Breach) {
        let verdict = Rule.verdict(breach.rule, on: Record([(.watch, Script(breach.lines))]))
        #expect(verdict.evidence != nil, "\(verdict)")
        #expect(verdict.evidence?.line == breach.line, "\(verdict)")
    }

    @Test("A good conversation breaks nothing")
    func good() {
        let more = [
            Line.event(2), Line.sample([Line.row(1, calls: 6)], up: 1_250, seq: 2), #"{"type":"from_the_future"}"#,
            Line.circuit(2),
            Line.sample([Line.row(1, calls: 7)], up: 1_500, seq: 2, end: false),
            Line.sample([Line.row(2)], up: 1_500, seq: 2),
            Line.state(3, "closed", "open", gen: 2), Line.state(4, "open", "half_open", gen: 3),
            #"{"type":"gap","from":5,"to":9}"#,
            Line.state(10, "open", "closed", gen: 9), Line.slot(11, "none", "forced_open", rev: 1),
            Line.slot(12, "forced_open", "none", rev: 2).replacing(
                #""since":null"#, with: #""since":null,"principal":"""#),
            Self.histogram("8,2,9,1"), Self.histogram("8,2,9,3,200,1"), Line.sample(up: 1_750, seq: 12),
            #"{"type":"bye"}"#,
        ]
        let record = Record([(.watch, Script(Line.picture + more))])
        for rule in Rule.all { #expect(rule.verdict(on: record).evidence == nil, "\(rule.id)") }
        let timed = Record([
            (
                .watch,
                Script(Self.timedPicture + [Self.described(#""open_ms":500"#), Self.moment("0,1400,0", state: "open")])
            )
        ])
        for id in ["instants-past", "open-until"] { #expect(Rule.verdict(id, on: timed) == .kept, "\(id)") }
        for id in [
            "instants-past", "free-slot", "calls-sum", "row-order", "event-seq", "state-chain", "override-chain",
            "trip-told", "described-first",
            "sample-seq",
        ] {
            #expect(Rule.verdict(id, on: record) == .kept, "\(id)")
        }
    }

    @Test("The protocol page's own examples break no rule of form")
    func goldens() throws {
        let folder = URL(filePath: #filePath).appending(path: "../../BreakerWireTests/Golden").standardized
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            .filter {
                !$0.hasPrefix("subscribe.") && !$0.hasPrefix("subscribe-") && !$0.hasPrefix("command")
                    && !$0.hasPrefix("detail")
            }
        let hello = names.filter { $0.hasPrefix("hello") }
        let lines = try (hello + names.filter { !hello.contains($0) }).map { name in
            String(decoding: try Data(contentsOf: folder.appending(path: name)).dropLast(), as: UTF8.self)
        }
        #expect(lines.count > 10)
        let record = Record([(.watch, Script(lines))])
        for rule in Rule.form {
            #expect(rule.verdict(on: record).evidence == nil, "\(rule.id): \(rule.verdict(on: record))")
        }
        for id in ["row-width", "row-values", "row-order", "hello-fields", "hello-columns", "hello-boot", "trip-told"] {
            #expect(Rule.verdict(id, on: record) == .kept, "\(id): \(Rule.verdict(id, on: record))")
        }
    }

    @Test("Lines that are too long or no UTF-8 are seen as such")
    func bytes() {
        let good = Line.picture.map { Script.Step.received($0) }
        let tooLong = Record([(.watch, Script(steps: good + [.tooLong]))])
        #expect(Rule.verdict("line-length", on: tooLong).evidence?.line == 7)
        #expect(Rule.verdict("json", on: tooLong) == .kept)
        let notUTF8 = Record([(.watch, Script(steps: good + [.bytes([UInt8(ascii: "\""), 0xFF, UInt8(ascii: "\"")])]))])
        #expect(Rule.verdict("utf8", on: notUTF8).evidence?.line == 7)
        #expect(Rule.verdict("json", on: notUTF8) == .kept)
    }

    @Test("What did not happen is not tested, never kept")
    func notTested() {
        let nothing = Record([])
        for rule in Rule.all { #expect(rule.verdict(on: nothing).reason != nil, "\(rule.id)") }
        let short = Record([(.watch, Script([Line.hello]))])
        for id in ["row-width", "calls-sum", "event-seq", "state-chain", "clock-rises", "result-fields"] {
            #expect(Rule.verdict(id, on: short).reason != nil, "\(id)")
        }
    }

    @Test("Every rule has a name of its own, in kebab-case")
    func names() {
        let ids = Rule.all.map(\.id)
        #expect(Set(ids).count == ids.count)
        for id in ids { #expect(id.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) != nil, "\(id)") }
    }
}

extension RuleTests.Breach {
    /// The same with more lines at the end.
    func then(_ lines: String...) -> Self {
        var copy = self
        copy.lines += lines
        return copy
    }

    /// The same with another line at the end.
    func with(last line: String) -> Self {
        var copy = self
        copy.lines.append(line)
        return copy
    }
}
