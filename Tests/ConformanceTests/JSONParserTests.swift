// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Conformance

@Suite("JSON by the letter")
struct JSONParserTests {
    @Test(
        "Any legal JSON is read",
        arguments: [
            ("null", .null), (" [ ] ", .array([])), ("{}", .object([])), ("\t-0\r", .integer(0)),
            ("1e3", .integer(1_000)),
            ("10.0", .integer(10)), ("0.5", .fraction(0.5)), ("9223372036854775807", .integer(.max)),
            (#""\ud83d\ude00\n\/\u0000""#, .string("😀\n/\u{0}")), ("\"\u{7F}ä\"", .string("\u{7F}ä")),
            (
                #"{"a":1,"a":[true,false]}"#,
                .object([
                    .init(key: "a", value: .integer(1)), .init(key: "a", value: .array([.bool(true), .bool(false)])),
                ])
            ),
        ] as [(String, JSON)])
    func legal(text: String, value: JSON) throws {
        #expect(try JSONParser.parse(Array(text.utf8)) == value)
    }

    @Test(
        "What is not JSON is refused with the place",
        arguments: [
            "", " ", "nul", "NaN", "-", "01", "-01", "1.", ".5", "1e", "1e+", "+1", "0x1", "Infinity", "[1,]", "[,1]",
            "[1 2]", "[",
            "{", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "{a:1}", #"{"a":1"#, "\"", #""\"#, #""\u12"#, #""\u+123""#,
            #""\ud800""#,
            #""\udc00""#, #""\ud800\u0041""#, #""\ud800x""#, #""\x""#, "\"\u{1F}\"", "1 2", "{}{}", "{} x",
        ])
    func illegal(text: String) {
        #expect(throws: JSONFault.self) { try JSONParser.parse(Array(text.utf8)) }
    }

    @Test("Depth is measured up to 64, and no line overflows the stack")
    func depth() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(repeating: UInt8(ascii: "["), count: depth) + Array(repeating: UInt8(ascii: "]"), count: depth)
        }
        #expect(try JSONParser.parse(nested(64)).depth == 64)
        #expect(throws: JSONFault.self) { try JSONParser.parse(nested(65)) }
        #expect(throws: JSONFault.self) { try JSONParser.parse(Array(repeating: UInt8(ascii: "["), count: 60_000)) }
    }

    @Test(
        "A cut or changed line never traps",
        arguments: [Line.hello, Line.row(1), #"{"a":"\ud83d\ude00\\","b":[-1.5e-3,null]}"#])
    func cutAnywhere(line: String) {
        let bytes = Array(line.utf8)
        for end in bytes.indices {
            _ = try? JSONParser.parse(Array(bytes[..<end]))
            for byte: UInt8 in [
                0, 0x1F, UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "{"), UInt8(ascii: "e"), 0xFF,
            ] {
                var changed = bytes
                changed[end] = byte
                _ = try? JSONParser.parse(changed)
            }
        }
    }
}
