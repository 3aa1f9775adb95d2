// SPDX-License-Identifier: Apache-2.0

package enum Alignment: Hashable, Sendable {
    case leading, trailing, center
}

extension String {
    /// Text from elsewhere, safe to show: controls, escapes, newlines and bidirectional marks become `?`, invisible
    /// joiners go, at most two combining marks a character stay, and what is beyond `maxColumns` is cut with `…`.
    ///
    /// It looks at no more of the text than it needs, so a name of a megabyte costs no more than a long one.
    package func sanitizedForDisplay(maxColumns: Int = 256) -> String {
        if isPlain { return truncated(toColumns: maxColumns) }
        var clean = String.UnicodeScalarView()
        var columns = 0
        var marks = 0
        // Invisible scalars use no columns: without a bound on them the loop would read on for ever.
        for scalar in unicodeScalars.prefix(4 * max(0, maxColumns) + 16) {
            if scalar.isDroppedInCells { continue }
            if scalar.isCombining {
                marks += 1
                if marks <= Cell.maximumCombining && !clean.isEmpty { clean.append(scalar) }
                continue
            }
            marks = 0
            clean.append(scalar.isUnsafeForDisplay ? "?" : scalar)
            columns += scalar.columnsInCells
            if columns > maxColumns { break }
        }
        return String(clean).truncated(toColumns: maxColumns)
    }

    /// Whether it is short and of printable ASCII alone, as most texts are: one column a byte, and nothing to clean.
    private var isPlain: Bool { utf8.count <= 1_024 && utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } }

    /// The text if it fits, else its beginning and `…`, together at most so many columns.
    package func truncated(toColumns columns: Int, ellipsis: Unicode.Scalar = "…") -> String {
        guard columns > 0 else { return "" }
        // No scalar takes more columns than bytes.
        guard utf8.count > columns else { return self }
        var used = 0
        // Where to cut if the text turns out to be too long: one column is the ellipsis'.
        var cut = unicodeScalars.startIndex
        for index in unicodeScalars.indices {
            let width = unicodeScalars[index].columnsInCells
            if used + width <= columns - 1 || (width == 0 && cut == index) {
                cut = unicodeScalars.index(after: index)
            }
            used += width
            if used > columns {
                var result = String(unicodeScalars[..<cut])
                result.unicodeScalars.append(ellipsis)
                return result
            }
        }
        return self
    }

    /// The text in exactly so many columns: truncated, or with spaces beside it.
    package func padded(toColumns columns: Int, alignment: Alignment = .leading) -> String {
        let text = truncated(toColumns: columns)
        let missing = max(0, min(columns, Size.largest.columns) - text.displayWidth)
        let left =
            switch alignment {
            case .leading: 0
            case .trailing: missing
            case .center: missing / 2
            }
        return String(repeating: " ", count: left) + text + String(repeating: " ", count: missing - left)
    }
}
