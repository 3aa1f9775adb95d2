// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import Fleet

/// How to take back what was just done, gently: a force is cleared, so that probes go first; a clear is forced again as it was.
/// Never a reset.
package struct UndoOffer: Sendable {
    /// What it takes back.
    package let order: Int
    /// What is asked for, but for the time: ``request(at:)``.
    package let request: OrderDialog.Request
    /// When the force that is given back would have ended by itself, on the monitor's monotonic clock; `nil` = it would not,
    /// or none is given back.
    private let end: Milliseconds?
    /// Those of the request that are as they were left.
    let circuits: [CircuitKey]
    /// A sentence's part: `clear (gently, probes first)`.
    package let words: String
    /// When the offer ends, on the monitor's monotonic clock.
    package let until: Milliseconds

    /// How long it is offered to take back what does not last; a force, for as long as it stands and its order is
    /// one of the newest ``Orders/maximumOrders``.
    package static let time: Milliseconds = 120_000

    /// The offer after an order of which nothing more is expected; `nil` = there is nothing to take back.
    ///
    /// A clear is taken back only where all circuits were forced alike; the earliest end holds for all.
    package init?(after order: Order, at now: Milliseconds) {
        guard order.isSettledOrOverdue(at: now), !order.plan.isUndo else { return nil }
        let done = order.effective
        circuits = order.standing.map(\.key)
        guard !circuits.isEmpty, let (action, end, reason) = Self.opposite(of: order, done) else {
            return nil
        }
        // A force that comes back is one on the circuits that had it, not on all of a group.
        let isClear = action == .clear
        var request = OrderDialog.Request(action, done.map(\.key), group: isClear ? order.plan.group : nil)
        request.calls = isClear ? order.plan.calls : []
        for command in done { request.expected[command.key] = command.revision }
        if !isClear { request.lifetime = .untilCleared }
        request.reason = reason
        request.isUndo = isClear
        self.end = end
        self.order = order.number
        self.request = request
        // Behind a forced open probes go first; behind a forced closed the calculated state decides at once.
        let isGentle = order.plan.action == .forceOpen
        let replaced = done.count { ($0.former?.mode ?? OverrideMode.none) != .none }
        let loss =
            isClear && replaced > 0 ? "; \(replaced.of("force")) that it replaced will not come back" : ""
        words =
            (isClear
                ? isGentle ? "clear (gently, probes first)" : "clear" : "\(action.title.lowercased()) again")
            + loss
        let last = done.compactMap(\.readBackAt).max() ?? now
        // A force of less than a second is not given.
        until =
            isClear
            ? order.end ?? .max : min(last.saturatingSum(Self.time), end?.saturatingDifference(1_000) ?? .max)
    }

    /// What is asked for at a moment of the monitor's monotonic clock before ``until``: a force lasts for what is left of it.
    package func request(at now: Milliseconds) -> OrderDialog.Request {
        guard let end else { return request }
        var request = request
        request.lifetime = .limited(max(1_000, end.saturatingDifference(now)))
        return request
    }

    /// The action, when a force that comes back ends, and its reason.
    private static func opposite(
        of order: Order, _ done: [OrderedCommand]
    ) -> (CommandAction, Milliseconds?, String)? {
        if order.plan.action.isForce { return (.clear, nil, "") }
        guard order.plan.action == .clear, let first = done.first?.former, first.mode != .none,
            done.allSatisfy({ $0.former?.mode == first.mode })
        else { return nil }
        let action = first.mode == .forcedOpen ? CommandAction.forceOpen : .forceClosed
        let shortest = done.compactMap { $0.former?.left }.min()
        return (action, shortest.map { order.startedAt.up.saturatingSum($0) }, first.reason)
    }
}
