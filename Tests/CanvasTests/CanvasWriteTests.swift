// SPDX-License-Identifier: Apache-2.0
import Canvas
import Testing

@Suite struct CanvasWriteTests {
    @Test("Text lands where it is written, and says how many columns it took")
    func writes() {
        var canvas = Canvas(size: Size(columns: 10, rows: 2))
        #expect(canvas.write("ab日é", x: 1, y: 1) == 5)
        #expect(canvas.text == "\n ab日é")
        #expect(canvas[3, 1].width == 2)
        #expect(canvas[4, 1].isContinuation)
    }

    @Test(
        "What lies outside of the canvas is not drawn",
        arguments: [
            (0, -1, ""), (0, 3, ""), (5, 0, ""), (.max, 0, ""), (.min, 0, ""), (0, .max, ""), (0, .min, ""),
            (3, 1, "\n   ab"), (-2, 1, "\ncde"), (-5, 1, ""), (4, 2, "\n\n    a"),
        ])
    func clips(x: Int, y: Int, expected: String) {
        var canvas = Canvas(size: Size(columns: 5, rows: 3))
        canvas.write("abcde", x: x, y: y)
        #expect(canvas.text.trimmed == expected)
    }

    @Test(
        "A wide character that an edge would cut leaves a space",
        arguments: [(4, "    |"), (-1, " b  |"), (3, "   日|")])
    func edges(x: Int, expected: String) {
        var canvas = Canvas(size: Size(columns: 5, rows: 1))
        canvas.write(x < 0 ? "日b" : "日", x: x, y: 0)
        var row = ""
        for x in 0..<5 { canvas[x, 0].append(to: &row) }
        #expect((row + "|").hasPrefix(expected.dropLast()))
        #expect(canvas.isWhole)
    }

    @Test("Overwriting one half of a wide character blanks the other", arguments: [(2, " x"), (1, "x ")])
    func halves(x: Int, expected: String) {
        var canvas = Canvas(size: Size(columns: 5, rows: 1))
        canvas.write("日", x: 1, y: 0)
        canvas.write("x", x: x, y: 0)
        var row = ""
        for x in 1...2 { canvas[x, 0].append(to: &row) }
        #expect(row == expected)
        #expect(canvas.isWhole)
    }

    @Test("No more columns than allowed are used", arguments: [(0, 0), (1, 1), (2, 1), (3, 3), (99, 5), (-1, 0)])
    func maximum(limit: Int, used: Int) {
        var canvas = Canvas(size: Size(columns: 9, rows: 1))
        #expect(canvas.write("a日bc", x: 0, y: 0, maximumColumns: limit) == used)
    }

    @Test("Controls and escapes show as a question mark, joiners and variation selectors not at all")
    func controls() {
        var canvas = Canvas(size: Size(columns: 20, rows: 1))
        canvas.write("a\u{1B}[2J\n\u{9B}\u{202E}b\u{200D}\u{FE0F}c", x: 0, y: 0)
        #expect(canvas.text == "a?[2J???bc")
    }

    @Test("Two combining marks share a cell, further ones are dropped, and one without a base draws nothing")
    func combining() {
        var canvas = Canvas(size: Size(columns: 4, rows: 1))
        #expect(canvas.write("\u{301}e\u{301}\u{302}\u{303}x", x: 0, y: 0) == 2)
        #expect(Array(canvas.text.unicodeScalars) == ["e", "\u{301}", "\u{302}", "x"])
    }

    @Test("A fill reaches into the canvas from any side, and keeps no half characters")
    func fills() {
        var canvas = Canvas(size: Size(columns: 6, rows: 3))
        canvas.write("日日日", x: 0, y: 1)
        canvas.fill(Rect(x: -3, y: 0, columns: 4, rows: 99), with: "#")
        canvas.fill(Rect(x: 5, y: .max, columns: .max, rows: .max), with: "!")
        #expect(canvas.text == "#\n# 日日\n#")
        #expect(canvas.isWhole)
    }

    @Test("Restyling a row leaves its text")
    func restyles() {
        var canvas = Canvas(size: Size(columns: 4, rows: 2))
        canvas.write("ab", x: 0, y: 1, style: Style(foreground: .red))
        canvas.restyle(row: 1) { $0.reversed }
        canvas.restyle(row: 7) { $0.bold }
        #expect(canvas.styledText == "\nab\n-- styles\n1: 0-1 reverse red, 2-3 reverse")
    }

    @Test("A canvas drawn into another is clipped like all else")
    func draws() {
        var dialog = Canvas(size: Size(columns: 3, rows: 2))
        dialog.write("日x", x: 0, y: 0)
        dialog.write("yz", x: 0, y: 1)
        var canvas = Canvas(size: Size(columns: 4, rows: 2))
        canvas.draw(dialog, x: 2, y: 0)
        canvas.draw(dialog, x: -1, y: 1)
        #expect(canvas.text == "  日\n xyz")
        #expect(canvas.isWhole)
    }

    @Test("An absurd size is cut down", arguments: [Size(columns: .max, rows: .max), Size(columns: -1, rows: 3)])
    func sizes(size: Size) {
        let canvas = Canvas(size: size)
        #expect(canvas.size == size.bounded)
        #expect(canvas.cells.count == canvas.size.columns * canvas.size.rows)
    }

    @Test("Random writes never leave the bounds or half a character", arguments: 1...20 as ClosedRange<UInt64>)
    func random(seed: UInt64) {
        var random = SplitMix(state: seed)
        var canvas = Canvas(
            size: Size(columns: .random(in: 0...20, using: &random), rows: .random(in: 0...8, using: &random)))
        for _ in 0..<300 {
            let scalars = (0..<Int.random(in: 0...12, using: &random)).compactMap { _ in
                Unicode.Scalar(
                    UInt32.random(
                        in: 0...[0x7F, 0x3FF, 0xFFFF, 0x1FFFF].randomElement(using: &random)!, using: &random))
            }
            var text = ""
            text.unicodeScalars.append(contentsOf: scalars)
            let (x, y) = (Int.random(in: -15...25, using: &random), Int.random(in: -3...10, using: &random))
            let used = canvas.write(text, x: x, y: y, maximumColumns: Bool.random(using: &random) ? 7 : nil)
            #expect(used <= text.displayWidth)
            canvas.fill(Rect(x: y, y: x, columns: x, rows: y), with: "日")
            canvas.draw(canvas, x: y, y: x)
        }
        #expect(canvas.cells.count == canvas.size.columns * canvas.size.rows)
        #expect(canvas.isWhole)
        #expect(!canvas.text.unicodeScalars.contains { $0 != "\n" && ($0.value < 0x20 || 0x7F..<0xA0 ~= $0.value) })
    }
}

extension Canvas {
    /// Whether each left half is followed by its right half, and each right half preceded by a left one.
    var isWhole: Bool {
        (0..<size.rows).allSatisfy { y in
            (0..<size.columns).allSatisfy { x in
                let cell = self[x, y]
                if cell.isContinuation { return x > 0 && self[x - 1, y].width == 2 }
                return cell.width == 1 || (x + 1 < size.columns && self[x + 1, y].isContinuation)
            }
        }
    }
}

extension String {
    /// Without the empty rows at the end.
    var trimmed: String {
        var text = self[...]
        while text.last == "\n" { text.removeLast() }
        return String(text)
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
