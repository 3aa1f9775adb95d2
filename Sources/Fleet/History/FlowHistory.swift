// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// What the whole fleet did in the last minutes, a reading a second.
package struct FlowHistory: Sendable {
    package static let period: Milliseconds = 1_000
    package static let capacity = 120

    /// The newest readings, oldest first.
    package private(set) var readings: [FleetTotals] = []
    private var newestAt: Milliseconds?

    package init() {}

    /// Takes the totals as of a moment of the monitor's monotonic clock, if the last ones are old enough.
    package mutating func record(_ totals: FleetTotals, at now: Milliseconds) {
        if let newestAt, now >= newestAt, now.saturatingDifference(newestAt) < Self.period { return }
        newestAt = now
        readings.append(totals)
        if readings.count > Self.capacity { readings.removeFirst() }
    }

    /// The newest values of a flow, in calls a second; `nil` where no source was fresh.
    package func values(of flow: KeyPath<FleetTotals, Double>, count: Int) -> [Double?] {
        readings.suffix(max(0, count)).map { $0.freshSources > 0 ? $0[keyPath: flow] : nil }
    }
}

extension FlowHistory {
    package mutating func exchange(with memento: inout Memento) throws(MementoError) {
        try memento.exchange(&readings, atMost: Self.capacity, blank: FleetTotals()) {
            (totals, memento) throws(MementoError) in
            try totals.exchange(with: &memento)
        }
        try memento.exchange(&newestAt)
    }
}

extension FleetTotals {
    fileprivate mutating func exchange(with memento: inout Memento) throws(MementoError) {
        for count in [
            \Self.sources, \.freshSources, \.stoppedSources, \.circuits, \.closed, \.halfOpen, \.open, \.forced,
            \.unknown,
            \.stopped, \.overridesLost,
        ] {
            try memento.exchange(&self[keyPath: count], in: 0...Int(Int32.max))
        }
        for flow in [\Self.callsPerSecond, \.failedPerSecond, \.rejectedPerSecond, \.retriesPerSecond] {
            try memento.exchange(&self[keyPath: flow])
        }
    }
}
