// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// The newest description of every circuit and when it last changed: one for all subscribers, who keep only how far they
/// have read.
struct DescriptionBoard: Sendable {
    /// That a circuit's description changed, as the change of this number.
    struct Change: Sendable, Hashable {
        var version: UInt64
        var id: Int64
    }

    private struct Entry: Sendable {
        var version: UInt64
        var description: CircuitDescription
    }

    /// The most circuits that are remembered after they went.
    static let maximumGone = 1_024

    /// The number of the last change; 0 before the first.
    private(set) var version: UInt64 = 0
    /// How far the provider was read.
    private(set) var revision: UInt64 = 0
    private var entries: [Int64: Entry] = [:]
    // In ascending order of version; some are outdated by later ones.
    private var changes: [Change] = []
    private var gone: [Int64] = []

    /// Takes in what a provider says.
    mutating func apply(_ new: CircuitChanges) {
        revision = new.revision
        for description in new.circuits where entries[description.id]?.description != description {
            version += 1
            entries[description.id] = Entry(version: version, description: description)
            changes.append(Change(version: version, id: description.id))
            if description.isGone { gone.append(description.id) }
        }
        if gone.count > Self.maximumGone {
            let excess = gone.count - Self.maximumGone
            for id in gone.prefix(excess) { entries[id] = nil }
            gone.removeFirst(excess)
        }
        if changes.count > 2 * entries.count + 64 { changes = changes.filter { isCurrent($0) } }
    }

    /// A circuit's description, also for a while after it went.
    func description(of id: Int64) -> CircuitDescription? { entries[id]?.description }

    /// What changed after a version, in order, each circuit once.
    func changes(after version: UInt64) -> some Sequence<Change> {
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].version > version { high = middle } else { low = middle + 1 }
        }
        return changes[low...].lazy.filter(isCurrent)
    }

    private func isCurrent(_ change: Change) -> Bool { entries[change.id]?.version == change.version }
}
