// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@testable import BreakerPublisher

@Suite("The board of descriptions")
struct DescriptionBoardTests {
    private func description(_ id: Int64, _ name: String = "x", isGone: Bool = false) -> CircuitDescription {
        var description = CircuitDescription(id: id, name: name, rule: RuleDescription(name: "rule"))
        description.isGone = isGone
        return description
    }

    private func changed(_ board: DescriptionBoard, after version: UInt64) -> [Int64] {
        board.changes(after: version).map(\.id)
    }

    @Test("Changes are told in order, each circuit once, and what is the same is no change")
    func changes() {
        var board = DescriptionBoard()
        board.refresh { _ in CircuitChanges(circuits: [description(1), description(2), description(3)], revision: 7) }
        #expect(board.revision == 7 && board.version == 3)
        #expect(changed(board, after: 0) == [1, 2, 3])
        board.refresh { _ in CircuitChanges(circuits: [description(1, "new"), description(2)], revision: 8) }
        #expect(changed(board, after: 0) == [2, 3, 1])
        #expect(changed(board, after: 3) == [1])
        #expect(changed(board, after: board.version).isEmpty)
    }

    @Test("A bounded number of circuits that went is remembered, and old changes are forgotten")
    func bounds() {
        var board = DescriptionBoard()
        for id in 1...5_000 as ClosedRange<Int64> {
            board.refresh { _ in CircuitChanges(circuits: [description(id)], revision: UInt64(2 * id)) }
            board.refresh { _ in CircuitChanges(circuits: [description(id, isGone: true)], revision: UInt64(2 * id + 1))
            }
        }
        #expect(board.count == DescriptionBoard.maximumGone + 1)
        #expect(changed(board, after: 0).count == board.count)
        #expect(board.description(of: 1) == nil)
        #expect(board.description(of: 5_000)?.isGone == true)
        #expect(Mirror(reflecting: board).children.allSatisfy { ($0.value as? [Any])?.count ?? 0 < 5_000 })
    }
}
