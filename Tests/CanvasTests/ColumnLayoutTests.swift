// SPDX-License-Identifier: Apache-2.0
import Canvas
import Testing

@Suite struct ColumnLayoutTests {
    private static let columns: [ColumnLayout.Column] = [
        .init(minimum: 4, ideal: 8, priority: 10),
        .init(minimum: 5, ideal: 10, flexible: true, priority: 9),
        .init(minimum: 6, priority: 1),
        .init(minimum: 3, ideal: 5, flexible: true, priority: 5),
    ]

    @Test(
        "The least important columns go first, the rest grows to its ideal, then the flexible ones share",
        arguments: [
            (21, "0:0+4 1:5+5 2:11+6 3:18+3"), (20, "0:0+8 1:9+7 3:17+3"), (14, "0:0+4 1:5+5 3:11+3"),
            (10, "0:0+4 1:5+5"),
            (9, "0:0+8"), (4, "0:0+4"), (3, ""), (0, ""), (-5, ""),
            (25, "0:0+8 1:9+5 2:15+6 3:22+3"), (32, "0:0+8 1:9+10 2:20+6 3:27+5"), (35, "0:0+8 1:9+12 2:22+6 3:29+6"),
        ])
    func layout(width: Int, expected: String) {
        let layout = ColumnLayout(Self.columns, width: width)
        #expect(layout.placements.map { "\($0.index):\($0.x)+\($0.width)" }.joined(separator: " ") == expected)
    }

    @Test("Among equals the rightmost goes first")
    func ties() {
        let layout = ColumnLayout(Array(repeating: .init(minimum: 5), count: 3), width: 12)
        #expect(layout.placements.map(\.index) == [0, 1])
        #expect(layout.width(of: 2) == nil)
        #expect(layout.width(of: 1) == 5)
    }

    @Test("No width and no gap makes columns overlap or reach beyond the edge", arguments: -2...60)
    func bounds(width: Int) {
        for gap in [-1, 0, 1, 3, Int.max] {
            let placements = ColumnLayout(Self.columns, width: width, gap: gap).placements
            for (left, right) in zip(placements, placements.dropFirst()) { #expect(left.x + left.width <= right.x) }
            if let last = placements.last { #expect(last.x + last.width <= width) }
            for placement in placements { #expect(placement.width >= Self.columns[placement.index].minimum) }
        }
    }
}
