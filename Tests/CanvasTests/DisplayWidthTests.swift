// SPDX-License-Identifier: Apache-2.0
import Canvas
import Testing

@Suite struct DisplayWidthTests {
    @Test(
        "A scalar takes the columns that terminals give it",
        arguments: [
            ("a", 1), ("é", 1), ("─", 1), ("█", 1), ("●", 1), ("◐", 1), ("■", 1), ("▣", 1), ("⣀", 1), ("…", 1),
            ("▸", 1),
            ("日", 2), ("한", 2), ("Ａ", 2), ("　", 2), ("ア", 2), ("\u{1F600}", 2), ("⌚", 2), ("\u{20000}", 2),
            ("\u{301}", 0), ("\u{20DD}", 0), ("\u{200B}", 0), ("\u{200D}", 0), ("\u{FE0F}", 0), ("\u{1160}", 0),
            ("\0", 0),
            ("\u{1B}", 0), ("\u{7F}", 0), ("\u{9B}", 0), ("\u{AD}", 0),
        ] as [(Unicode.Scalar, Int)])
    func widths(scalar: Unicode.Scalar, columns: Int) {
        #expect(displayWidth(of: scalar) == columns)
    }

    @Test(
        "Text is cut to columns, with an ellipsis, and never within a character",
        arguments: [
            ("payment", 7, "payment"), ("payment", 6, "payme…"), ("payment", 1, "…"), ("payment", 0, ""), ("", 3, ""),
            ("日本語", 6, "日本語"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("日本語", 2, "…"),
            ("ne\u{301}e\u{301}", 3, "ne\u{301}e\u{301}"), ("ne\u{301}e\u{301}x", 3, "ne\u{301}…"), ("abc", -1, ""),
        ])
    func truncation(text: String, columns: Int, expected: String) {
        #expect(text.truncated(toColumns: columns) == expected)
    }

    @Test(
        "Padding makes it exactly so many columns",
        arguments: [
            ("ab", 5, Alignment.leading, "ab   "), ("ab", 5, .trailing, "   ab"), ("ab", 5, .center, " ab  "),
            ("日本", 3, .leading, "日…"), ("日本", 5, .trailing, " 日本"), ("日本語", 4, .leading, "日… "),
            ("a", -3, .leading, ""),
        ])
    func padding(text: String, columns: Int, alignment: Alignment, expected: String) {
        #expect(text.padded(toColumns: columns, alignment: alignment) == expected)
    }

    @Test(
        "A hostile name shows as harmless text",
        arguments: [
            ("\u{1B}[2Jx", "?[2Jx"), ("a\nb\tc", "a?b?c"), ("\u{202E}evil", "?evil"), ("\u{9B}31m", "?31m"),
            ("a\u{7F}", "a?"),
            ("a\u{200D}\u{FE0F}b", "ab"), ("o\u{301}\u{301}\u{301}\u{301}", "o\u{301}\u{301}"), ("\u{301}a", "a"),
            ("a\u{2028}b\u{61C}\u{2066}c", "a?b??c"), ("plain", "plain"),
        ])
    func sanitizing(text: String, expected: String) {
        #expect(Array(text.sanitizedForDisplay(maxColumns: 20).unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test("A name of a megabyte is cut, also when none of it takes a column")
    func bounds() {
        #expect(String(repeating: "x", count: 1 << 20).sanitizedForDisplay(maxColumns: 8) == "xxxxxxx…")
        let marks = "a" + String(repeating: "\u{301}", count: 1 << 20)
        #expect(marks.sanitizedForDisplay(maxColumns: 8).unicodeScalars.count <= 8)
    }

    @Test(
        "A sanitized text draws as wide as it says",
        arguments: ["日\u{1B}é\u{200D}", "\u{1F469}\u{200D}\u{1F680}", "\u{600}a"])
    func agreement(text: String) {
        var canvas = Canvas(size: Size(columns: 40, rows: 1))
        let clean = text.sanitizedForDisplay(maxColumns: 30)
        #expect(canvas.write(clean, x: 0, y: 0) == clean.displayWidth)
        #expect(canvas.write(text, x: 0, y: 0) == text.displayWidth)
    }
}
