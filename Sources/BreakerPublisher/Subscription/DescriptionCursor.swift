// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire

/// How far a subscriber has read the circuits' descriptions.
struct DescriptionCursor: Sendable {
    private var version: UInt64 = 0
    // Circuits that went before the subscriber came are none of its business.
    private var start: UInt64?

    /// Whether a subscriber has had all that is on the board.
    func isDone(with board: DescriptionBoard) -> Bool { version == board.version }

    /// Whether a circuit went, and was forgotten, before the subscriber could be told of it.
    func hasMissed(of board: DescriptionBoard) -> Bool {
        start.map { board.forgotten > max($0, version) } ?? false
    }

    /// Puts what changed into the outbox, as much as there is room for.
    mutating func next(
        _ board: DescriptionBoard, into outbox: inout Outbox, where isWanted: (CircuitDescription) -> Bool
    ) {
        guard !isDone(with: board) else { return }
        let start = start ?? board.version
        self.start = start
        for change in board.changes(after: version) {
            guard !outbox.isFull else { return }
            version = change.version
            guard let description = board.description(of: change.id) else { continue }
            if description.isGone, change.version <= start { continue }
            if isWanted(description) { outbox.append(.circuit(description)) }
        }
        version = board.version
    }
}
