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

    /// The most circuits that are remembered after they went, beside those that went last, however many.
    static let maximumGone = 1_024

    /// The number of the last change; 0 before the first.
    private(set) var version: UInt64 = 0
    /// How far the provider was read.
    private(set) var revision: UInt64 = 0
    /// The number of the last change by which a circuit went that is forgotten by now; 0 before the first.
    private(set) var forgotten: UInt64 = 0
    private var entries: [Int64: Entry] = [:]
    // In ascending order of version; some are outdated by later ones.
    private var changes: [Change] = []
    private var gone: [Change] = []

    /// How many circuits are remembered, there or gone.
    var count: Int { entries.count }

    /// Takes in what a provider says, and where that is not all, compares with the full list: nobody who went unseen is to
    /// stay.
    ///
    /// - Parameter read: what changed after a revision.
    mutating func refresh(by read: (_ revision: UInt64) -> CircuitChanges) {
        let former = gone.count
        let new = read(revision)
        apply(new)
        if !new.isComplete {
            let all = read(0)
            apply(all)
            retire(allBut: Set(all.circuits.map(\.id)))
        }
        if gone.count > former { forget(former) }
        if changes.count > 2 * entries.count + 64 { changes = changes.filter { isCurrent($0) } }
    }

    private mutating func apply(_ new: CircuitChanges) {
        revision = new.revision
        for description in new.circuits where entries[description.id]?.description != description {
            let wasGone = entries[description.id]?.description.isGone ?? false
            version += 1
            let change = Change(version: version, id: description.id)
            entries[change.id] = Entry(version: version, description: description)
            changes.append(change)
            if description.isGone && !wasGone { gone.append(change) }
        }
    }

    private mutating func retire(allBut live: Set<Int64>) {
        let missing = entries.filter { !live.contains($0.key) && !$0.value.description.isGone }
        for var description in missing.values.map(\.description).sorted(by: { $0.id < $1.id }) {
            description.isGone = true
            apply(CircuitChanges(circuits: [description], revision: revision))
        }
    }

    /// Forgets the first of those who had gone before, as far as they are too many.
    private mutating func forget(_ former: Int) {
        let excess = former - Self.maximumGone
        guard excess > 0 else { return }
        for change in gone.prefix(excess) {
            if entries[change.id]?.description.isGone == true { entries[change.id] = nil }
            forgotten = change.version
        }
        gone.removeFirst(excess)
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
