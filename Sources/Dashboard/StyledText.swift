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

    /// The line in as many lines of so many columns as it takes, broken at spaces where there are any, those after the
    /// first indented; at most so many, the last of which then ends in `…`.
    package func wrapped(toColumns columns: Int, indent: Int = 0, maximumLines: Int = 200) -> [[Span]] {
        let columns = Swift.max(indent + 8, columns)
        var lines: [[Span]] = [[]]
        var used = 0
        for word in words {
            // A word longer than a line is cut, any other goes to the next line as a whole.
            var rest = word.text
            if used + rest.displayWidth > columns, used > (lines.count > 1 ? indent : 0), rest != " " {
                lines.append([Span(String(repeating: " ", count: indent), .plain)])
                used = indent
            }
            while used + rest.displayWidth > columns {
                let head = rest.prefix(columns: columns - used)
                lines[lines.count - 1].append(Span(head, word.style))
                rest = String(rest.dropFirst(Swift.max(1, head.count)))
                guard lines.count <= maximumLines, rest != "" else { break }
                lines.append([Span(String(repeating: " ", count: indent), .plain)])
                used = indent
            }
            if lines.count > maximumLines { break }
            if rest == " ", used == indent, lines.count > 1 { continue }
            lines[lines.count - 1].append(Span(rest, word.style))
            used += rest.displayWidth
        }
        guard lines.count > maximumLines else { return lines }
        return lines.prefix(Swift.max(0, maximumLines - 1)) + [lines[maximumLines - 1] + [Span("…")]]
    }

    /// Words and single spaces, each in its style.
    private var words: [Span] {
        flatMap { span -> [Span] in
            var words: [Span] = []
            var word = ""
            for character in span.text {
                if character == " " {
                    if !word.isEmpty { words.append(Span(word, span.style)) }
                    words.append(Span(" ", span.style))
                    word = ""
                } else {
                    word.append(character)
                }
            }
            return word.isEmpty ? words : words + [Span(word, span.style)]
        }
    }
}

extension String {
    /// Its beginning, as much as fits into so many columns.
    fileprivate func prefix(columns: Int) -> String {
        var text = ""
        var used = 0
        for character in self {
            used += String(character).displayWidth
            guard used <= columns else { break }
            text.append(character)
        }
        return text
    }
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
