// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
import Testing

@Suite("Rules of each message")
struct MessageRulesTests {
    /// A golden line with one piece replaced, which must be in it.
    private static func change(_ name: String, _ piece: String, _ replacement: String) throws -> String {
        let line = String(decoding: try Golden.bytes(name).dropLast(), as: UTF8.self)
        try #require(line.contains(piece), "\(name) does not contain \(piece)")
        return line.split(separator: piece, omittingEmptySubsequences: false).joined(separator: replacement)
    }

    @Test(
        "A message with a wrong value is refused by name",
        arguments: [
            ("hello", #""boot":"9f2c41d07be35a18","#, "", WireError.Code.missingField, "hello.boot"),
            ("hello", "9f2c41d07be35a18", "9f2c41d07be35a1", .badValue, "16 hexadecimal digits"),
            ("hello", "9f2c41d07be35a18", "9f2c41d07be35a1g", .badValue, "16 hexadecimal digits"),
            ("hello", #""service":"orders""#, #""service":"""#, .badValue, "hello.service is empty"),
            ("hello", #""pid":4711"#, #""pid":-1"#, .badValue, "hello.pid is -1"),
            ("hello", #""env":"prod-eu""#, #""env":7"#, .badValue, "hello.env"),
            ("hello", #""keeps_overrides":true"#, #""keeps_overrides":1"#, .badValue, "hello.keeps_overrides"),
            ("hello", #"["id","#, "[", .badValue, "lacks `id`"),
            ("hello", #"["id","#, #"["id","id","#, .badValue, "a column twice"),
            ("hello", #""columns":["#, #""columns":[null,"#, .badValue, "hello.columns"),
            ("hello", #""columns""#, #""kolumns""#, .missingField, "hello.columns"),
            ("hello", #""actions""#, #""deeds""#, .missingField, "hello.actions"),
            ("hello", #"{"major":1,"minor":0}"#, "1", .badValue, "hello.protocol: expected an object"),
            ("hello", #""minor":0"#, #""minor":-1"#, .badValue, "hello.protocol.minor"),
            ("subscribed", #""interval_ms":1000"#, #""interval_ms":0"#, .badValue, "subscribed.interval_ms"),
            ("subscribed", #""line_bytes":65536,"#, "", .missingField, "subscribed.limits.line_bytes"),
            ("circuit", #""id":1"#, #""id":0"#, .badValue, "circuit.id is 0; it must be ≥ 1"),
            ("circuit", #""name":"payments","t"#, #""t"#, .missingField, "circuit.name"),
            ("circuit", #""threshold_permille":500"#, #""threshold_permille":1001"#, .badValue, "0...1000"),
            (
                "circuit", #""mode":"none""#, #""mode":"disabled""#, .badValue,
                "circuit `payments`: override.mode is `disabled`"
            ),
            ("circuit", #""team":"checkout""#, #""team":1"#, .badValue, "circuit.tags"),
            ("circuit", #""team":"checkout""#, #""tier":"2""#, .malformed, "a tag is there twice"),
            ("circuit", #"{"team":"checkout","tier":"1"}"#, "[]", .badValue, "circuit.tags"),
            ("circuit-forced", #""at":723412,"#, "", .missingField, "circuit.trip.at"),
            ("event-state", #""seq":1,"#, "", .missingField, "event.seq"),
            ("event-state", #""seq":1,"#, #""seq":0,"#, .badValue, "event.seq"),
            ("event-state", #""up_ms":723412"#, #""up_ms":-1"#, .badValue, "event.up_ms"),
            ("event-state", #""circuit":1"#, #""circuit":"1""#, .badValue, "event.circuit"),
            ("event-state", #""kind":"state","#, "", .missingField, "event.kind"),
            ("event-state", #""gen":1,"#, "", .missingField, "event.gen"),
            ("event-command", #""id":"6f1d"#, #""id":"6f1"#, .badValue, "event.id must be a UUID"),
            ("event-command-refused", #","code":"override_conflict""#, "", .missingField, "event.code"),
            ("event-probe", #""us":18250"#, #""us":18.25"#, .badValue, "event.us"),
            ("histogram", #""circuit":1,"#, "", .missingField, "histogram.circuit"),
            ("histogram", #""t":1767226333700,"#, "", .missingField, "histogram.t"),
            ("histogram", #""up_ms":733700"#, #""up_ms":-1"#, .badValue, "histogram.up_ms"),
            ("histogram", #""buckets""#, #""pails""#, .missingField, "histogram.buckets"),
            ("histogram", "[88,", #"7,"x":[88,"#, .badValue, "histogram.buckets: expected an array"),
            ("histogram", "127,510", "127", .badValue, "histogram.buckets: bucket 127 has no count"),
            ("histogram", "127,510", "104,510", .badValue, "bucket 104 is not in ascending order"),
            ("histogram", "127,510", "103,510", .badValue, "bucket 103 is not in ascending order"),
            ("histogram", "127,510", "304,510", .badValue, "bucket 304 is not in 0...303"),
            ("histogram", "88,11000", "-1,11000", .badValue, "bucket -1 is not in 0...303"),
            ("histogram", "88,11000", "88,-1", .badValue, "count -1 is not in 0...9007199254740991"),
            ("histogram", "88,11000", "88,9007199254740992", .badValue, "2^53 − 1"),
            ("histogram", "88,11000", "88,null", .badValue, "expected an integer"),
            ("histogram", "88,11000", "[88,11000]", .badValue, "expected an integer"),
            ("gap", #""from":11"#, #""from":43"#, .badValue, "gap.from is 43, behind gap.to, 42"),
            ("gap", #""from":11"#, #""from":0"#, .badValue, "gap.from"),
            ("result", #","seq":6"#, "", .missingField, "result.seq"),
            ("result", #""ok":true"#, #""ok":1"#, .badValue, "result.ok: expected true or false"),
            ("result", #""ok":true"#, #""ok":false"#, .missingField, "result.error"),
            ("result-refused", #""code":"override_conflict","#, "", .missingField, "result.error.code"),
            ("error", #""line":3"#, #""line":0"#, .badValue, "error.line"),
            ("bye", #""shutdown""#, "1", .badValue, "bye.reason"),
            ("subscribe", #""interval_ms":1000"#, #""interval_ms":null"#, .missingField, "subscribe.interval_ms"),
            ("subscribe", #""client":"breakertop/0.1.0","#, "", .missingField, "subscribe.client"),
            ("subscribe-resume", "[1,7]", "[1,0]", .badValue, "0 is no circuit"),
            ("subscribe-resume", "[1,7]", #"["1"]"#, .badValue, "expected an integer"),
            ("command-force", #""for_ms":600000,"#, "", .missingField, "or null for until cleared"),
            ("command-force", #""for_ms":600000"#, #""for_ms":0"#, .badValue, "command.for_ms"),
            ("command-force", #""id":"6f1d0f9c-"#, #""id":"6f1d0f9c0"#, .badValue, "command.id must be a UUID"),
            ("command-force", #""boot":"9"#, #""boot":""#, .badValue, "command.boot must be 16"),
            ("command-force", "force_open", "explode", .badValue, "`explode`; it must be one of force_open, "),
            ("command-force", #""if_override_rev":0"#, #""if_override_rev":-1"#, .badValue, "if_override_rev"),
            ("command-force", #""circuit":1"#, #""circuit":null"#, .missingField, "command.circuit"),
            ("detail", #""circuits":[1,7]"#, #""circuit":[1,7]"#, .missingField, "detail.circuits"),
            ("detail", "[1,7]", "null", .missingField, "detail.circuits"),
            ("detail", "[1,7]", "[1,0]", .badValue, "detail.circuits: 0 is no circuit"),
            ("detail", "[1,7]", "[1,-7]", .badValue, "detail.circuits: -7 is no circuit"),
            ("detail", "[1,7]", "[1.5]", .badValue, "not an integer"),
            ("detail", "[1,7]", "1", .badValue, "detail.circuits: expected an array"),
            (
                "command-force", #""circuit":1"#, #""circuit":1,"circuit":1"#, .malformed,
                "command.circuit is there twice"
            ),
        ]
    )
    func refused(name: String, piece: String, replacement: String, code: WireError.Code, text: String) throws {
        let line = try Self.change(name, piece, replacement)
        let message = try Golden.message(name)
        expect((line, code, text)) { bytes throws(WireError) in _ = try message.decodedLikeThis(bytes) }
    }

    @Test("Another major version is refused in words, whatever else is in the hello", arguments: [0, 2, 9_000])
    func otherMajor(major: Int) {
        let line = #"{"type":"hello","protocol":{"major":\#(major),"minor":0},"boot":1}"#
        expect((line, .unsupportedVersion, "the service speaks protocol \(major)")) { bytes throws(WireError) in
            _ = try decodeService(bytes)
        }
    }

    @Test("A higher minor version is read, with all that it adds")
    func higherMinor() throws {
        let line = try Self.change("hello", #""minor":0}"#, #""minor":9,"patch":"x"},"mood":{"a":[1,2,{"b":null}]}"#)
        guard case .hello(let hello) = try decodeService(Array(line.utf8)) else {
            Issue.record("not a hello")
            return
        }
        #expect(hello.version == ProtocolVersion(major: 1, minor: 9))
        #expect(hello.identity == Golden.identity)
    }

    @Test(
        "What only a later version knows is skipped, and named",
        arguments: [
            (#"{"type":"heatmap","circuit":1,"cells":[[1,2],[3,{"a":[]}]]}"#, "heatmap"),
            (#"{"circuit":1,"cells":[[1,2],[3,{"a":[]}]],"type":"heatmap"}"#, "heatmap"),
            (#"{"type":"event","t":1,"up_ms":1,"seq":1,"circuit":1,"kind":"mood","is":"good"}"#, "event/mood"),
            (
                #"{"type":"event","t":1,"up_ms":1,"seq":1,"circuit":1,"kind":"state","from":"open","to":"ajar","gen":1,"#
                    + #""cause":"rule"}"#, "event/state"
            ),
            (
                #"{"type":"event","t":1,"up_ms":1,"seq":1,"circuit":1,"kind":"state","from":"open","to":"closed","#
                    + #""gen":1,"cause":"whim"}"#, "event/state"
            ),
        ]
    )
    func skipped(line: String, type: String) throws {
        #expect(try decodeService(Array(line.utf8)) == .unknown(type: type))
    }

    @Test("A histogram of no calls and one of all buckets with the highest counts are read")
    func histograms() throws {
        for buckets in [0, LatencyHistogram.bucketCount] {
            let counts = (0..<buckets).map { (bucket: $0, count: WireLimits.maximumInteger) }
            let histogram = Histogram(circuit: 1, at: Golden.instant, latency: LatencyHistogram(counts: counts))
            let line = AnyMessage.service(.histogram(histogram)).encoded()
            #expect(line.count < WireLimits.lineBytes)
            #expect(try decodeService(line.dropLast()) == .histogram(histogram))
        }
        // A count of 0 may be told, and says nothing.
        let line = try Self.change("histogram", "[88,", "[3,0,88,")
        #expect(try AnyMessage.service(decodeService(Array(line.utf8))) == Golden.message("histogram"))
    }

    @Test("A monitor's unknown message is named too")
    func unknownMonitorMessage() throws {
        #expect(try decodeMonitor(Array(#"{"type":"hello"}"#.utf8)) == .unknown(type: "hello"))
    }

    @Test("An unknown role only observes")
    func unknownRole() throws {
        let line = try Self.change("subscribed", "operator", "emperor")
        guard case .subscribed(let subscribed) = try decodeService(Array(line.utf8)) else {
            Issue.record("not subscribed")
            return
        }
        #expect(subscribed.role == .observer)
    }

    @Test("A threshold counts only under the name that fits the rule")
    func thresholdNames() throws {
        for (rule, expected) in [("failure_ratio", 500 as Int64), ("consecutive_failures", 5), ("novel", 5)] {
            let line =
                #"{"type":"circuit","id":1,"name":"x","rule":{"name":"\#(rule)","threshold_permille":500,"#
                + #""threshold_count":5}}"#
            guard case .circuit(let circuit) = try decodeService(Array(line.utf8)) else {
                Issue.record("not a circuit")
                return
            }
            #expect(circuit.rule.threshold == expected)
        }
    }

    @Test("The least circuit is read: what it leaves out is unknown")
    func leastCircuit() throws {
        let line = #"{"type":"circuit","id":3,"name":"x","rule":{"name":"novel"}}"#
        let expected = CircuitDescription(id: 3, name: "x", rule: RuleDescription(name: "novel"))
        #expect(try decodeService(Array(line.utf8)) == .circuit(expected))
    }

    @Test("A clear needs no for_ms, and one that is there means nothing")
    func clearWithoutLifetime() throws {
        for field in ["", #""for_ms":null,"#, #""for_ms":5,"#] {
            let line = try Self.change("command-clear", #""reason""#, field + #""reason""#)
            #expect(try AnyMessage.monitor(decodeMonitor(Array(line.utf8))) == Golden.message("command-clear"))
        }
    }

    @Test("Lists and texts are bounded")
    func bounds() throws {
        let long = String(repeating: "x", count: 201)
        func list(_ count: Int, _ make: (Int) -> String) -> String { (0..<count).map(make).joined(separator: ",") }
        let circuit = #"{"type":"circuit","id":1,"name":"x","rule":{"name":"r"},"#
        let cases: [Refusal] = [
            (#"{"type":"\#(long)"}"#, .badValue, "message.type has 201 bytes; at most 200"),
            (#"{"type":"circuit","id":1,"name":"\#(long)","rule":{"name":"r"}}"#, .badValue, "circuit.name has 201"),
            (circuit + #""tags":{"\#(long)":""}}"#, .badValue, "a tag's name has 201 bytes"),
            (circuit + #""tags":{"a":"\#(long)"}}"#, .badValue, "circuit.tags has 201 bytes"),
            (circuit + #""tags":{\#(list(33) { #""\#($0)":"""# })}}"#, .badValue, "circuit.tags has more than 32"),
            (
                circuit + #""trip":{"at":1,"rule":"r","errors":[\#(list(6) { _ in #"{"type":"E"}"# })]}}"#, .badValue,
                "circuit.trip.errors has more than 5"
            ),
            (
                try Self.change("hello", #"["id""#, #"["id",\#(list(256) { #""c\#($0)""# })"#), .badValue,
                "hello.columns has more than 256"
            ),
            (
                try Self.change("hello", #""actions":["#, #""actions":[\#(list(64) { #""a\#($0)""# }),"#), .badValue,
                "hello.actions has more than 64"
            ),
            (
                #"{"type":"bye","reason":"\#(long + long + long + long + long)"}"#, .badValue,
                "bye.reason has 1005 bytes"
            ),
        ]
        for refusal in cases { expect(refusal) { line throws(WireError) in _ = try decodeService(line) } }
        let monitorCases: [Refusal] = [
            (try Self.change("command-clear", #""reason":"""#, #""reason":"\#(long)""#), .badValue, "201 characters"),
            (try Self.change("command-clear", #""ann""#, #""\#(long)""#), .badValue, "command.operator has 201"),
            (
                try Self.change("subscribe-resume", "[1,7]", "[\(list(65) { "\($0 + 1)" })]"), .badValue,
                "subscribe.detail has more than 64"
            ),
            (
                try Self.change("detail", "[1,7]", "[\(list(65) { "\($0 + 1)" })]"), .badValue,
                "detail.circuits has more than 64"
            ),
        ]
        for refusal in monitorCases { expect(refusal) { line throws(WireError) in _ = try decodeMonitor(line) } }
    }
}
