// SPDX-License-Identifier: Apache-2.0

/// A drawn chart: a glyph for each cell, and what it belongs to, so that a view can give each its style.
package struct ChartDrawing: Hashable, Sendable {
    package enum Part: Hashable, Sendable {
        case blank, line, threshold
    }

    private struct Cell: Hashable {
        var glyph: Unicode.Scalar
        var part: Part
    }

    package let size: Size
    /// Row by row, `size.columns` each.
    private let cells: [Cell]

    /// The line covers the threshold.
    init(line: Dots, threshold: Dots, glyphs: GlyphSet) {
        size = line.size
        var cells: [Cell] = []
        cells.reserveCapacity(size.columns * size.rows)
        for row in 0..<size.rows {
            for column in 0..<size.columns {
                let pattern = line[column, row]
                let mark = threshold[column, row]
                let part: Part = pattern != 0 ? .line : mark != 0 ? .threshold : .blank
                cells.append(Cell(glyph: glyphs.dots(part == .line ? pattern : mark), part: part))
            }
        }
        self.cells = cells
    }

    /// The rows as text, from top to bottom, `size.columns` each.
    package var lines: [String] {
        (0..<size.rows).map { row in
            var text = String.UnicodeScalarView()
            text.append(contentsOf: cells[(row * size.columns)..<((row + 1) * size.columns)].lazy.map(\.glyph))
            return String(text)
        }
    }

    /// What a cell belongs to; outside there are only blanks.
    package func part(column: Int, row: Int) -> Part {
        size.contains(x: column, y: row) ? cells[row * size.columns + column].part : .blank
    }

    fileprivate func glyph(column: Int, row: Int) -> Unicode.Scalar { cells[row * size.columns + column].glyph }
}

extension Canvas {
    /// Draws a chart, its upper left corner at this place; blanks leave what is there.
    package mutating func draw(_ chart: ChartDrawing, x: Int, y: Int, line: Style, threshold: Style) {
        for row in 0..<chart.size.rows {
            for column in 0..<chart.size.columns {
                let part = chart.part(column: column, row: row)
                guard part != .blank else { continue }
                let cell = Cell(chart.glyph(column: column, row: row), style: part == .line ? line : threshold)
                self[x + column, y + row] = cell
            }
        }
    }
}
