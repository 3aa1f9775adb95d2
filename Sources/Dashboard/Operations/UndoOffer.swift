// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import Fleet

/// How to take back what was just done, gently: a force is cleared, so that probes go first; a clear is forced again as it was.
/// Never a reset.
package struct UndoOffer: Sendable {
    /// What it takes back.
    package let order: Int
    package let request: OrderDialog.Request
    /// Those of the request that are as they were left.
    let circuits: [CircuitKey]
    /// A sentence's part: `clear (gently, probes first)`.
    package let words: String
    /// When the offer ends, on the monitor's monotonic clock.
    package let until: Milliseconds

    /// How long it is offered to take back what does not last; a force, for as long as it stands.
    package static let time: Milliseconds = 120_000

    /// The offer after an order of which nothing more is expected; `nil` = there is nothing to take back.
    ///
    /// A clear is taken back only where all circuits were forced alike; the shortest time that was left holds for all.
    package init?(after order: Order, at now: Milliseconds) {
        guard order.isSettledOrOverdue(at: now), !order.plan.isUndo else { return nil }
        let done = order.effective
        circuits = order.standing.map(\.key)
        guard !circuits.isEmpty, let (action, lifetime, reason) = Self.opposite(of: order, done, at: now) else {
            return nil
        }
        // A force that comes back is one on the circuits that had it, not on all of a group.
        let isOfGroup = action == .clear
        var request = OrderDialog.Request(action, done.map(\.key), group: isOfGroup ? order.plan.group : nil)
        request.calls = isOfGroup ? order.plan.calls : []
        for command in done { request.expected[command.key] = command.revision }
        if let lifetime { request.lifetime = lifetime }
        request.reason = reason
        request.isUndo = action == .clear
        self.order = order.number
        self.request = request
        // Behind a forced open probes go first; behind a forced closed the calculated state decides at once.
        let isGentle = order.plan.action == .forceOpen
        let replaced = done.count { ($0.former?.mode ?? OverrideMode.none) != .none }
        let loss =
            action == .clear && replaced > 0 ? "; \(replaced.of("force")) that it replaced will not come back" : ""
        words =
            (action == .clear
                ? isGentle ? "clear (gently, probes first)" : "clear" : "\(action.title.lowercased()) again")
            + loss
        let last = done.compactMap(\.readBackAt).max() ?? now
        until = isOfGroup ? order.end ?? .max : last.saturatingSum(Self.time)
    }

    private static func opposite(
        of order: Order, _ done: [OrderedCommand], at now: Milliseconds
    ) -> (CommandAction, Command.Lifetime?, String)? {
        if order.plan.action.isForce { return (.clear, nil, "") }
        guard order.plan.action == .clear, let first = done.first?.former, first.mode != .none,
            done.allSatisfy({ $0.former?.mode == first.mode })
        else { return nil }
        let action = first.mode == .forcedOpen ? CommandAction.forceOpen : .forceClosed
        let gone = now.saturatingDifference(order.startedAt.up)
        let ends = done.compactMap { $0.former?.left }
        guard let shortest = ends.min() else { return (action, .untilCleared, first.reason) }
        let left = shortest.saturatingDifference(gone)
        return left < 1_000 ? nil : (action, .limited(left), first.reason)
    }
}
