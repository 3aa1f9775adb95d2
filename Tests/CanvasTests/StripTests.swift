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

    @Test(
        "The parts of a bar have their share of it, and what is there at all has a column",
        arguments: [
            ([1, 1], nil, 10, [5, 5]), ([999, 1], nil, 10, [9, 1]), ([999, 1, 1], nil, 2, [1, 1, 0]),
            ([3, 1], 8, 8, [3, 1]), ([1], 1_000, 10, [1]), ([500, 1], 1_000, 10, [5, 1]), ([3, 1], 2, 8, [6, 2]),
            ([0, 0], nil, 8, [0, 0]), ([], nil, 8, []),
            ([1, 1, 1], nil, 10, [3, 4, 3]), ([.nan, -1, .infinity, 1], nil, 4, [0, 0, 0, 4]),
            ([1, 1], nil, 0, [0, 0]),
            ([1, 1], nil, -5, [0, 0]), ([1e308, 1e308], nil, 4, [1, 1]), ([1, 1, 1], nil, 2, [1, 0, 1]),
        ] as [([Double], Double?, Int, [Int])])
    func stacked(parts: [Double], whole: Double?, width: Int, expected: [Int]) {
        let columns = StackedBar(parts, whole: whole, width: width).columns
        #expect(columns.reduce(0, +) <= max(0, width))
        #expect(columns == expected)
    }
}
