// SPDX-License-Identifier: Apache-2.0

import BreakerWire
import Foundation
import Testing

/// Whoever speaks the protocol has a JSON writer of its own.
@Suite("Any legal JSON is read, and no other")
struct SpellingTests {
    @Test("Order, white space, escapes, exponents and unknown fields change nothing", arguments: Golden.names)
    func spelledOtherwise(name: String) throws {
        let message = try Golden.message(name)
        let tree = try Golden.tree(name)
        for seed in UInt64(1)...20 {
            var speller = Speller(seed: seed)
            let line = speller.line(tree)
            #expect(try message.decodedLikeThis(Array(line.utf8)) == message, "\(line)")
        }
    }

    @Test("A known key that is there twice is refused, in each object", arguments: Golden.names)
    func duplicateKeys(name: String) throws {
        let message = try Golden.message(name)
        let tree = try Golden.tree(name)
        for path in tree.keyPaths {
            var speller = Speller(seed: 1)
            speller.twice = path
            let line = speller.line(tree)
            expect((line, .malformed, "twice")) { bytes throws(WireError) in _ = try message.decodedLikeThis(bytes) }
        }
    }

    @Test(
        "NaN and the infinities are refused, wherever a number may stand", arguments: ["NaN", "Infinity", "-Infinity"])
    func notANumber(word: String) throws {
        for name in Golden.names {
            let line = String(decoding: try Golden.bytes(name).dropLast(), as: UTF8.self)
            let message = try Golden.message(name)
            for number in line.matches(of: /[:,\[]([0-9]+)/).map(\.1) {
                let broken = line.replacingCharacters(in: number.startIndex..<number.endIndex, with: word)
                #expect(throws: WireError.self, "\(broken)") { try message.decodedLikeThis(Array(broken.utf8)) }
            }
        }
    }

    @Test("Half of a surrogate pair is refused in each text", arguments: [#"\ud83d"#, #"\ude00"#, #"\ude00\ud83d"#])
    func surrogates(half: String) throws {
        for name in Golden.names {
            let line = String(decoding: try Golden.bytes(name).dropLast(), as: UTF8.self)
            let message = try Golden.message(name)
            for quote in line.matches(of: /(")[,}\]:]/).map(\.1) {
                let broken = line.replacingCharacters(in: quote.startIndex..<quote.endIndex, with: half + "\"")
                expect((broken, .malformed, "half of a surrogate pair")) { bytes throws(WireError) in
                    _ = try message.decodedLikeThis(bytes)
                }
            }
        }
    }

    @Test(
        "Every message may hold unknown fields down to level 32, and be 65,536 bytes long, no more",
        arguments: Golden.names)
    func bounds(name: String) throws {
        let message = try Golden.message(name)
        let line = try Golden.bytes(name).dropLast(2)
        func nested(_ levels: Int) -> [UInt8] {
            let (open, close) = (String(repeating: "[", count: levels), String(repeating: "]", count: levels))
            return line + Array(#","novel":\#(open)\#(close)}"#.utf8)
        }
        #expect(try message.decodedLikeThis(nested(31)) == message)
        let tooDeep = #expect(throws: WireError.self) { try message.decodedLikeThis(nested(32)) }
        #expect(tooDeep?.code == .tooDeep)

        func padded(_ length: Int) -> [UInt8] {
            line + Array(repeating: 0x20, count: length - line.count - 1) + Array("}".utf8)
        }
        #expect(try message.decodedLikeThis(padded(65_536)) == message)
        let tooLong = #expect(throws: WireError.self) { try message.decodedLikeThis(padded(65_537)) }
        #expect(tooLong?.code == .lineTooLong)
    }
}
