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

    /// Replaces the list and begins a round.
    mutating func want(_ circuits: [Int64]) {
        self.circuits = []
        for circuit in circuits.prefix(WireLimits.detail) where !self.circuits.contains(circuit) {
            self.circuits.append(circuit)
        }
        told = [:]
        beginRound()
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
