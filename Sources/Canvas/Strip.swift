// SPDX-License-Identifier: Apache-2.0

/// A row of glyphs, each in a style of its own: how a state went, one moment a column.
package struct Strip: Hashable, Sendable {
    /// A column: a narrow glyph (another shows as `?`) and its style.
    package struct Mark: Hashable, Sendable {
        package var glyph: Unicode.Scalar
        package var style: Style

        package init(_ glyph: Unicode.Scalar, style: Style = .plain) {
            self.glyph = glyph
            self.style = style
        }
    }

    /// The oldest first; nil is "not known" and shows as a space.
    package var marks: [Mark?]

    package init(_ marks: [Mark?]) {
        self.marks = marks
    }

    /// Exactly so many cells with the newest (last) marks at the right: now is always in the same place.
    package func cells(width: Int) -> [Cell] {
        let width = min(max(0, width), Size.largest.columns)
        let shown = marks.suffix(width)
        return Array(repeating: .blank, count: width - shown.count)
            + shown.map { mark in
                guard let mark else { return .blank }
                let cell = Cell(mark.glyph, style: mark.style)
                return cell.width == 1 ? cell : Cell("?", style: mark.style)
            }
    }
}

extension Canvas {
    /// Draws the newest marks of a strip into so many columns.
    package mutating func draw(_ strip: Strip, x: Int, y: Int, width: Int) {
        for (column, cell) in strip.cells(width: width).enumerated() { self[x + column, y] = cell }
    }
}
