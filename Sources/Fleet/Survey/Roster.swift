// SPDX-License-Identifier: Apache-2.0

/// What a survey found: the circuits that a table shows, in order, and what they add up to.
package struct Roster: Sendable {
    /// Circuits of one group, in order.
    package struct Group: Sendable {
        package var key: GroupKey
        package var totals: FleetTotals
        package var members: [Member]
    }

    /// A circuit in its place.
    package struct Member: Sendable, Hashable {
        package var handle: CircuitHandle
        /// Whether an override held it, so that there is more to tell about it.
        package var isForced: Bool
    }

    /// Of the whole fleet, whatever the table shows.
    package var totals = FleetTotals()
    /// In the order of their first members; without grouping there is one, or none.
    package internal(set) var groups: [Group] = []
    private var places: [GroupKey: Int] = [:]

    package init() {}

    /// The circuits that it lists.
    package var count: Int { groups.reduce(0) { $0 + $1.members.count } }

    /// A group, however many there are.
    package func group(_ key: GroupKey) -> Group? { places[key].map { groups[$0] } }

    mutating func add(_ group: Group) {
        places[group.key] = groups.count
        groups.append(group)
    }
}
