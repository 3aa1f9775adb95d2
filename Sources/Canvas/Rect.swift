// SPDX-License-Identifier: Apache-2.0

/// A block of cells, which may reach beyond the canvas on any side: what lies outside is not drawn.
package struct Rect: Hashable, Sendable {
    package let x: Int
    package let y: Int
    package let columns: Int
    package let rows: Int

    /// Negative extents become zero.
    package init(x: Int, y: Int, columns: Int, rows: Int) {
        self.x = x
        self.y = y
        self.columns = max(0, columns)
        self.rows = max(0, rows)
    }

    package init(_ size: Size) {
        self.init(x: 0, y: 0, columns: size.columns, rows: size.rows)
    }

    package var size: Size { Size(columns: columns, rows: rows) }

    package var isEmpty: Bool { columns == 0 || rows == 0 }

    package func contains(_ point: Point) -> Bool {
        Self.span(x, columns).contains(point.x) && Self.span(y, rows).contains(point.y)
    }

    /// The columns inside of a canvas of this size.
    package func visibleColumns(in size: Size) -> Range<Int> {
        Self.span(x, columns).clamped(to: 0..<size.columns)
    }

    /// The rows inside of a canvas of this size.
    package func visibleRows(in size: Size) -> Range<Int> {
        Self.span(y, rows).clamped(to: 0..<size.rows)
    }

    // Coordinates may come from a mouse report: a sum may not trap.
    private static func span(_ start: Int, _ length: Int) -> Range<Int> {
        let (end, overflow) = start.addingReportingOverflow(length)
        return start..<(overflow ? Int.max : end)
    }
}
