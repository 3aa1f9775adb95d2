// SPDX-License-Identifier: Apache-2.0

extension Canvas {
    /// The same screen in ASCII, for a terminal without UTF-8: drawings by their nearest likeness, everything else as `?`.
    ///
    /// What is said in a glyph is said in a word beside it as well, so that nothing is lost but looks.
    package var transliterated: Canvas {
        var ascii = self
        for y in 0..<size.rows {
            for x in 0..<size.columns {
                let cell = self[x, y]
                guard cell.scalars.base > 126, let scalar = Unicode.Scalar(cell.scalars.base) else { continue }
                let likeness = Self.likeness(of: scalar)
                ascii[x, y] = Cell(likeness, style: cell.style)
                if cell.width == 2 { ascii[x + 1, y] = Cell(" ", style: cell.style) }
            }
        }
        return ascii
    }

    private static func likeness(of scalar: Unicode.Scalar) -> Unicode.Scalar {
        if case 0x2800...0x28FF = scalar.value { return GlyphSet.likeness(ofDots: UInt8(scalar.value & 0xFF)) }
        return likenesses[scalar] ?? "?"
    }

    private static let likenesses: [Unicode.Scalar: Unicode.Scalar] = [
        "─": "-", "│": "|", "┌": "+", "┐": "+", "└": "+", "┘": "+", "╷": "|", "▸": ">", "▾": "v", "◆": "*",
        "◂": "<", "├": "+", "┤": "+", "┬": "+", "┴": "+", "┼": "+", "┈": "-", "▲": "^", "▼": "v",
        "↺": "@", "↻": "@", "✓": "y", "✗": "x", "⚑": "!", "⚠": "!", "←": "<",
        "●": "o", "◐": "%", "■": "#", "▣": "X", "◌": "?", "○": ".",
        "·": "-", "–": "-", "−": "-", "…": "~", "→": ">", "↑": "^", "↓": "v", "×": "x", "≥": ">", "∞": "-",
        "“": "\"", "”": "\"", "‘": "'", "’": "'", "µ": "u",
        "▏": "-", "▎": "-", "▍": "-", "▌": "-", "▋": "#", "▊": "#", "▉": "#", "█": "#",
        "▁": "_", "▂": ".", "▃": ",", "▄": "-", "▅": "=", "▆": "+", "▇": "*",
    ]
}
