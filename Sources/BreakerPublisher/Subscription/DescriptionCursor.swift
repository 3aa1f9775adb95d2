// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// How far a subscriber has read the circuits' descriptions.
struct DescriptionCursor: Sendable {
    private var revision: UInt64 = 0
    private var waiting: ArraySlice<CircuitDescription> = []

    /// Whether everything that had changed at the last reading was given.
    var isDone: Bool { waiting.isEmpty }

    /// The next changed descriptions, at most `limit`.
    mutating func next(from source: some SubscriberSource, limit: Int) -> ArraySlice<CircuitDescription> {
        if waiting.isEmpty {
            let changes = source.circuits(changedAfter: revision)
            waiting = changes.circuits[...]
            revision = changes.revision
        }
        let next = waiting.prefix(limit)
        waiting = waiting.dropFirst(limit)
        // An empty slice would keep the whole array alive.
        if waiting.isEmpty { waiting = [] }
        return next
    }
}
