// SPDX-License-Identifier: Apache-2.0

/// A count of terminal cells in both directions, never negative.
package struct Size: Hashable, Sendable {
    /// What a canvas can be at most: a terminal may claim 65,535 × 65,535 cells, which nobody has memory for.
    package static let largest = Size(columns: 2_000, rows: 1_000)

    package let columns: Int
    package let rows: Int

    /// Negative counts become zero.
    package init(columns: Int, rows: Int) {
        self.columns = max(0, columns)
        self.rows = max(0, rows)
    }

    /// This size, or `largest` where it is beyond that.
    package var bounded: Size {
        Size(columns: min(columns, Size.largest.columns), rows: min(rows, Size.largest.rows))
    }

    package func contains(x: Int, y: Int) -> Bool {
        x >= 0 && y >= 0 && x < columns && y < rows
    }
}
