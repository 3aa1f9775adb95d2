// SPDX-License-Identifier: Apache-2.0

/// The characters that drawings are made of: a terminal without UTF-8 gets plain ASCII.
package enum GlyphSet: Hashable, Sendable {
    case unicode, ascii

    /// Heights from lowest to full, eight of them.
    var levels: [Unicode.Scalar] {
        switch self {
        case .unicode: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
        case .ascii: ["_", ".", ",", "-", "=", "+", "*", "#"]
        }
    }

    /// Widths in eighths of a column, from one to a full one; ASCII knows none and halves only.
    var eighths: [Unicode.Scalar] {
        switch self {
        case .unicode: ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"]
        case .ascii: [" ", " ", " ", "-", "-", "-", "-", "#"]
        }
    }

    /// Marks a threshold on an empty part of a gauge.
    package var thresholdMark: Unicode.Scalar { self == .unicode ? "╷" : "|" }

    package var ellipsis: Unicode.Scalar { self == .unicode ? "…" : "~" }

    package var horizontalLine: Unicode.Scalar { self == .unicode ? "─" : "-" }

    /// Upper left, upper right, lower left, lower right.
    package var corners: [Unicode.Scalar] {
        self == .unicode ? ["┌", "┐", "└", "┘"] : ["+", "+", "+", "+"]
    }

    /// A cell of two by four dots, as braille has them in its bits; none is a space.
    func dots(_ pattern: UInt8) -> Unicode.Scalar {
        guard pattern != 0 else { return " " }
        return self == .unicode ? Unicode.Scalar(0x2800 + UInt32(pattern)) ?? " " : Self.likeness(ofDots: pattern)
    }

    /// A cell of dots in ASCII: by how many they are, and `-` for one alone at the left, as a dotted line is made of.
    static func likeness(ofDots pattern: UInt8) -> Unicode.Scalar {
        switch (pattern, pattern.nonzeroBitCount) {
        case (_, 0): " "
        case (0x01, _), (0x02, _), (0x04, _), (0x40, _): "-"
        case (_, ..<3): "."
        case (_, ..<6): ":"
        default: "#"
        }
    }
}
