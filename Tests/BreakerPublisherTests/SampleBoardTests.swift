// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@testable import BreakerPublisher

@Suite("The sample board")
struct SampleBoardTests {
    private func sample(_ calls: [(id: Int64, calls: Int64)], seq: Int64 = 0) -> ProviderSample {
        let rows = calls.map { entry in
            var row = CircuitRow(id: entry.id)
            row[.calls] = entry.calls
            return row
        }
        return ProviderSample(at: TelemetryInstant(t: 0, up: seq), seq: seq, rows: rows)
    }

    private func changed(_ board: SampleBoard, after version: UInt64) -> [Int64] {
        board.rows(changedAfter: version, above: .min, limit: .max) { _ in true }.rows.map(\.id)
    }

    @Test("Rows are known by the version in which they last changed")
    func versions() {
        var board = SampleBoard()
        board.refresh(with: sample([(1, 5), (2, 5), (4, 5)]))
        #expect(changed(board, after: 0) == [1, 2, 4])
        #expect(changed(board, after: 1).isEmpty)
        board.refresh(with: sample([(1, 5), (2, 6), (3, 0), (4, 5)], seq: 9))
        #expect(changed(board, after: 1) == [2, 3])
        #expect(board.seq == 9 && board.at.up == 9)
        board.refresh(with: sample([(2, 6), (3, 0), (4, 7)]))
        #expect(changed(board, after: 2) == [4])
        #expect(changed(board, after: 0) == [2, 3, 4])
    }

    @Test("A provider that breaks the order loses no row")
    func unsorted() {
        var board = SampleBoard()
        board.refresh(with: sample([(3, 1), (1, 1), (3, 2)]))
        #expect(changed(board, after: 0) == [1, 3])
        #expect(board.entries.last?.row[.calls] == 2)
    }

    @Test("A pass over the board goes on where it stopped", arguments: 1...5)
    func pieces(limit: Int) {
        var board = SampleBoard()
        board.refresh(with: sample((1...4).map { ($0, 0) }))
        var (ids, above, isLast) = ([Int64](), Int64.min, false)
        while !isLast {
            let piece = board.rows(changedAfter: 0, above: above, limit: limit) { $0 != 2 }
            ids += piece.rows.map(\.id)
            above = piece.rows.last?.id ?? above
            isLast = piece.isLast
        }
        #expect(ids == [1, 3, 4])
    }
}
