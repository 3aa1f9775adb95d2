// SPDX-License-Identifier: Apache-2.0

extension Canvas {
    /// Clears a block and draws a line around it, with a title on the upper one.
    package mutating func frame(_ box: Rect, title: String, style: Style) {
        guard box.columns >= 2, box.rows >= 2 else { return }
        fill(box)
        let right = box.x + box.columns - 1
        let bottom = box.y + box.rows - 1
        for y in [box.y, bottom] {
            fill(Rect(x: box.x, y: y, columns: box.columns, rows: 1), with: "─", style: style)
        }
        for x in [box.x, right] {
            fill(Rect(x: x, y: box.y, columns: 1, rows: box.rows), with: "│", style: style)
        }
        for (corner, x, y) in [("┌", box.x, box.y), ("┐", right, box.y), ("└", box.x, bottom), ("┘", right, bottom)] {
            write(corner, x: x, y: y, style: style)
        }
        if !title.isEmpty {
            write(" \(title) ", x: box.x + 2, y: box.y, style: style, maximumColumns: max(0, box.columns - 4))
        }
    }
}
