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
        if !walk.isOver {
            visit(fleet, count: count)
            return nil
        }
        guard runs.count > 1 else { return roster }
        // The smallest first, so that each circuit is moved about as often as there are doublings.
        runs.sort { $0.count > $1.count }
        let (left, right) = (runs.removeLast(), runs.removeLast())
        runs.append(merge(left, right))
        return nil
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

    private func merge(_ left: [Entry], _ right: [Entry]) -> [Entry] {
        var merged: [Entry] = []
        merged.reserveCapacity(left.count + right.count)
        var (i, j) = (0, 0)
        while i < left.count, j < right.count {
            if precedes(right[j], left[i]) {
                merged.append(right[j])
                j += 1
            } else {
                merged.append(left[i])
                i += 1
            }
        }
        merged.append(contentsOf: left[i...])
        merged.append(contentsOf: right[j...])
        return merged
    }

    private var roster: Roster {
        var roster = Roster()
        roster.totals = fleet
        var positions = [Int?](repeating: nil, count: totals.count)
        for entry in runs.first ?? [] {
            let position = positions[entry.group] ?? roster.groups.count
            if positions[entry.group] == nil {
                positions[entry.group] = position
                let (key, totals) = totals[entry.group]
                roster.groups.append(Roster.Group(key: key, totals: totals, members: []))
            }
            roster.groups[position].members.append(entry.member)
        }
        return roster
    }
}
