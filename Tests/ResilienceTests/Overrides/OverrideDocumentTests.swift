// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import ResilienceTesting
import Testing

@testable import Resilience

@Suite("The text of a state file", .timeLimit(.minutes(1)))
struct OverrideDocumentTests {
    static let overrides = [
        "payment.charge": StoredOverride(
            mode: .forcedOpen, revision: 3, principal: "uid 1000 (ann)", claimed: "ann",
            reason: "INC-42: \"down\"\n\\ ✓ \u{0}", since: 1_767_225_600_000, until: 1_767_225_660_000),
        "Lagerplätze": StoredOverride(mode: .forcedClosed, revision: 1, since: 0, until: nil),
    ]

    static let text = #"""
        {"format":"breakertop-overrides","version":1,"service":"orders","overrides":[
        {"circuit":"Lagerplätze","mode":"forced_closed","principal":"","claimed":"","reason":"","rev":1,"since":0,"until":null},
        {"circuit":"payment.charge","mode":"forced_open","principal":"uid 1000 (ann)","claimed":"ann","reason":"INC-42: \"down\"\u000a\\ ✓ \u0000","rev":3,"since":1767225600000,"until":1767225660000}
        ]}

        """#

    private func decode(_ text: String) throws(OverrideFileError) -> [String: StoredOverride] {
        try OverrideDocument.decode(Array(text.utf8), of: "orders")
    }

    @Test("It is JSON that a person can read, and reads back as it was")
    func roundTrip() throws {
        let bytes = try OverrideDocument.encode(Self.overrides, of: "orders")
        #expect(String(decoding: bytes, as: UTF8.self) == Self.text)
        #expect(try OverrideDocument.decode(bytes, of: "orders") == Self.overrides)
        #expect(try decode(String(decoding: OverrideDocument.encode([:], of: "orders"), as: UTF8.self)).isEmpty)
    }

    @Test("Another order, white space, escapes and unknown fields change nothing")
    func tolerance() throws {
        let text = #"""
            { "overrides" : [ { "until" : null, "mode" : "forced_open", "reason" : "\ud83d\ude00\/", "since" : 1,
              "claimed" : "", "principal" : "", "rev" : 2, "circuit" : "a", "note" : [ -1.5e+3, true, { } ] } ],
              "service" : "orders", "version" : 1, "format" : "breakertop-overrides", "later" : null }
            """#
        #expect(
            try decode(text) == [
                "a": StoredOverride(mode: .forcedOpen, revision: 2, reason: "😀/", since: 1, until: nil)
            ])
    }

    @Test(
        "What cannot be used is refused in words",
        arguments: [
            ("payment.charge", "Lagerplätze", "a circuit that stands there twice"),
            ("\"until\":null", "\"until\":-1", "a field of override 1"),
            ("\"until\":null", "\"later\":null", "a field of override 1"),
            ("\"until\":1767225660000", "\"until\":1", "a field of override 2"),
            ("\"since\":0", "\"since\":9007199254740992", "a field of override 1"),
            ("\"since\":0", "\"since\":0.5", "a field of override 1"),
            ("\"rev\":1", "\"rev\":99999999999999999999", "a field of override 1"),
            ("forced_closed", "none", "a field of override 1"),
            ("forced_closed", "half_open", "a field of override 1"),
            ("Lagerplätze", "", "a field of override 1"),
            ("\"version\":1", "\"version\":2", "its version is 2, and this program knows 1"),
            ("\"version\":1", "\"version\":\"1\"", "it has no version"),
            ("\"overrides\"", "\"others\"", "it has no overrides"),
            ("\"rev\":1", "\"rev\":1,\"rev\":1", "it is broken: a key stands twice"),
            ("\\u0000", "\\ud800", "half of a surrogate pair"),
            ("\\u0000", "\\ud800\\u0041", "half of a surrogate pair"),
            ("\\u0000", "\\u+123", "expected four hexadecimal digits"),
            ("\\u0000", "\\x", "expected an escape"),
            ("\\u0000", "\t", "a control character in a text"),
            ("\"rev\":1", "\"rev\":01", "expected ','"),
            ("\"rev\":1", "\"rev\":-", "expected a digit"),
            ("\"rev\":1", "\"rev\":NaN", "expected a value"),
            ("]}\n", "]} x", "expected nothing more"),
        ])
    func refused(_ part: String, by other: String, words: String) throws {
        let text = try #require(
            Self.text.firstRange(of: part).map { Self.text.replacingCharacters(in: $0, with: other) })
        let error = #expect(throws: OverrideFileError.self) { try decode(text) }
        #expect(error?.code == .unusable)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test("A file of something or somebody else is not ours")
    func notOurs() {
        for text in ["{}", "[]", "1", "{\"format\":\"x\"}", Self.text.replacing("orders", with: "payments")] {
            let error = #expect(throws: OverrideFileError.self) { try decode(text) }
            #expect(error?.code == .notOurs)
        }
        let error = #expect(throws: OverrideFileError.self) {
            try decode(Self.text.replacing("orders", with: "payments"))
        }
        #expect(error?.message == #"it belongs to "payments", not to "orders""#)
    }

    @Test("Cut anywhere it is refused, and never half believed")
    func truncated() {
        let bytes = Array(Self.text.utf8)
        // Without the last line break it is still whole.
        for count in 0..<bytes.count - 2 {
            #expect(throws: OverrideFileError.self, "\(count) bytes") {
                try OverrideDocument.decode(Array(bytes.prefix(count)), of: "orders")
            }
        }
    }

    @Test("Whatever bytes are changed, it is read or refused")
    func garbled() throws {
        var random = SeededRandom(seed: 7)
        for _ in 1...5_000 {
            var bytes = Array(Self.text.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: .min ... .max, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert(try #require("{}[]\",:\\-0eu".utf8.randomElement(using: &random)), at: index)
                }
            }
            guard let overrides = try? OverrideDocument.decode(bytes, of: "orders") else { continue }
            for override in overrides.values {
                #expect(override.mode != .none)
                #expect(override.until.map { $0 >= override.since } != false)
            }
        }
    }

    @Test("Depth is bounded")
    func depth() {
        let text = String(repeating: "[", count: 100_000)
        #expect(throws: JSONValue.Malformed.self) { try JSONValue(Array(text.utf8)) }
    }

    @Test("More than can be read back is not written")
    func tooMany() throws {
        var many: [String: StoredOverride] = [:]
        for number in 1...OverrideDocument.maximumOverrides {
            many["circuit \(number)"] = StoredOverride(mode: .forcedOpen, revision: 1, since: 0)
        }
        let bytes = try OverrideDocument.encode(many, of: "orders")
        #expect(try OverrideDocument.decode(bytes, of: "orders").count == many.count)
        many["one more"] = many["circuit 1"]
        let error = #expect(throws: OverrideFileError.self) { try OverrideDocument.encode(many, of: "orders") }
        #expect(error?.message == "there are 10001 overrides, and at most 10000 are kept")
        let long = String(repeating: "\u{1}", count: StoredOverride.maximumTextBytes)
        for name in many.keys { many[name]?.reason = long }
        many["one more"] = nil
        #expect(throws: OverrideFileError.self) { try OverrideDocument.encode(many, of: "orders") }
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<Index>, with other: String) -> String {
        var copy = self
        copy.replaceSubrange(range, with: other)
        return copy
    }
}
