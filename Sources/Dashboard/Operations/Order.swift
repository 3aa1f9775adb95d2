// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import Canvas
package import Fleet

/// One wish of the operator for one or many circuits, and what became of it at each.
package struct Order: Sendable {
    package let number: Int
    package let plan: OrderPlan
    package let startedAt: TelemetryInstant
    package internal(set) var targets: [OrderedCommand]

    /// When the force that it asks for ends by itself, on the monitor's monotonic clock; `nil` = when somebody clears it.
    var end: Milliseconds? {
        guard case .limited(let time) = plan.lifetime else { return nil }
        return startedAt.up.saturatingSum(time)
    }

    package var isSettled: Bool { targets.allSatisfy(\.isSettled) }

    /// Whether nothing more is expected of it, or what is has not come in time.
    func isSettledOrOverdue(at now: Milliseconds) -> Bool {
        targets.allSatisfy { $0.isSettled || $0.isOverdue(at: now) }
    }

    /// Whether what came of it has to be said before what a force misses: it is under way, or was settled a moment ago and
    /// went wrong, or well and is about something else.
    func goesBefore(_ hold: GroupHold, at now: Milliseconds) -> Bool {
        guard isSettledOrOverdue(at: now) else { return true }
        let last = targets.compactMap { max($0.answeredAt ?? .min, $0.readBackAt ?? .min) }.max() ?? .min
        guard now.saturatingDifference(last) <= OrderedCommand.retention else { return false }
        if targets.contains(where: { $0.fate != .done }) { return true }
        return hold.number != number && hold.number != plan.hold && targets.allSatisfy { $0.endedAt == nil }
    }

    /// Whether nothing is expected of it, and nothing has become of it for as long as a notice stands.
    func isKnown(at now: Milliseconds) -> Bool {
        let last = targets.flatMap { [$0.answeredAt, $0.readBackAt, $0.endedAt].compactMap(\.self) }.max() ?? .max
        return isSettled && now.saturatingDifference(last) > Dashboard.noticeTime
    }

    /// Those that were done, whatever happened to them since.
    package var done: [OrderedCommand] { targets.filter { $0.fate == .done } }

    /// Those whose effect was read back, whether or not the service answered.
    package var effective: [OrderedCommand] { targets.filter { $0.readBackAt != nil } }

    /// Those of them whose effect has not ended since.
    package var standing: [OrderedCommand] { targets.filter { $0.readBackAt != nil && $0.endedAt == nil } }

    /// The circuits where it was not refused, nor stayed unsent.
    var decided: [CircuitKey] { targets.filter { !$0.fate.isRefused && !$0.fate.isDropped }.map(\.key) }

    /// The circuits of which it decided anew what holds, as far as is known: a probe leaves that as it is.
    var redecided: [CircuitKey] {
        guard plan.action != .probe else { return [] }
        return targets.filter { target in
            !target.fate.isRefused && !target.fate.isDropped && (!target.fate.isUnknown || target.readBackAt != nil)
        }.map(\.key)
    }

    /// Whether something of it went wrong in the last seconds, or is not known.
    func wentWrong(at now: Milliseconds) -> Bool {
        targets.contains { target in
            (target.fate.isRefused || target.fate.isUnknown || target.isOverdue(at: now)) && target.readBackAt == nil
                && now.saturatingDifference(target.answeredAt ?? now) <= OrderedCommand.retention
        }
    }

    /// What it is about: `payments`, `orders/stock.reserve` or `3 circuits`.
    package var place: String {
        if let group = plan.group { return "\(group.sanitizedForDisplay(maxColumns: 48)) on \(targets.count)" }
        guard targets.count == 1, let only = targets.first else { return targets.count.of("circuit") }
        return only.key.displayName
    }

    func isOver(at now: Milliseconds) -> Bool { targets.allSatisfy { $0.isOver(at: now) } }
}

/// The newest orders, bounded; they are sent no faster than services take them.
package struct Orders: Sendable {
    /// Oldest first.
    package private(set) var all: [Order] = []
    /// Where each command stands, by its id.
    private var places: [String: (order: Int, index: Int)] = [:]
    private var nextNumber = 1

    /// The most orders whose fate is remembered.
    package static let maximumOrders = 16
    /// The most commands a second to one process: services take 20 a second, all monitors of one user together.
    static let sendsPerSecond = 10

    package init() {}

    /// Whether there is room for another order: one that still goes out is never forgotten.
    package var hasRoom: Bool { all.count < Self.maximumOrders || all.contains(where: \.isSettled) }

    /// Takes an order that was confirmed; ``release(at:)`` gives out its commands. What older orders have not sent to the
    /// same circuits stays here: the last word holds.
    ///
    /// - Parameters:
    ///   - claimed: the operator's own name for the record.
    ///   - commandID: draws a UUID.
    @discardableResult
    package mutating func add(
        _ plan: OrderPlan, claimed: String, commandID: () -> String, at now: TelemetryInstant
    ) -> Order {
        let commands = plan.targets.map { target in
            OrderedCommand(
                Command(
                    id: commandID(), boot: target.key.instance.boot, circuit: target.key.id, action: plan.action,
                    lifetime: plan.lifetime, reason: plan.reason, claimed: claimed,
                    ifOverrideRevision: target.revision),
                to: target)
        }
        let order = Order(number: nextNumber, plan: plan, startedAt: now, targets: commands)
        nextNumber += 1
        // Also of those that it leaves out: what is not forced yet cannot be cleared, and shall not be forced after it.
        let keys = Set(plan.targets.map(\.key) + plan.leftOut)
        for older in all.indices {
            drop(in: older, because: "a later order took its place", at: now.up) { keys.contains($0.key) }
        }
        if all.count >= Self.maximumOrders, let oldest = all.firstIndex(where: \.isSettled) {
            forget([all.remove(at: oldest)])
        }
        all.append(order)
        for (index, target) in order.targets.enumerated() { places[target.command.id] = (order.number, index) }
        return order
    }

    /// Stops an order: what has not gone out stays here. Returns how many commands that are, and how many have no answer yet.
    @discardableResult
    package mutating func stop(_ number: Int, at now: Milliseconds) -> (waiting: Int, sent: Int) {
        guard let index = all.firstIndex(where: { $0.number == number }) else { return (0, 0) }
        let fates = all[index].targets.map(\.fate)
        drop(in: index, because: "stopped", at: now) { _ in true }
        return (fates.count { $0 == .waiting }, fates.count { $0 == .sent })
    }

    private mutating func drop(
        in order: Int, because reason: String, at now: Milliseconds, where isMeant: (OrderedCommand) -> Bool
    ) {
        for index in all[order].targets.indices where isMeant(all[order].targets[index]) {
            all[order].targets[index].drop(because: reason, at: now)
        }
    }

    /// The commands that have not gone out, and those that have no answer yet.
    package var unfinished: (waiting: Int, sent: Int) {
        let fates = all.lazy.flatMap(\.targets).map(\.fate)
        // What nobody answered may still be done.
        let isOpen = all.lazy.flatMap(\.targets).count { $0.fate.isUnknown && $0.readBackAt == nil }
        return (fates.count { $0 == .waiting }, fates.count { $0 == .sent } + isOpen)
    }

    /// The commands that go out now, the newest order's first.
    package mutating func release(at now: Milliseconds) -> [Command] {
        guard all.contains(where: { $0.targets.contains { $0.maySend(at: now) } }) else { return [] }
        var recent: [String: Int] = [:]
        for order in all {
            for target in order.targets where target.attemptedAt.map({ now.saturatingDifference($0) < 1_000 }) ?? false
            {
                recent[target.key.instance.boot, default: 0] += 1
            }
        }
        var commands: [Command] = []
        for order in all.indices.reversed() {
            for index in all[order].targets.indices where all[order].targets[index].maySend(at: now) {
                let boot = all[order].targets[index].key.instance.boot
                guard recent[boot, default: 0] < Self.sendsPerSecond else { continue }
                recent[boot, default: 0] += 1
                all[order].targets[index].send(at: now)
                commands.append(all[order].targets[index].command)
            }
        }
        return commands
    }

    /// Takes an answer. Returns the command that it belongs to.
    @discardableResult
    package mutating func take(_ result: CommandResult, at now: Milliseconds) -> OrderedCommand? {
        guard let place = places[result.id], let order = all.firstIndex(where: { $0.number == place.order }),
            all[order].targets[place.index].sentAt != nil
        else { return nil }
        all[order].targets[place.index].take(result.outcome, at: now)
        return all[order].targets[place.index]
    }

    /// Looks what became of the commands, and forgets those whose story is over.
    ///
    /// - Parameter news: the events since the last time.
    package mutating func follow(_ fleet: FleetModel, news: [FleetEvent] = []) {
        let now = fleet.now.up
        for event in news where event.mayEndForces {
            for order in all.indices where all[order].plan.action.isForce {
                for index in all[order].targets.indices { all[order].targets[index].take(event) }
            }
        }
        for order in all.indices {
            for index in all[order].targets.indices {
                let key = fleet.heir(of: all[order].targets[index].place)
                all[order].targets[index].follow(fleet.circuit(key), at: now)
            }
        }
        let over = all.filter { $0.isOver(at: now) }
        guard !over.isEmpty else { return }
        all.removeAll { $0.isOver(at: now) }
        forget(over)
    }

    private mutating func forget(_ orders: [Order]) {
        for target in orders.lazy.flatMap(\.targets) { places[target.command.id] = nil }
    }

    /// The circuit that a command is for; `nil` = it is of no order that is remembered.
    func circuit(of command: Command) -> CircuitKey? {
        places[command.id].flatMap { place in all.first { $0.number == place.order }?.targets[place.index].key }
    }

    /// The circuits at which something is still on its way.
    package var busy: Set<CircuitKey> {
        Set(all.flatMap { $0.targets.filter { !$0.isSettled }.map(\.key) })
    }
}
