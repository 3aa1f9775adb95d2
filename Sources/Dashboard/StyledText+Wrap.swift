// SPDX-License-Identifier: Apache-2.0

import Canvas

extension [Span] {
    /// The line in lines of so many columns, broken at spaces where there are any; those after the first are indented.
    ///
    /// Nothing but the spaces at a break is lost, unless there are more than so many lines: then the last ends in `…`.
    /// An indentation that leaves no half of the columns is none.
    func wrapped(toColumns columns: Int, indent: Int = 0, maximumLines: Int = .max) -> [[Span]] {
        let columns = Swift.max(1, columns)
        // Most lines fit, and a page has a hundred.
        guard displayWidth > columns else { return [self] }
        let indent = indent > columns / 2 ? 0 : Swift.max(0, indent)
        let text = flatMap { span in span.text.map { Glyph(character: $0, style: span.style) } }
        var lines: [[Span]] = []
        var rest = text[...]
        while true {
            let margin = lines.isEmpty ? 0 : indent
            let begin = margin > 0 ? [Span(String(repeating: " ", count: margin))] : []
            guard lines.count + 1 < maximumLines else {
                let line = begin + Self.spans(rest)
                return lines + [line.displayWidth > columns ? line.cut(toColumns: columns) : line]
            }
            let end = Self.end(ofLine: rest, columns: columns - margin)
            lines.append(begin + Self.spans(rest[..<end]))
            rest = rest[end...].drop { $0.character == " " }
            if rest.isEmpty { return lines }
        }
    }

    private struct Glyph {
        var character: Character
        var style: Style
    }

    /// Where the next line ends: at the last space within, else where the columns do; it always takes something.
    private static func end(ofLine text: ArraySlice<Glyph>, columns: Int) -> Int {
        var used = 0
        var space: Int?
        for index in text.indices {
            used += String(text[index].character).displayWidth
            if text[index].character == " ", index > text.startIndex { space = index }
            if used > columns { return space ?? Swift.max(index, text.startIndex + 1) }
        }
        return text.endIndex
    }

    private static func spans(_ text: ArraySlice<Glyph>) -> [Span] {
        var spans: [Span] = []
        for glyph in text {
            if spans.last?.style == glyph.style {
                spans[spans.count - 1].text.append(glyph.character)
            } else {
                spans.append(Span(String(glyph.character), glyph.style))
            }
        }
        return spans
    }

    /// The line in at most so many columns; what does not fit ends in `…`.
    private func cut(toColumns columns: Int) -> [Span] {
        var line: [Span] = []
        var room = Swift.max(0, columns)
        for span in self where room > 0 {
            let text = span.text.truncated(toColumns: room)
            line.append(Span(text, span.style))
            room -= text.displayWidth
        }
        return line
    }

    /// The line in exactly so many columns: cut with `…`, or with spaces behind it.
    func padded(toColumns columns: Int) -> [Span] {
        let line = cut(toColumns: columns)
        let room = columns - line.displayWidth
        return room > 0 ? line + [Span(String(repeating: " ", count: room))] : line
    }
}

extension String {
    /// The same for a text of one style.
    func wrapped(toColumns columns: Int, indent: Int) -> [String] {
        [Span(self)].wrapped(toColumns: columns, indent: indent).map { $0.map(\.text).joined() }
    }
}
