// SPDX-License-Identifier: Apache-2.0

/// A series of values as a line in a block of cells, in dots of braille: two values a column, four heights a row.
///
/// A dotted line marks the threshold where the line is not. What is unknown is left blank, never bridged.
package struct LineChart: Hashable, Sendable {
    /// The oldest first; nil and what is not finite is "not known", what lies beyond the scale stands at its end.
    package var values: [Double?]
    /// The value of the lowest dots.
    package var minimum: Double
    /// The value of the highest dots; the largest of values shown and threshold unless given.
    package var maximum: Double?
    /// Where the dotted line is; nil, or beyond the scale: nowhere.
    package var threshold: Double?
    /// The block in cells.
    package let size: Size

    /// - Parameter size: cut down to `Size.largest`.
    package init(
        _ values: [Double?], size: Size, minimum: Double = 0, maximum: Double? = nil, threshold: Double? = nil
    ) {
        self.values = values
        self.size = size.bounded
        self.minimum = minimum
        self.maximum = maximum
        self.threshold = threshold
    }

    /// How many values fit: further, older ones are not shown.
    package var capacity: Int { size.columns * Dots.columnsPerCell }

    /// The newest (last) values, the last at the right edge: now is always in the same place.
    package func drawing(glyphs: GlyphSet = .unicode) -> ChartDrawing {
        let shown = values.suffix(capacity)
        let scale = scale(of: shown)
        var line = Dots(size: size)
        var last: Int?
        for (x, value) in zip((capacity - shown.count)..., shown) {
            let y = value.flatMap(scale.row)
            if let y { line.fill(x: x, from: last ?? y, to: y) }
            last = y
        }
        var mark = Dots(size: size)
        if let threshold, scale.contains(threshold), let y = scale.row(of: threshold) {
            for column in 0..<size.columns { mark.fill(x: column * Dots.columnsPerCell, from: y, to: y) }
        }
        return ChartDrawing(line: line, threshold: mark, glyphs: glyphs)
    }

    private func scale(of shown: ArraySlice<Double?>) -> Scale {
        let known = shown.lazy.compactMap { $0 }.filter(\.isFinite)
        let top = maximum ?? max(known.max() ?? minimum, threshold ?? minimum)
        return Scale(minimum: minimum, maximum: top, rows: size.rows * Dots.rowsPerCell)
    }
}

/// From values to rows of dots.
private struct Scale {
    let minimum: Double
    let maximum: Double
    let rows: Int

    func contains(_ value: Double) -> Bool { value >= minimum && value <= maximum }

    /// Counted from the top; nil for what is not finite. A scale without extent has one height, the lowest.
    func row(of value: Double) -> Int? {
        guard value.isFinite, rows > 0 else { return nil }
        let share = (value - minimum) / (maximum - minimum)
        let bounded = share.isFinite && maximum > minimum ? min(1, max(0, share)) : 0
        return rows - 1 - Int((bounded * Double(rows - 1)).rounded())
    }
}

/// A block of cells of two by four dots.
struct Dots {
    static let columnsPerCell = 2
    static let rowsPerCell = 4
    /// The bits of a braille character, by column and row.
    private static let bits: [[UInt8]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]

    let size: Size
    private var patterns: [UInt8]

    init(size: Size) {
        self.size = size
        patterns = Array(repeating: 0, count: size.columns * size.rows)
    }

    subscript(column: Int, row: Int) -> UInt8 { patterns[row * size.columns + column] }

    /// Sets the dots of a column from one row to another, the first one left out unless both are the same: it is the
    /// neighbour's.
    mutating func fill(x: Int, from: Int, to: Int) {
        let start = from < to ? from + 1 : from > to ? from - 1 : to
        for y in min(start, to)...max(start, to) {
            let cell = (column: x / Self.columnsPerCell, row: y / Self.rowsPerCell)
            guard size.contains(x: cell.column, y: cell.row) else { continue }
            patterns[cell.row * size.columns + cell.column] |= Self.bits[x % Self.columnsPerCell][y % Self.rowsPerCell]
        }
    }
}
