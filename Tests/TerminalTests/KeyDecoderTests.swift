// SPDX-License-Identifier: Apache-2.0
import Canvas
import Testing

@testable import Terminal

@Suite struct KeyDecoderTests {
    typealias Output = KeyDecoder.Output

    static let keys: [(String, [Key])] = [
        ("a", [.character("a")]), (" ", [.character(" ")]), ("é日", [.character("é"), .character("日")]),
        ("\r", [.enter]),
        ("\n", [.enter]), ("\t", [.tab]), ("\u{7F}", [.backspace]), ("\u{8}", [.backspace]), ("\u{1}", [.control("a")]),
        ("\u{1A}", [.control("z")]), ("\0", [.control(" ")]), ("\u{1C}", [.control("\\")]), ("\u{1F}", [.control("_")]),
        ("\u{1B}[A", [.up]), ("\u{1B}OA", [.up]), ("\u{1B}[B", [.down]), ("\u{1B}[1;5C", [.right]),
        ("\u{1B}[D", [.left]),
        ("\u{1B}[H", [.home]), ("\u{1B}OF", [.end]), ("\u{1B}[1~", [.home]), ("\u{1B}[4~", [.end]),
        ("\u{1B}[5~", [.pageUp]),
        ("\u{1B}[6~", [.pageDown]), ("\u{1B}[2~", [.insert]), ("\u{1B}[3~", [.delete]), ("\u{1B}[3;5~", [.delete]),
        ("\u{1B}[Z", [.backTab]), ("\u{1B}OP", [.function(1)]), ("\u{1B}[[A", [.function(1)]),
        ("\u{1B}[[E", [.function(5)]),
        ("\u{1B}[11~", [.function(1)]), ("\u{1B}[15~", [.function(5)]), ("\u{1B}[17~", [.function(6)]),
        ("\u{1B}[21~", [.function(10)]), ("\u{1B}[23~", [.function(11)]), ("\u{1B}[24;2~", [.function(12)]),
        ("\u{1B}[1;2R", [.function(3)]), ("\u{1B}OM", [.enter]), ("\u{1B}Op", [.character("0")]),
        // Alt, which Escape and what was typed right behind it cannot be told from.
        ("\u{1B}x", [.alt("x")]), ("\u{1B}/t", [.alt("/"), .character("t")]),
        ("\u{1B}\u{7F}b", [.alt("\u{7F}"), .character("b")]),
        ("\u{1B}\r", [.alt("\r")]), ("\u{1B}é日", [.alt("é"), .character("日")]), ("\u{1B}[127;3u", [.alt("\u{7F}")]),
        ("\u{1B}\u{1B}[A", [.escape, .up]), ("\u{1B}[97;5u", [.control("a")]), ("\u{1B}[27u", [.escape]),
        ("\u{1B}[9;2u", [.backTab]), ("\u{1B}[120;3u", [.alt("x")]), ("\u{1B}O5A", [.up]),
        // Cut off, and something else after it.
        ("\u{1B}[1\u{1B}[B", [.down]), ("\u{1B}O\u{1B}OB", [.down]), ("\u{1B}[1\u{18}q", [.character("q")]),
        // Answers that nobody asked for, and sequences that nobody knows.
        ("\u{1B}]11;rgb:0/0/0\u{7}q", [.character("q")]), ("\u{1B}P1$r0m\u{1B}\\q", [.character("q")]),
        ("\u{1B}[?62;4cq", [.character("q")]),
        ("\u{1B}[12;40Rq", [.character("q")]), ("\u{1B}[>0;1;2cq", [.character("q")]),
        ("\u{1B}[99~q", [.character("q")]),
        ("\u{1B}[99999999999999999999~q", [.character("q")]), ("\u{1B}[1114112u", []), ("\u{1B}[<0;1M", []),
        ("\u{1B}[<0;0;1M", []),
    ]

    @Test("Bytes become the keys that a person pressed", arguments: keys)
    func decodes(text: String, expected: [Key]) {
        var decoder = KeyDecoder()
        #expect(decoder.decode(text.utf8) == expected.map { Output.event(.key($0)) })
        #expect(decoder.patience == nil)
    }

    @Test("It does not matter where the bytes are split", arguments: keys)
    func splits(text: String, expected: [Key]) {
        let bytes = Array(text.utf8)
        for cut in bytes.indices {
            var decoder = KeyDecoder()
            let outputs = decoder.decode(bytes[..<cut]) + decoder.decode(bytes[cut...])
            #expect(outputs == expected.map { Output.event(.key($0)) }, "cut at \(cut)")
        }
        var decoder = KeyDecoder()
        #expect(bytes.flatMap { decoder.decode([$0]) } == expected.map { Output.event(.key($0)) })
    }

    @Test(
        "When nothing more comes, an escape is the key and the rest of a sequence is nothing",
        arguments: [
            ("\u{1B}", .escape, [.escape]), ("\u{1B}[", .sequence, [.alt("[")]), ("\u{1B}O", .sequence, [.alt("O")]),
            ("\u{1B}]", .sequence, [.alt("]")]), ("\u{1B}[1;", .sequence, []), ("\u{1B}]11", .sequence, []),
            ("\u{1B}[<0;2", .sequence, []),
        ] as [(String, KeyDecoder.Patience, [Key])])
    func timesOut(text: String, patience: KeyDecoder.Patience, expected: [Key]) {
        var decoder = KeyDecoder()
        #expect(decoder.decode(text.utf8) == [])
        #expect(decoder.patience == patience)
        #expect(decoder.timeOut() == expected.map { Output.event(.key($0)) })
        #expect(decoder.patience == nil)
        #expect(decoder.decode("q".utf8) == [.event(.key(.character("q")))])
    }

    @Test(
        "Mouse reports",
        arguments: [
            ("\u{1B}[<0;251;3M", Mouse(.press, button: .left, position: Point(x: 250, y: 2))),
            ("\u{1B}[<2;1;1m", Mouse(.release, button: .right, position: Point(x: 0, y: 0))),
            ("\u{1B}[<64;5;6M", Mouse(.wheelUp, position: Point(x: 4, y: 5))),
            ("\u{1B}[<65;5;6M", Mouse(.wheelDown, position: Point(x: 4, y: 5))),
            ("\u{1B}[<32;5;6M", Mouse(.drag, button: .left, position: Point(x: 4, y: 5))),
            (
                "\u{1B}[<28;5;6M",
                Mouse(.press, button: .left, position: Point(x: 4, y: 5), modifiers: [.shift, .alt, .control])
            ),
            ("\u{1B}[M !\"", Mouse(.press, button: .left, position: Point(x: 0, y: 1))),
            ("\u{1B}[M#!\"", Mouse(.release, button: .none, position: Point(x: 0, y: 1))),
        ])
    func mouse(text: String, expected: Mouse) {
        var decoder = KeyDecoder()
        #expect(decoder.decode(text.utf8) == [.event(.mouse(expected))])
    }

    @Test("Focus and the answer about a mode")
    func reports() {
        var decoder = KeyDecoder()
        #expect(decoder.decode("\u{1B}[I\u{1B}[O".utf8) == [.event(.focus(true)), .event(.focus(false))])
        #expect(decoder.decode("\u{1B}[?2026;2$y".utf8) == [.modeReport(mode: 2_026, value: 2)])
        #expect(decoder.decode("\u{1B}[0n".utf8) == [.statusReport])
        #expect(decoder.decode("\u{1B}[5n".utf8) == [])
    }

    @Test("A paste is one event, whatever is in it, and however it is split")
    func pastes() {
        let pasted = "q\r\u{1B}[A\u{1B}[20\u{1B}\u{1B}[201x日"
        let bytes = Array("\u{1B}[200~\(pasted)\u{1B}[201~q".utf8)
        for cut in bytes.indices {
            var decoder = KeyDecoder()
            var outputs = decoder.decode(bytes[..<cut])
            // A pause within the paste does not end it.
            if cut > 6 && cut < bytes.count - 1 { outputs += decoder.timeOut() }
            outputs += decoder.decode(bytes[cut...])
            #expect(outputs == [.event(.paste(pasted)), .event(.key(.character("q")))])
        }
    }

    @Test("Of an endless paste the first 64 KiB are kept")
    func endlessPaste() {
        var decoder = KeyDecoder()
        #expect(decoder.decode("\u{1B}[200~".utf8) == [])
        for _ in 0..<40 { #expect(decoder.decode(repeatElement(UInt8(ascii: "q"), count: 8_192)) == []) }
        let outputs = decoder.decode("\u{1B}[201~".utf8)
        #expect(outputs == [.event(.paste(String(repeating: "q", count: PasteCollector.maximum)))])
    }

    @Test("The terminal's own sequences come before the usual ones")
    func terminfo() {
        var decoder = KeyDecoder(keys: KeyTable(sequences: [Array("\u{1B}[A".utf8): .function(9), [8]: .delete]))
        #expect(decoder.decode("\u{1B}[A\u{8}".utf8) == [.event(.key(.function(9))), .event(.key(.delete))])
    }

    @Test("Invalid UTF-8 is dropped, and what follows it is not")
    func invalid() {
        var decoder = KeyDecoder()
        let bytes: [UInt8] = [0xFF, 0xC3, 0x41, 0xE6, 0x97, 0x1B, 0x5B, 0x41, 0xED, 0xA0, 0x80, 0x42, 0xC2, 0x9B]
        #expect(
            decoder.decode(bytes) == [.event(.key(.character("A"))), .event(.key(.up)), .event(.key(.character("B")))])
    }

    @Test("Random bytes never trap, and the keyboard works afterwards", arguments: 1...50 as ClosedRange<UInt64>)
    func random(seed: UInt64) {
        var random = SplitMix(state: seed)
        var decoder = KeyDecoder()
        let usual = Array("\u{1B}\u{1B}[[<?;;0129MmO~u$yP]\\".utf8)
        for _ in 0..<2_000 {
            let likely = Bool.random(using: &random)
            let byte =
                likely
                ? usual[Int.random(in: 0..<usual.count, using: &random)] : UInt8.random(in: 0...255, using: &random)
            let outputs = decoder.decode([byte])
            #expect(outputs.count <= 2)
            if Int.random(in: 0..<20, using: &random) == 0 { _ = decoder.timeOut() }
        }
        _ = decoder.decode("\u{1B}[201~".utf8)
        _ = decoder.timeOut()
        #expect(decoder.decode("q".utf8) == [.event(.key(.character("q")))])
    }
}

/// The same numbers for the same seed, on every machine.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
