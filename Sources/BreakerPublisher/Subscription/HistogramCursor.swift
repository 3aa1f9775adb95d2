// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire

/// The circuits whose histograms a subscriber wants, and what it has had of them.
struct HistogramCursor: Sendable {
    private var circuits: [Int64] = []
    // Counts only rise: as many calls are the same calls.
    private var told: [Int64: Int64] = [:]
    // Of the present round, those that were not looked at yet.
    private var waiting: ArraySlice<Int64> = []

    /// Replaces the list. Circuits that were not in it before are looked at next, the others with the next round: to ask for
    /// the same again costs nothing and tells nothing twice.
    ///
    /// - Returns: how many were not in it.
    @discardableResult
    mutating func want(_ circuits: [Int64]) -> Int {
        let former = Set(self.circuits)
        let due = Set(waiting)
        var seen: Set<Int64> = []
        self.circuits = circuits.prefix(WireLimits.detail).filter { seen.insert($0).inserted }
        let new = self.circuits.filter { !former.contains($0) }
        told = told.filter { seen.contains($0.key) }
        waiting = self.circuits.filter { due.contains($0) || !former.contains($0) }[...]
        return new.count
    }

    /// Looks at all of them once more.
    mutating func beginRound() { waiting = circuits[...] }

    /// Puts what has changed since it was told into the outbox, as much as there is room for.
    mutating func next(from source: some SubscriberSource, into outbox: inout Outbox, where isWanted: (Int64) -> Bool) {
        while let circuit = waiting.first, !outbox.isFull {
            waiting.removeFirst()
            guard isWanted(circuit), let latency = source.histogram(of: circuit) else { continue }
            let total = latency.total
            guard told.updateValue(total, forKey: circuit) != total else { continue }
            outbox.append(.histogram(Histogram(circuit: circuit, at: source.instant, latency: latency)))
        }
    }
}
