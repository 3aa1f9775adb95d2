// SPDX-License-Identifier: Apache-2.0

package import Canvas

/// A piece of text in one style; a line is an array of them.
package struct Span: Sendable, Hashable {
    package var text: String
    package var style: Style

    package init(_ text: String, _ style: Style = .plain) {
        self.text = text
        self.style = style
    }
}

extension [Span] {
    /// The columns that the line takes.
    package var displayWidth: Int { reduce(0) { $0 + $1.text.displayWidth } }
}

extension Canvas {
    /// Writes a line of spans; what does not fit ends in `…`. Returns the column behind it.
    @discardableResult
    package mutating func write(_ line: [Span], x: Int, y: Int, maximumColumns: Int) -> Int {
        var column = x
        let end = x + max(0, maximumColumns)
        for (index, span) in line.enumerated() {
            let room = end - column
            guard room > 0 else { break }
            let more = line[(index + 1)...].contains { !$0.text.isEmpty }
            let cut = span.text.displayWidth == room && more ? span.text + " " : span.text
            column += write(cut.truncated(toColumns: room), x: column, y: y, style: span.style, maximumColumns: room)
        }
        return column
    }

    /// Writes a line of spans in a cell of a table.
    package mutating func write(_ line: [Span], x: Int, y: Int, width: Int, alignment: Alignment) {
        let missing = max(0, width - line.displayWidth)
        write(line, x: alignment == .trailing ? x + missing : x, y: y, maximumColumns: width)
    }

    /// A thin line across the canvas.
    package mutating func rule(y: Int, style: Style) {
        fill(Rect(x: 0, y: y, columns: size.columns, rows: 1), with: GlyphSet.unicode.horizontalLine, style: style)
    }
}
