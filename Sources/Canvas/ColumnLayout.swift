// SPDX-License-Identifier: Apache-2.0

/// Which columns of a table fit side by side, and how wide they become.
package struct ColumnLayout: Hashable, Sendable {
    package struct Column: Hashable, Sendable {
        /// Narrower than this, the column is left out.
        package var minimum: Int
        /// What it takes if there is room.
        package var ideal: Int
        /// Takes a share of what is left when all have their ideal width.
        package var flexible: Bool
        /// The lowest goes first when there is no room; among equals the rightmost.
        package var priority: Int

        package init(minimum: Int, ideal: Int? = nil, flexible: Bool = false, priority: Int = 0) {
            let bounded = min(max(0, minimum), Size.largest.columns)
            self.minimum = bounded
            self.ideal = min(max(bounded, ideal ?? bounded), Size.largest.columns)
            self.flexible = flexible
            self.priority = priority
        }
    }

    package struct Placement: Hashable, Sendable {
        /// Of the column in the array that was given.
        package let index: Int
        package let x: Int
        package let width: Int
    }

    /// The columns that are shown, from left to right.
    package let placements: [Placement]

    /// - Parameters:
    ///   - width: columns of the screen in all; what does not even fit one column gives no placement.
    ///   - gap: blank columns between two neighbours.
    package init(_ columns: [Column], width: Int, gap: Int = 1) {
        let width = min(max(0, width), Size.largest.columns)
        let gap = min(max(0, gap), Size.largest.columns)
        let shown = Self.fitting(columns, width: width, gap: gap)
        var widths = shown.map { columns[$0].minimum }
        var spare = width - widths.reduce(0, +) - gap * max(0, shown.count - 1)
        Self.growToIdeal(&widths, shown.map { columns[$0] }, spare: &spare)
        Self.share(spare, among: shown.indices.filter { columns[shown[$0]].flexible }, &widths)
        var x = 0
        placements = zip(shown, widths).map { index, width in
            defer { x += width + gap }
            return Placement(index: index, x: x, width: width)
        }
    }

    /// The width of a column, nil when it is not shown.
    package func width(of index: Int) -> Int? {
        placements.first { $0.index == index }?.width
    }

    private static func fitting(_ columns: [Column], width: Int, gap: Int) -> [Int] {
        var needed = columns.reduce(0) { $0 + $1.minimum + gap } - gap
        var hidden: Set<Int> = []
        for index in columns.indices.sorted(by: { goesBefore(columns, $0, $1) }) where needed > width {
            hidden.insert(index)
            needed -= columns[index].minimum + gap
        }
        return columns.indices.filter { !hidden.contains($0) }
    }

    private static func goesBefore(_ columns: [Column], _ a: Int, _ b: Int) -> Bool {
        (columns[a].priority, -a) < (columns[b].priority, -b)
    }

    private static func growToIdeal(_ widths: inout [Int], _ columns: [Column], spare: inout Int) {
        let order = columns.indices.sorted { (-columns[$0].priority, $0) < (-columns[$1].priority, $1) }
        for index in order {
            let growth = min(spare, columns[index].ideal - widths[index])
            widths[index] += growth
            spare -= growth
        }
    }

    private static func share(_ spare: Int, among flexible: [Int], _ widths: inout [Int]) {
        guard spare > 0, !flexible.isEmpty else { return }
        for (order, index) in flexible.enumerated() {
            widths[index] += spare / flexible.count + (order < spare % flexible.count ? 1 : 0)
        }
    }
}
