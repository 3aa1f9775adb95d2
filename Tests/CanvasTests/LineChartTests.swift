// SPDX-License-Identifier: Apache-2.0
import Canvas
import Testing

@Suite struct LineChartTests {
    private func lines(
        _ values: [Double?], _ columns: Int, _ rows: Int, minimum: Double = 0, maximum: Double? = nil,
        threshold: Double? = nil, glyphs: GlyphSet = .unicode
    ) -> [String] {
        LineChart(
            values, size: Size(columns: columns, rows: rows), minimum: minimum, maximum: maximum, threshold: threshold
        ).drawing(glyphs: glyphs).lines
    }

    @Test(
        "A line goes through its values, two a column and four heights a row, and the newest stands at the right",
        arguments: [
            ([0, 1, 2, 3], 2, "⡠⠊"), ([3, 2, 1, 0], 2, "⠑⢄"), ([0, 3], 1, "⡸"), ([1, 1, 1, 1], 2, "⠉⠉"),
            ([0, 0], 1, "⣀"), ([3], 2, " ⠈"), ([9, 9, 0, 3], 1, "⡸"), ([], 2, "  "),
        ] as [([Double?], Int, String)])
    func line(values: [Double?], columns: Int, expected: String) {
        #expect(lines(values, columns, 1) == [expected])
    }

    @Test("A rise over several rows is one unbroken line")
    func rise() {
        #expect(lines([0, 7], 1, 2) == ["⢸", "⡸"])
    }

    @Test(
        "What is not known is blank, and nothing bridges it",
        arguments: [
            [0, nil, nil, 3], [0, .nan, .infinity, 3], [0, -.infinity, nil, 3],
        ] as [[Double?]])
    func unknown(values: [Double?]) {
        #expect(lines(values, 2, 1, maximum: 3) == ["⡀⠈"])
    }

    @Test(
        "What lies beyond the scale stands at its end, and a scale without extent is no trap",
        arguments: [
            ([-5, 50], 0, 10, "⡸"), ([5, 5], 5, 5, "⣀"), ([5, 5], 9, 1, "⣀"), ([1, 1], .nan, .nan, "⣀"),
            (
                [-.greatestFiniteMagnitude, .greatestFiniteMagnitude], -.greatestFiniteMagnitude,
                .greatestFiniteMagnitude, "⣀"
            ),
        ] as [([Double?], Double, Double, String)])
    func scale(values: [Double?], minimum: Double, maximum: Double, expected: String) {
        #expect(lines(values, 1, 1, minimum: minimum, maximum: maximum) == [expected])
    }

    @Test(
        "The threshold is dotted at its height where the line is not, and nowhere if the scale does not reach it",
        arguments: [
            (1, ["⠁⠁", "⣀⣀"]), (0.5, ["⡀⡀", "⣀⣀"]), (0.4, ["  ", "⣀⣀"]), (2, ["  ", "⣀⣀"]), (.nan, ["  ", "⣀⣀"]),
        ] as [(Double, [String])])
    func threshold(threshold: Double, expected: [String]) {
        #expect(lines([0, 0, 0, 0], 2, 2, maximum: 1, threshold: threshold) == expected)
    }

    @Test("A threshold above all values is in sight unless the scale is given")
    func thresholdOnTheScale() {
        #expect(lines([0, 0], 1, 2, threshold: 5) == ["⠁", "⣀"])
    }

    @Test("Each cell says what it belongs to, so that a view can style it")
    func parts() {
        var canvas = Canvas(size: Size(columns: 3, rows: 2))
        let chart = LineChart([nil, nil, 1, 1], size: Size(columns: 2, rows: 2), maximum: 1, threshold: 1).drawing()
        #expect(chart.part(column: 0, row: 0) == .threshold)
        #expect(chart.part(column: 1, row: 0) == .line)
        #expect(chart.part(column: 0, row: 1) == .blank)
        #expect(chart.part(column: 9, row: -1) == .blank)
        canvas.draw(chart, x: 1, y: 0, line: .plain.bold, threshold: .plain.dim)
        #expect(canvas.styledText == " ⠁⠉\n\n-- styles\n0: 1-1 dim, 2-2 bold")
    }

    @Test("In ASCII it keeps its shape, drawn so or transliterated later")
    func ascii() {
        let values: [Double?] = [0, 0, 0, 9, 9, 9]
        let drawn = lines(values, 4, 2, threshold: 4, glyphs: .ascii)
        #expect(drawn == ["  :.", "-.:-"])
        var canvas = Canvas(size: Size(columns: 4, rows: 2))
        let chart = LineChart(values, size: canvas.size, threshold: 4).drawing()
        canvas.draw(chart, x: 0, y: 0, line: .plain, threshold: .plain)
        #expect(canvas.transliterated == canvas.ascii(of: drawn))
    }

    @Test("No values, scales or sizes make it trap, and each row is as wide as it says", arguments: 0..<500)
    func anything(seed: Int) {
        var generator = Generator(state: UInt64(seed))
        func number() -> Double {
            generator.next() % 3 == 0
                ? Double(bitPattern: generator.next()) : Double(Int64(bitPattern: generator.next()) % 100)
        }
        let values = (0..<Int(generator.next() % 40)).map { _ in generator.next() % 5 == 0 ? nil : number() }
        let size = Size(columns: Int(generator.next() % 12), rows: Int(generator.next() % 5))
        let scale = (minimum: number(), maximum: generator.next() % 2 == 0 ? nil : number(), threshold: number())
        let chart = LineChart(
            values, size: size, minimum: scale.minimum, maximum: scale.maximum, threshold: scale.threshold)
        #expect(chart.drawing().lines.map(\.unicodeScalars.count) == Array(repeating: size.columns, count: size.rows))
    }

    /// SplitMix64.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    @Test("It draws nothing outside of any size, and a huge one is cut down")
    func sizes() {
        #expect(lines([1, 2], 0, 5) == ["", "", "", "", ""])
        #expect(lines([1, 2], 5, 0) == [])
        #expect(lines([1, 2], -3, -3) == [])
        #expect(LineChart([], size: Size(columns: .max, rows: .max)).size == Size.largest)
        var canvas = Canvas(size: Size(columns: 2, rows: 1))
        let chart = LineChart([1, 1, 1, 1, 1, 1], size: Size(columns: 3, rows: 3), minimum: 1, maximum: 2).drawing()
        canvas.draw(chart, x: -1, y: -2, line: .plain, threshold: .plain)
        #expect(canvas.text == "⣀⣀")
    }
}

extension Canvas {
    /// A canvas of this size with these lines.
    fileprivate func ascii(of lines: [String]) -> Canvas {
        var canvas = Canvas(size: size)
        for (y, line) in lines.enumerated() { canvas.write(line, x: 0, y: y) }
        return canvas
    }
}
