// SPDX-License-Identifier: Apache-2.0
import Canvas
import Testing

@Suite struct StripTests {
    @Test("A strip shows its newest marks at the right, each in its style, and nothing for what is not known")
    func strip() {
        var canvas = Canvas(size: Size(columns: 6, rows: 1))
        canvas.write("######", x: 0, y: 0)
        canvas.draw(
            Strip([.init("○"), .init("●"), nil, .init("■", style: .plain.bold)]), x: 0, y: 0, width: 5)
        #expect(canvas.styledText == " ○● ■#\n-- styles\n0: 4-4 bold")
        canvas.draw(Strip([.init("○"), .init("●")]), x: 5, y: 0, width: 1)
        #expect(canvas.text == " ○● ■●")
    }

    @Test("A glyph that is not one column wide shows as a question mark, and no width is a trap")
    func bounds() {
        var canvas = Canvas(size: Size(columns: 3, rows: 1))
        canvas.draw(Strip([.init("日"), .init("\u{1B}"), .init("x")]), x: 0, y: 0, width: 3)
        #expect(canvas.text == "??x")
        for width in [-1, 0, .max] { canvas.draw(Strip([.init("x")]), x: -2, y: 5, width: width) }
        #expect(Strip([.init("x")]).cells(width: .max).count == Size.largest.columns)
    }
}
