// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// How far a subscriber has read the circuits' descriptions.
struct DescriptionCursor: Sendable {
    private var revision: UInt64 = 0
    private var waiting: ArraySlice<CircuitDescription> = []

    private var isReadingOfThisStep = false

    /// Whether the last step read anew and gave all of it: what an older reading left over may lack the newest circuits.
    var isDone: Bool { waiting.isEmpty && isReadingOfThisStep }

    /// The next changed descriptions, at most `limit`.
    mutating func next(from source: some SubscriberSource, limit: Int) -> ArraySlice<CircuitDescription> {
        isReadingOfThisStep = waiting.isEmpty
        if isReadingOfThisStep {
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
