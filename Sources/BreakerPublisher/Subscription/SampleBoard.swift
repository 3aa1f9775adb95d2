// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// The newest row of every circuit and when it last changed: one for all subscribers, who keep only how far they have
/// read.
struct SampleBoard: Sendable {
    struct Entry: Sendable, Hashable {
        var row: CircuitRow
        /// The version of the board in which the row last changed.
        var version: UInt64
    }

    /// Rises with each refresh; 0 before the first.
    private(set) var version: UInt64 = 0
    /// When the rows were read.
    private(set) var at = TelemetryInstant(t: 0, up: 0)
    /// The last event whose effect the rows include.
    private(set) var seq: Int64 = 0
    /// In ascending order of id.
    private(set) var entries: [Entry] = []

    /// Takes a newer sample in: what it no longer has is dropped, what it has unchanged keeps its version.
    mutating func refresh(with sample: ProviderSample) {
        version += 1
        at = sample.at
        seq = sample.seq
        var merged: [Entry] = []
        merged.reserveCapacity(sample.rows.count)
        var old = entries[...]
        for row in Self.ascending(sample.rows) {
            while let first = old.first, first.row.id < row.id { old.removeFirst() }
            if let first = old.first, first.row == row {
                merged.append(first)
            } else {
                merged.append(Entry(row: row, version: version))
            }
        }
        entries = merged
    }

    /// The next rows that changed after a version, with ids above `id`, at most `limit`, and whether those are the
    /// last.
    func rows(
        changedAfter version: UInt64, above id: Int64, limit: Int, where isWanted: (Int64) -> Bool
    ) -> (rows: [CircuitRow], isLast: Bool) {
        var rows: [CircuitRow] = []
        for entry in entries[firstIndex(above: id)...] where entry.version > version && isWanted(entry.row.id) {
            guard rows.count < limit else { return (rows, false) }
            rows.append(entry.row)
        }
        return (rows, true)
    }

    private func firstIndex(above id: Int64) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].row.id > id { high = middle } else { low = middle + 1 }
        }
        return low
    }

    // Providers promise the order; one that breaks the promise gets its rows sorted instead of lost, of equal ids the
    // last.
    private static func ascending(_ rows: [CircuitRow]) -> [CircuitRow] {
        guard zip(rows, rows.dropFirst()).contains(where: { $0.id >= $1.id }) else { return rows }
        let newest = Dictionary(rows.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        return newest.values.sorted { $0.id < $1.id }
    }
}
