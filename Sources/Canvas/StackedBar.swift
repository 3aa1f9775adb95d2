// SPDX-License-Identifier: Apache-2.0

/// Parts of a whole beside each other in one bar, such as calls by their outcome.
package struct StackedBar: Hashable, Sendable {
    /// What is negative or not finite counts as zero.
    package var parts: [Double]
    /// What the whole width stands for; the sum of the parts unless given, and never less than that.
    package var whole: Double?
    /// Columns.
    package var width: Int

    package init(_ parts: [Double], whole: Double? = nil, width: Int) {
        self.parts = parts
        self.whole = whole
        self.width = min(max(0, width), Size.largest.columns)
    }

    /// The columns of each part, together at most `width`.
    ///
    /// What is there at all has a column, as long as there is room or a wider part to take it from: that one call in
    /// a thousand failed is the message.
    package var columns: [Int] {
        let amounts = parts.map { $0.isFinite ? max(0, $0) : 0 }
        let total = max(amounts.reduce(0, +), whole.map { $0.isFinite ? $0 : 0 } ?? 0)
        guard total > 0 else { return amounts.map { _ in 0 } }
        var columns = Self.spread(amounts.map { $0 / total }, over: width)
        for index in columns.indices where amounts[index] > 0 && columns[index] == 0 {
            if columns.reduce(0, +) == width {
                guard let widest = columns.indices.max(by: { columns[$0] < columns[$1] }), columns[widest] > 1 else {
                    break
                }
                columns[widest] -= 1
            }
            columns[index] = 1
        }
        return columns
    }

    /// Rounds where each share ends, not its width: together they are as wide as their sum.
    private static func spread(_ shares: [Double], over width: Int) -> [Int] {
        var sum = 0.0
        var edge = 0
        return shares.map { share in
            sum += share
            let start = edge
            edge = Int((min(1, sum) * Double(width)).rounded())
            return edge - start
        }
    }
}
