// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// One round through all circuits, which filters, orders, groups and sums up what it sees.
///
/// It goes in steps, between which keys are answered and facts taken: with 100,000 circuits a round takes far longer than
/// a key may wait. What changes while it goes round is seen by the next one.
package struct Survey: Sendable {
    private let plan: SurveyPlan
    private var walk: CircuitWalk
    /// What was found, in pieces each of which is in order.
    private var runs: [[Entry]] = []
    /// Two of them, on their way to become one.
    private var merge: Merge?
    private var gathering: Gathering?
    private var groups: [GroupKey: Int] = [:]
    private var totals: [(key: GroupKey, totals: FleetTotals)] = []
    private var fleet: FleetTotals

    package init(of fleet: FleetModel, by plan: SurveyPlan) {
        self.plan = plan
        self.fleet = FleetTotals(sources: fleet.sources.values, at: fleet.now.up)
        walk = CircuitWalk(of: fleet)
        if plan.grouping == .none { totals = [(GroupKey(grouping: .none), FleetTotals())] }
    }

    /// The circuits that there were when it began.
    package var count: Int { walk.count }

    /// Goes on, over at most so many circuits.
    ///
    /// - Returns: what was found, when the round is over.
    package mutating func step(over fleet: FleetModel, circuits count: Int) -> Roster? {
        guard walk.isOver else {
            visit(fleet, count: count)
            return nil
        }
        // To put a circuit in its place takes far less than to look at it.
        let count = count * 8
        if merge != nil || runs.count > 1 {
            goOnMerging(count)
            return nil
        }
        return goOnGathering(count)
    }

    // MARK: - Visiting

    private mutating func visit(_ fleet: FleetModel, count: Int) {
        var run: [Entry] = []
        // Taken out while it goes on, because what it visits changes the rest.
        var walk = walk
        walk.step(over: fleet, circuits: count) { circuit, instance, rank in
            take(circuit, of: instance, rank: rank, into: &run)
        }
        self.walk = walk
        guard !run.isEmpty else { return }
        run.sort(by: precedes)
        runs.append(run)
    }

    private mutating func take(_ circuit: CircuitView, of instance: Instance, rank: Int, into run: inout [Entry]) {
        fleet.count(circuit)
        guard plan.admits(circuit) else { return }
        let group = plan.grouping == .none ? 0 : number(of: plan.grouping.group(of: circuit))
        if plan.grouping != .none { totals[group].totals.count(circuit) }
        run.append(
            Entry(
                value: plan.value(circuit), service: circuit.identity.service, name: circuit.key.name, rank: rank,
                group: group,
                member: Roster.Member(
                    handle: CircuitHandle(instance: instance.serial, circuit: circuit.row.id),
                    isForced: circuit.isForced)))
    }

    private mutating func number(of group: GroupKey) -> Int {
        if let known = groups[group] { return known }
        groups[group] = totals.count
        totals.append((group, FleetTotals()))
        return totals.count - 1
    }

    // MARK: - Order

    private struct Entry: Sendable {
        var value: SortValue
        var service: String
        var name: String
        /// The place of its process among all.
        var rank: Int
        var group: Int
        var member: Roster.Member
    }

    private func precedes(_ left: Entry, _ right: Entry) -> Bool {
        switch (left.value, right.value) {
        case (.number(let a), .number(let b)) where a != b: return plan.isDescending ? a > b : a < b
        case (.text(let a), .text(let b)) where a != b: return plan.isDescending ? a > b : a < b
        case (.unknown, .number), (.unknown, .text): return false
        case (.number, .unknown), (.text, .unknown): return true
        case (.number, .text): return true
        case (.text, .number): return false
        default: break
        }
        if left.service != right.service { return left.service < right.service }
        if left.name != right.name { return left.name < right.name }
        return (left.rank, left.member.handle.circuit) < (right.rank, right.member.handle.circuit)
    }

    /// Two runs that become one.
    private struct Merge: Sendable {
        let left: [Entry]
        let right: [Entry]
        var i = 0
        var j = 0
        var merged: [Entry] = []
    }

    private mutating func goOnMerging(_ count: Int) {
        var merge: Merge
        if let current = self.merge {
            merge = current
            // Not held twice while it works, so that nothing is copied.
            self.merge = nil
        } else {
            // The smallest first, so that each circuit is moved about as often as there are doublings.
            runs.sort { $0.count > $1.count }
            merge = Merge(left: runs.removeLast(), right: runs.removeLast())
            merge.merged.reserveCapacity(merge.left.count + merge.right.count)
        }
        goOn(with: &merge, count)
        if merge.merged.count == merge.left.count + merge.right.count {
            runs.append(merge.merged)
        } else {
            self.merge = merge
        }
    }

    private func goOn(with merge: inout Merge, _ count: Int) {
        for _ in 0..<count {
            if merge.j < merge.right.count,
                merge.i == merge.left.count || precedes(merge.right[merge.j], merge.left[merge.i])
            {
                merge.merged.append(merge.right[merge.j])
                merge.j += 1
            } else if merge.i < merge.left.count {
                merge.merged.append(merge.left[merge.i])
                merge.i += 1
            } else {
                return
            }
        }
    }

    // MARK: - What it comes to

    /// The list of what was found, as far as it has got.
    private struct Gathering: Sendable {
        var roster = Roster()
        /// The place of each group among the roster's.
        var positions: [Int?]
        var next = 0
    }

    private mutating func goOnGathering(_ count: Int) -> Roster? {
        let entries = runs.first ?? []
        var gathering = self.gathering ?? Gathering(positions: [Int?](repeating: nil, count: totals.count))
        self.gathering = nil
        let end = min(entries.count, gathering.next + count)
        for entry in entries[gathering.next..<end] {
            if let position = gathering.positions[entry.group] {
                gathering.roster.groups[position].members.append(entry.member)
            } else {
                gathering.positions[entry.group] = gathering.roster.groups.count
                let (key, totals) = totals[entry.group]
                gathering.roster.add(Roster.Group(key: key, totals: totals, members: [entry.member]))
            }
        }
        gathering.next = end
        if end == entries.count {
            gathering.roster.totals = fleet
            return gathering.roster
        }
        self.gathering = gathering
        return nil
    }
}
