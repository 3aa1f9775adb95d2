// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Canvas

@Suite struct TransliterationTests {
    @Test("Without UTF-8 a drawing keeps its shape and everything else becomes a question mark")
    func shapes() {
        var canvas = Canvas(size: Size(columns: 14, rows: 2))
        canvas.write("▸ ■ open ≥ 60%", x: 0, y: 0)
        canvas.write("日é──…", x: 0, y: 1)
        #expect(canvas.transliterated.text == "> # open > 60%\n? ?--~")
    }

    @Test("Every glyph that drawings are made of has a likeness")
    func glyphs() {
        let drawn =
            "●◐■▣◌○▸◂▾▲▼├┤┬┴┼┌┐└┘─│╷┈↺↻✓✗⚑⚠←→↑↓×≥∞…"
            + String(String.UnicodeScalarView((0x2801...0x28FF).compactMap(Unicode.Scalar.init)))
        var canvas = Canvas(size: Size(columns: 400, rows: 1))
        canvas.write(drawn, x: 0, y: 0)
        let text = canvas.transliterated.text
        #expect(text.count == drawn.unicodeScalars.count)
        let unknown = text.filter { $0 == "?" }
        #expect(unknown == "?", "only ◌, the unknown state, is one")
    }

    @Test(
        "A cell of dots looks as dense as it is",
        arguments: [("⠁⠂⠄⡀", "----"), ("⠈⣀⠉", "..."), ("⡇⢸⣇", ":::"), ("⣿⣷", "##"), ("\u{2800}", "")])
    func dots(drawn: String, expected: String) {
        var canvas = Canvas(size: Size(columns: 4, rows: 1))
        canvas.write(drawn, x: 0, y: 0)
        #expect(canvas.transliterated.text == expected)
    }

    @Test("ASCII stays as it is")
    func ascii() {
        var canvas = Canvas(size: Size(columns: 20, rows: 1))
        canvas.write("plain text ~", x: 0, y: 0, style: .plain.bold)
        #expect(canvas.transliterated == canvas)
    }
}
