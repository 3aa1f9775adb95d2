// SPDX-License-Identifier: Apache-2.0

/// Columns of text, the first one left-aligned.
package struct Table {
    private var rows: [[String]] = []

    package init(_ heads: String...) { rows = [heads] }

    package mutating func add(_ cells: String...) { rows.append(cells) }

    package func print() {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            let cells = row.enumerated().map { column, cell in
                let gap = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + gap : gap + cell
            }
            Swift.print(cells.joined(separator: "  "))
        }
    }
}

extension Double {
    /// With so many digits after the point.
    package func digits(_ count: Int) -> String {
        guard isFinite else { return "–" }
        var scale = 1.0
        for _ in 0..<count { scale *= 10 }
        let scaled = Int64((self * scale).rounded())
        guard count > 0 else { return "\(scaled)" }
        let (whole, rest) = scaled.quotientAndRemainder(dividingBy: Int64(scale))
        let fraction = String(rest.magnitude)
        return "\(whole).\(String(repeating: "0", count: count - fraction.count))\(fraction)"
    }
}
