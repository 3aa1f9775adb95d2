// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
import Testing

/// A line, the code of its refusal and a part of what is said.
typealias Refusal = (line: String, code: WireError.Code, text: String)

@Suite("What is refused, and how")
struct HostileTests {
    @Test(
        "What is not one JSON object is malformed",
        arguments: [
            ("", WireError.Code.malformed, "expected an object, found the end of the line"),
            ("  ", .malformed, "end of the line"),
            ("[]", .malformed, "expected an object"),
            ("null", .malformed, "expected an object"),
            ("{", .malformed, "expected a key, found the end of the line"),
            (#"{"type":"ready"} x"#, .malformed, "expected the end of the line, found `x`, at byte 18"),
            (#"{"type":"ready"}{}"#, .malformed, "expected the end of the line"),
            (#"{"type":"ready",}"#, .malformed, "expected a key"),
            (#"{,"type":"ready"}"#, .malformed, "expected a key"),
            (#"{"type" "ready"}"#, .malformed, "expected a colon"),
            (#"{"type":"ready" "a":1}"#, .malformed, "expected a comma"),
            (#"{type:"ready"}"#, .malformed, "expected a key"),
            (#"{'type':"ready"}"#, .malformed, "expected a key"),
            (#"{"type":"ready","a":}"#, .malformed, "expected a value"),
            (#"{"type":"ready","a":tru}"#, .malformed, "expected true"),
            (#"{"type":"ready","a":nul"#, .malformed, "expected null"),
            (#"{"type":"ready","a":NaN}"#, .malformed, "expected a value"),
            (#"{"type":"ready","a":Infinity}"#, .malformed, "expected a value"),
            (#"{"type":"ready","a":-Infinity}"#, .malformed, "expected a digit"),
            (#"{"type":"ready","a":+1}"#, .malformed, "expected a value"),
            (#"{"type":"ready","a":01}"#, .malformed, "leading zero"),
            (#"{"type":"ready","a":1.}"#, .malformed, "expected a digit"),
            (#"{"type":"ready","a":.5}"#, .malformed, "expected a value"),
            (#"{"type":"ready","a":1e}"#, .malformed, "expected a digit"),
            (#"{"type":"ready","a":0x1}"#, .malformed, "expected a comma"),
            (#"{"type":"ready","a":[1,]}"#, .malformed, "expected a value"),
            (#"{"type":"ready","a":[1}"#, .malformed, "expected a comma or ]"),
            (#"{"type":"ready","a":"x}"#, .malformed, "a string without end"),
            (#"{"type":"ready","a":"\x"}"#, .malformed, "an unknown escape"),
            (#"{"type":"ready","a":"\u12g4"}"#, .malformed, "four hexadecimal digits"),
            (#"{"type":"ready","a":"\ud83d"}"#, .malformed, "half of a surrogate pair"),
            (#"{"type":"ready","a":"\ud83dx\ude00"}"#, .malformed, "half of a surrogate pair"),
            (#"{"type":"ready","a":"\ude00\ud83d"}"#, .malformed, "half of a surrogate pair"),
            (#"{"type":"ready","a":"\ud83d\ud83d"}"#, .malformed, "half of a surrogate pair"),
            ("{\"type\":\"ready\",\"a\":\"\u{1B}[2J\"}", .malformed, "a raw control character in a string, at byte 22"),
            ("{\"type\":\"ready\",\"a\":\"\t\"}", .malformed, "a raw control character"),
            ("\u{FEFF}{\"type\":\"ready\"}", .malformed, "expected an object"),
            ("{}", .missingField, "message.type is missing or null"),
            (#"{"type":null}"#, .missingField, "message.type is missing or null"),
            (#"{"type":7}"#, .badValue, "message.type: expected a string"),
            (#"{"type":""}"#, .badValue, "message.type is empty"),
            (#"{"type":"ready","type":"ready"}"#, .malformed, "message.type is there twice"),
            (#"{"type":"ready","typ\u0065":"ready"}"#, .malformed, "message.type is there twice"),
        ]
    )
    func malformed(refusal: Refusal) {
        expect(refusal) { line throws(WireError) in _ = try decodeService(line) }
        expect(refusal) { line throws(WireError) in _ = try decodeMonitor(line) }
    }

    @Test(
        "Bytes that are not UTF-8 are malformed, and the place is named",
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xEF, 0xBF],
            [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF8], [0xFF], [0xE2, 0x28, 0xA1],
            [0xF0, 0x9F, 0x98, 0x28],
        ] as [[UInt8]]
    )
    func invalidUTF8(bytes: [UInt8]) {
        // ASCII is checked in blocks: each place in a block, before and behind other letters.
        for padding in (0..<9).map({ String(repeating: "ä", count: $0) })
            + (0..<40).map({ String(repeating: "a", count: $0) })
        {
            let front = #"{"type":"bye","reason":""# + padding
            let line = Array(front.utf8) + bytes + Array(#"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#.utf8)
            let error = #expect(throws: WireError.self) { try decodeService(line) }
            #expect(error?.message == "invalid UTF-8, at byte \(front.utf8.count + 1)")
        }
    }

    @Test("Nesting of 32 is read, of 33 refused")
    func depth() throws {
        func nested(_ depth: Int) -> [UInt8] {
            let (open, close) = (String(repeating: "[", count: depth - 1), String(repeating: "]", count: depth - 1))
            return Array(#"{"type":"ready","x":\#(open)\#(close)}"#.utf8)
        }
        #expect(try decodeService(nested(32)) == .ready)
        let error = #expect(throws: WireError.self) { try decodeService(nested(33)) }
        #expect(error?.code == .tooDeep)
        #expect(throws: WireError.self) { try decodeService(nested(30_000)) }
    }

    @Test("A line of 65,536 bytes is read, a longer one refused")
    func length() throws {
        func line(_ count: Int) -> [UInt8] {
            let front = Array(#"{"type":"ready"}"#.utf8)
            return front + [UInt8](repeating: 0x20, count: count - front.count)
        }
        #expect(try decodeService(line(65_536)) == .ready)
        let error = #expect(throws: WireError.self) { try decodeService(line(65_537)) }
        #expect(error?.code == .lineTooLong)
    }

    @Test(
        "Integers are read however they are written",
        arguments: [
            ("0", 0), ("-0", 0), ("0.0", 0), ("0e999999999999", 0), ("1e3", 1_000), ("1.5e1", 15), ("10E-1", 1),
            ("-12.000", -12), ("1000e+0", 1_000), ("0.000001e6", 1), ("100000000000000000000e-19", 10),
            ("9007199254740991", 9_007_199_254_740_991), ("-9007199254740991.0", -9_007_199_254_740_991),
            ("9.007199254740991e15", 9_007_199_254_740_991), ("90071992547409910e-1", 9_007_199_254_740_991),
        ])
    func integers(text: String, value: Int64) throws {
        let circuit =
            #"{"type":"circuit","id":1,"name":"x","rule":{"name":"r"},"override":{"mode":"none","rev":0,"since":"#
        guard case .circuit(let read) = try decodeService(Array((circuit + text + "}}").utf8)) else {
            Issue.record("not a circuit")
            return
        }
        #expect(read.override.since == value)
    }

    @Test(
        "What is no integer within ±(2^53 − 1) is refused",
        arguments: [
            "9007199254740992", "-9007199254740992", "9223372036854775808", "99999999999999999999999999", "1e16",
            "1e400",
            "0.5", "1e-1", "1.00000000000000000000001", "9007199254740991.5", "1e99999999999999999999",
            "12345678901234567",
            #""1""#, "true", "{}", "[1]",
        ])
    func notIntegers(text: String) {
        let line = #"{"type":"gap","from":1,"to":"# + text + "}"
        let error = #expect(throws: WireError.self) { try decodeService(Array(line.utf8)) }
        #expect(error?.code == .badValue)
        #expect(error?.message.hasPrefix("gap.to") == true)
    }

    @Test("Escapes are undone, surrogate pairs among them")
    func escapes() throws {
        let line = #"{"type":"bye","reason":"\"\\\/\b\f\n\r\tA\u00e4\u20AC\ud83d\uDE00\u0000"}"#
        #expect(
            try decodeService(Array(line.utf8)) == .bye(reason: "\"\\/\u{8}\u{C}\n\r\tAä€\u{1F600}\u{0}"))
    }

    @Test(
        "An error's text holds nothing that could harm a terminal, wherever the peer put it",
        arguments: [
            "{\"type\":\"gap\",\"from\":\u{1B}[2J\u{7}", "\u{9B}2J",
            #"{"type":"circuit","id":1,"name":"a\u001b[2J\u009b2J","rule":{"name":"r"},"override":{"mode":"b\u007f"}}"#,
            #"{"type":"command","id":"6f1d0f9c-3c4e-4b0a-9a51-0d7f2f8e4c11","boot":"00c0ffee12345678","circuit":1,"#
                + #""action":"\u001b]0;x\u0007"}"#,
        ])
    func harmlessErrors(line: String) {
        var errors: [WireError] = []
        do throws(WireError) { _ = try decodeService(Array(line.utf8)) } catch { errors.append(error) }
        do throws(WireError) { _ = try decodeMonitor(Array(line.utf8)) } catch { errors.append(error) }
        #expect(!errors.isEmpty)
        for error in errors {
            #expect(error.message.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
        }
    }
}

/// Expects a line to be refused as told.
func expect(
    _ refusal: Refusal, sourceLocation: SourceLocation = #_sourceLocation,
    by decode: ([UInt8]) throws(WireError) -> Void
) {
    do throws(WireError) {
        try decode(Array(refusal.line.utf8))
        Issue.record("accepted: \(refusal.line)", sourceLocation: sourceLocation)
    } catch {
        #expect(error.code == refusal.code, "\(refusal.line): \(error)", sourceLocation: sourceLocation)
        #expect(error.message.contains(refusal.text), "\(refusal.line): \(error)", sourceLocation: sourceLocation)
    }
}
