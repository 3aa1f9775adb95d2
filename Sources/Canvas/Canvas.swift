// SPDX-License-Identifier: Apache-2.0

/// A screen as a value: a grid of cells and perhaps a text cursor.
///
/// Views draw into it, tests read it, a terminal shows it. Everything that lies outside of it draws nothing, so that no
/// view has to know its size to be safe. A wide character is never split: where a half of it would be
/// overwritten or clipped, a space stands instead.
package struct Canvas: Equatable, Sendable {
    package let size: Size
    /// Row by row, `size.columns` each.
    package private(set) var cells: [Cell]
    /// Where text is being typed, or nil: no cursor is shown. Clipped when it is shown.
    package var cursor: Point?

    /// A blank canvas; a size beyond `Size.largest` is cut down to that.
    package init(size: Size) {
        self.size = size.bounded
        self.cells = Array(repeating: .blank, count: self.size.columns * self.size.rows)
    }

    package var bounds: Rect { Rect(size) }

    /// The cell at this place. Outside there are only blanks, and setting one does nothing.
    package subscript(x: Int, y: Int) -> Cell {
        get { size.contains(x: x, y: y) ? cells[y * size.columns + x] : .blank }
        set { put(newValue, x: x, y: y) }
    }

    /// Draws text from x to the right, as much as fits into the canvas and `maximumColumns`; never wraps.
    ///
    /// Control and bidirectional characters show as `?`. The cell's former style is replaced.
    /// - Returns: the columns that the text used, those to the left of the canvas included.
    @discardableResult
    package mutating func write(
        _ text: String, x: Int, y: Int, style: Style = .plain, maximumColumns: Int? = nil
    ) -> Int {
        guard y >= 0, y < size.rows, x < size.columns else { return 0 }
        let limit = min(maximumColumns ?? Int.max, x < 0 ? Int.max : size.columns - x)
        var used = 0
        var last: Int?
        for scalar in text.unicodeScalars {
            if scalar.columnsInCells == 0 {
                if let last, scalar.isCombining { combine(scalar, x: last, y: y) }
                continue
            }
            let cell = Cell(scalar, style: style)
            guard used + Int(cell.width) <= limit, x + used < size.columns else { break }
            let place = x + used
            put(cell, x: place, y: y)
            last = place
            used += Int(cell.width)
        }
        return used
    }

    /// Fills a block with one narrow character, spaces unless told.
    package mutating func fill(_ rect: Rect, with scalar: Unicode.Scalar = " ", style: Style = .plain) {
        let cell = Cell(scalar, style: style)
        let filling = cell.width == 1 ? cell : Cell("?", style: style)
        for y in rect.visibleRows(in: size) {
            for x in rect.visibleColumns(in: size) { put(filling, x: x, y: y) }
        }
    }

    /// Changes the style of all cells of a block, and leaves the text.
    package mutating func restyle(_ rect: Rect, _ transform: (Style) -> Style) {
        for y in rect.visibleRows(in: size) {
            for x in rect.visibleColumns(in: size) {
                let index = y * size.columns + x
                cells[index].style = transform(cells[index].style)
            }
        }
    }

    /// Changes the style of a whole row, as for a selection bar.
    package mutating func restyle(row y: Int, _ transform: (Style) -> Style) {
        restyle(Rect(x: 0, y: y, columns: size.columns, rows: 1), transform)
    }

    /// Copies another canvas into this one, its upper left corner at this place.
    package mutating func draw(_ other: Canvas, x: Int, y: Int) {
        let target = Rect(x: x, y: y, columns: other.size.columns, rows: other.size.rows)
        for row in target.visibleRows(in: size) {
            for column in target.visibleColumns(in: size) {
                put(other[column - x, row - y], x: column, y: row)
            }
        }
    }

    private mutating func put(_ cell: Cell, x: Int, y: Int) {
        guard size.contains(x: x, y: y) || (x == -1 && cell.width == 2) else {
            return
        }
        // A wide character that the left or right edge would cut in half leaves a space.
        if x < 0 { return put(Cell(" ", style: cell.style), x: 0, y: y) }
        if cell.width == 2 && x + 1 >= size.columns { return put(Cell(" ", style: cell.style), x: x, y: y) }
        // Half a character cannot be put; the left half brings it along.
        if cell.isContinuation { return }
        let index = y * size.columns + x
        release(index, x: x)
        cells[index] = cell
        if cell.width == 2 {
            release(index + 1, x: x + 1)
            cells[index + 1] = .continuation(style: cell.style)
        }
    }

    /// Blanks the other half of a wide character of which one half is about to be overwritten.
    private mutating func release(_ index: Int, x: Int) {
        let old = cells[index]
        if old.isContinuation, x > 0 {
            cells[index - 1] = Cell(" ", style: cells[index - 1].style)
        } else if old.width == 2, x + 1 < size.columns {
            cells[index + 1] = Cell(" ", style: cells[index + 1].style)
        }
    }

    private mutating func combine(_ mark: Unicode.Scalar, x: Int, y: Int) {
        guard size.contains(x: x, y: y) else { return }
        cells[y * size.columns + x].combine(mark)
    }
}
