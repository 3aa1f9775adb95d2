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

    package var verticalLine: Unicode.Scalar { self == .unicode ? "│" : "|" }

    /// Upper left, upper right, lower left, lower right.
    package var corners: [Unicode.Scalar] {
        self == .unicode ? ["┌", "┐", "└", "┘"] : ["+", "+", "+", "+"]
    }
}
