// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Dashboard {
    /// What an operator has to see within a tick, and what keys and clicks act on. Numbers, sparklines and ages that go on
    /// with every sample are drawn anew with each second of the clock: while nothing else changes, a frame more costs a
    /// processor and tells nobody anything.
    package struct Glance: Sendable, Hashable {
        fileprivate var second: Milliseconds
        fileprivate var standing: FleetTotals
        fileprivate var event: Int
        fileprivate var rows: [TableState.Row] = []
        fileprivate var selected: TableState.Selected?
        fileprivate var isBehind = false
        /// Where in the past it is.
        fileprivate var transport: String?
        /// The forces of this screen, how they stand.
        fileprivate var holds: [GroupHold.Report] = []
        fileprivate var count = 0
        fileprivate var hasNoMatch = false
        fileprivate var sources: [SourceID] = []
        fileprivate var mappedAt: Milliseconds?
        fileprivate var notice: String?
        fileprivate var problem: String?
        /// The moment, while the operator waits for something to happen.
        fileprivate var awaited: Milliseconds?
    }

    /// What two frames that differ in nothing urgent have in common.
    package var glance: Glance {
        var glance = Glance(
            second: (behind == nil ? fleet.now.t : now.t) / 1_000, standing: roster.totals.standing, event: lastEvent,
            notice: notice,
            problem: problem, awaited: operations.isAwaited ? now.up : nil)
        glance.transport = transport.map { "\($0.position) \($0.isPlaying) \($0.transitions.count)" }
        switch screen {
        case .circuits:
            glance.selected = table.selected
            glance.rows = Array(table.rows.dropFirst(table.scroll).prefix(size.rows))
            glance.isBehind = table.isBehind
            glance.count = table.rows.count
            glance.hasNoMatch = hasNoMatch
        case .sources: glance.sources = sourcesState.list.ids
        case .map: glance.mappedAt = mapState.finishedAt
        case .circuit, .events, .audit: break
        }
        glance.holds = operations.holds.all.map(\.report)
        return glance
    }

    /// The number of the newest event that the view tells of.
    private var lastEvent: Int {
        if screen == .events { return fleet.events.total }
        return fleet.events.all.last { $0.isNews }?.number ?? 0
    }
}

extension FleetTotals {
    /// How many are how, without what flows.
    fileprivate var standing: FleetTotals {
        var totals = self
        (totals.callsPerSecond, totals.failedPerSecond) = (0, 0)
        (totals.rejectedPerSecond, totals.retriesPerSecond) = (0, 0)
        return totals
    }
}

extension Operations {
    /// Whether a dialog is open or an order is under way.
    fileprivate var isAwaited: Bool { dialog != nil || orders.all.last.map { !$0.isSettled } ?? false }
}
