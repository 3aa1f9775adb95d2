// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire

/// How far a subscriber has read the board, piece by piece.
struct RowCursor: Sendable {
    /// A sample on its way: the rows that changed after `since`, of which those up to `id` are sent.
    private struct Pass {
        var since: UInt64
        var target: UInt64
        var seq: Int64
        var id: Int64 = .min
    }

    private var version: UInt64 = 0
    private var pass: Pass?

    /// Whether a sample has begun and not ended.
    var isWithinSample: Bool { pass != nil }

    /// The next piece of a sample: rows that changed since the last whole one, at most `limit`.
    ///
    /// Rows that change while it is on its way come with this sample or the next.
    mutating func next(_ board: SampleBoard, limit: Int, where isWanted: (Int64) -> Bool) -> Sample {
        var current = pass ?? Pass(since: version, target: board.version, seq: board.seq)
        let (rows, isLast) = board.rows(
            changedAfter: current.since, above: current.id, limit: limit, where: isWanted)
        if let last = rows.last { current.id = last.id }
        pass = isLast ? nil : current
        if isLast { version = current.target }
        return Sample(at: board.at, seq: current.seq, rows: rows, isEnd: isLast)
    }
}
