// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
package import Fleet

/// The forces that this screen gave and that are meant to last, bounded.
package struct GroupHolds: Sendable {
    /// Oldest first.
    package private(set) var all: [GroupHold] = []
    /// Orders that a hold was made of, or that was dropped on purpose.
    private var known: Set<Int> = []
    private var checkedAt: Milliseconds = .min

    /// The most that are followed.
    package static let maximumHolds = 16
    /// How often they are compared with the fleet.
    static let interval: Milliseconds = 500

    package init() {}

    /// Those that ask for something, the newest wish first: what was just lost is what is looked at.
    package var asking: [GroupHold] {
        all.filter(\.needsAttention).sorted { ($0.askingSince ?? 0, $0.number) > ($1.askingSince ?? 0, $1.number) }
    }

    /// The first of them.
    package var urgent: GroupHold? { asking.first }

    /// Takes what orders did, what events told, and the fleet as it is. Returns forces without an end that
    /// are followed no more, since nobody is there whom they were for.
    package mutating func follow(_ orders: Orders, news: [FleetEvent], in fleet: FleetModel) -> [GroupHold] {
        let added = adopt(orders)
        for event in news {
            for index in all.indices { all[index].take(event) }
        }
        guard added || fleet.now.up.saturatingDifference(checkedAt) >= Self.interval, !all.isEmpty else {
            return []
        }
        checkedAt = fleet.now.up
        let busy = orders.busy
        for index in all.indices { all[index].follow(fleet, busy: busy) }
        all.removeAll { $0.isOver(at: fleet.now.up) }
        let deserted = all.filter { $0.isDeserted(at: fleet.now.up) }
        all.removeAll { $0.isDeserted(at: fleet.now.up) }
        return deserted
    }

    /// Forgets a hold: the operator does not want to hear of it any more.
    package mutating func drop(_ number: Int) { all.removeAll { $0.number == number } }

    /// The oldest goes first, of those that miss nothing if there are any.
    private mutating func makeRoom() {
        guard all.count >= Self.maximumHolds else { return }
        all.remove(at: all.firstIndex { !$0.needsAttention } ?? 0)
    }

    /// Begins a hold with the first circuit that an order forced. Returns whether there is something new.
    private mutating func adopt(_ orders: Orders) -> Bool {
        var isNew = false
        for order in orders.all where order.plan.action.isForce {
            let mended = all.contains { $0.number == order.plan.hold } ? order.plan.hold : nil
            let number = mended ?? order.number
            let held = order.standing
            guard !held.isEmpty else { continue }
            if mended == nil, known.insert(number).inserted, let hold = GroupHold(order) {
                makeRoom()
                all.append(hold)
                isNew = true
            }
            guard let index = all.firstIndex(where: { $0.number == number }) else { continue }
            if mended != nil { all[index].extend(order) }
            for command in held { all[index].hold(command) }
        }
        // A probe leaves the override as it is.
        for order in orders.all where order.plan.action != .probe {
            for index in all.indices where all[index].number < order.number && all[index].number != order.plan.hold {
                if all[index].action != order.plan.action {
                    all[index].decide(order.decided + order.plan.leftOut)
                }
                for command in order.effective { all[index].release(command) }
            }
        }
        // Numbers rise: those of orders that are forgotten never come again.
        if let oldest = orders.all.first?.number { known = known.filter { $0 >= oldest } }
        return isNew
    }
}
