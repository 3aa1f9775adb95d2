// SPDX-License-Identifier: Apache-2.0
import CNcurses
import Canvas

/// Brings ncurses' idea of the screen from one canvas to the next, cell by cell where they differ.
struct Painter {
    /// What ncurses holds now; nil: nothing that can be relied upon.
    private var shown: Canvas?
    private var screen: Size

    init(screen: Size) {
        self.screen = screen
    }

    /// The screen has another size: everything is drawn anew.
    mutating func resize(to size: Size) {
        screen = size
        shown = nil
    }

    /// Whether drawing this canvas would change anything.
    func isShown(_ canvas: Canvas) -> Bool {
        shown == canvas
    }

    /// Puts what differs; a larger canvas is clipped, a smaller one leaves blanks.
    mutating func draw(_ canvas: Canvas) {
        if let shown, shown.size == canvas.size {
            let width = canvas.size.columns
            for y in 0..<min(canvas.size.rows, screen.rows) {
                let row = (y * width)..<((y + 1) * width)
                let (old, new) = (shown.cells[row], canvas.cells[row])
                for index in row where old[index] != new[index] {
                    put(new[index], x: index - row.lowerBound, y: y)
                }
            }
        } else {
            drawAll(canvas)
        }
        let cursor = canvas.cursor.flatMap { screen.contains(x: $0.x, y: $0.y) ? $0 : nil }
        cn_cursor(cursor != nil, Int32(cursor?.y ?? 0), Int32(cursor?.x ?? 0))
        shown = canvas
    }

    private func drawAll(_ canvas: Canvas) {
        cn_erase()
        let width = canvas.size.columns
        for y in 0..<min(canvas.size.rows, screen.rows) {
            for x in 0..<min(width, screen.columns) {
                let cell = canvas.cells[y * width + x]
                if cell != .blank { put(cell, x: x, y: y) }
            }
        }
    }

    private func put(_ cell: Cell, x: Int, y: Int) {
        guard !cell.isContinuation else { return }
        // The canvas may be wider than the screen, and the screen's edge cut a wide character.
        if x + Int(cell.width) > screen.columns {
            return x < screen.columns ? put(Cell(" ", style: cell.style), x: x, y: y) : ()
        }
        let style = cell.style
        var scalars = cell.scalars
        withUnsafeBytes(of: &scalars) { bytes in
            guard let start = bytes.bindMemory(to: UInt32.self).baseAddress else { return }
            cn_put(
                Int32(y), Int32(x), Int32(cell.width), start, UInt32(style.attributes.rawValue),
                style.foreground.ansiIndex.map(Int32.init) ?? -1, style.background.ansiIndex.map(Int32.init) ?? -1
            )
        }
    }
}
