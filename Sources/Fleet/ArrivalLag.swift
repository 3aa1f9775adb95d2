// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// How late a service's samples arrive, found by comparing how far its clock and the monitor's went on between two of them.
///
/// The quickest sample is the measure: if, 1,000 ms of the service's clock later, 1,300 ms have passed here, the newer
/// one was 300 ms slower on its way: in the service's buffers, in the network, or waiting for the monitor's turn. The
/// measure is renewed every minute, because clocks drift. The two clocks are never subtracted from each other.
package struct ArrivalLag: Sendable, Hashable {
    static let period: Milliseconds = 60_000

    private struct Arrival: Sendable, Hashable {
        var up: Milliseconds
        var at: Milliseconds

        func delay(since quickest: Arrival) -> Milliseconds {
            at.saturatingDifference(quickest.at).saturatingDifference(up.saturatingDifference(quickest.up))
        }
    }

    private var quickest: Arrival?
    private var quickestOfPeriod: Arrival?
    private var periodStart: Milliseconds = 0
    private var newest: Arrival?

    package init() {}

    /// In milliseconds, at least 0.
    package var lag: Milliseconds? {
        guard let newest, let quickest else { return nil }
        return max(0, newest.delay(since: quickest))
    }

    /// A sample read at `up` of the service's monotonic clock arrived at `now` of the monitor's.
    package mutating func arrived(up: Milliseconds, at now: Milliseconds) {
        let arrival = Arrival(up: up, at: now)
        // The peer's clock went back: what was measured by it means nothing.
        if let newest, up < newest.up { self = ArrivalLag() }
        newest = arrival
        if quickest == nil || now.saturatingDifference(periodStart) >= Self.period {
            quickest = quickestOfPeriod
            quickestOfPeriod = nil
            periodStart = now
        }
        quickest = Self.quicker(arrival, quickest)
        quickestOfPeriod = Self.quicker(arrival, quickestOfPeriod)
    }

    private static func quicker(_ arrival: Arrival, _ other: Arrival?) -> Arrival {
        guard let other, arrival.delay(since: other) > 0 else { return arrival }
        return other
    }
}

extension ArrivalLag {
    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        for arrival in [\Self.quickest, \.quickestOfPeriod, \.newest] {
            try memento.exchange(&self[keyPath: arrival], blank: Arrival(up: 0, at: 0)) {
                (arrival, memento) throws(MementoError) in
                try memento.exchange(&arrival.up)
                try memento.exchange(&arrival.at)
            }
        }
        try memento.exchange(&periodStart)
    }
}
