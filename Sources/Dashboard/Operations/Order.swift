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

    package var isSettled: Bool { targets.allSatisfy(\.isSettled) }

    /// Those that were done, whatever happened to them since.
    package var done: [OrderedCommand] { targets.filter { $0.fate == .done } }

    /// Those whose effect was read back, whether or not the service answered.
    package var effective: [OrderedCommand] { targets.filter { $0.readBackAt != nil } }

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
    private var nextNumber = 1

    /// The most orders whose fate is remembered.
    package static let maximumOrders = 16
    /// The most commands a second to one process: services take 20 a second, all monitors of one user together.
    static let sendsPerSecond = 10

    package init() {}

    /// Takes an order that was confirmed; ``release(at:)`` gives out its commands.
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
        all.append(order)
        if all.count > Self.maximumOrders { all.removeFirst() }
        return order
    }

    /// The commands that go out now.
    package mutating func release(at now: Milliseconds) -> [Command] {
        guard all.contains(where: { $0.targets.contains { $0.maySend(at: now) } }) else { return [] }
        var recent: [String: Int] = [:]
        for order in all {
            for target in order.targets where target.sentAt.map({ now.saturatingDifference($0) < 1_000 }) ?? false {
                recent[target.key.instance.boot, default: 0] += 1
            }
        }
        var commands: [Command] = []
        for order in all.indices {
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
        for order in all.indices.reversed() {
            guard let index = all[order].targets.firstIndex(where: { $0.command.id == result.id && $0.sentAt != nil })
            else { continue }
            all[order].targets[index].take(result.outcome, at: now)
            return all[order].targets[index]
        }
        return nil
    }

    /// Looks what became of the commands, and forgets those whose story is over.
    package mutating func follow(_ fleet: FleetModel) {
        let now = fleet.now.up
        for order in all.indices {
            for index in all[order].targets.indices {
                let key = all[order].targets[index].key
                all[order].targets[index].follow(fleet.circuit(key), at: now)
            }
        }
        all.removeAll { $0.isOver(at: now) }
    }

    /// The circuits at which something is still on its way.
    package var busy: Set<CircuitKey> {
        Set(all.flatMap { $0.targets.filter { !$0.isSettled }.map(\.key) })
    }
}
