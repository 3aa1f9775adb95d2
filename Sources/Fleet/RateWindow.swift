// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// Rates of a circuit's counters over the last few seconds, by the service's own monotonic clock.
///
/// Only rows that changed arrive, so a reading holds until the next one: the rate is what was added since the reading that held
/// one window ago, over the window's length. After a reconnect the window starts empty, so that what happened meanwhile is no spike.
package struct RateWindow: Sendable {
    /// The window's length.
    package static let length: Milliseconds = 3_000
    /// Shorter stretches than this give no rate: one sample's worth of calls over a few milliseconds would be noise.
    static let minimum: Milliseconds = 450
    /// The most readings kept; older ones go first.
    static let capacity = 24

    private struct Reading: Sendable {
        var up: Milliseconds
        var counts: Counts
    }

    /// The counters that have a rate. In place and without flags: every circuit keeps a dozen of them.
    package struct Counts: Sendable {
        private var values: InlineArray<4, Int64> = [unknown, unknown, unknown, unknown]

        private static var unknown: Int64 { .min }

        package init(_ row: CircuitRow) {
            values[0] = row[.calls] ?? Self.unknown
            values[1] = row[.failed] ?? Self.unknown
            values[2] = row[.rejected] ?? Self.unknown
            if values[2] != Self.unknown { values[2] = values[2].saturatingSum(row[.rejectedForced] ?? 0) }
            values[3] = row[.retries] ?? Self.unknown
        }

        package var calls: Int64? { value(0) }
        package var failed: Int64? { value(1) }
        package var rejected: Int64? { value(2) }
        package var retries: Int64? { value(3) }

        private func value(_ index: Int) -> Int64? { values[index] == Self.unknown ? nil : values[index] }
    }

    private var readings: [Reading] = []

    package init() {}

    /// Takes counters as of a moment. A moment before the newest reading starts anew: the peer's clock went back.
    package mutating func record(_ counts: Counts, up: Milliseconds) {
        if let last = readings.last {
            if up < last.up { readings.removeAll() }
            if up == last.up { readings.removeLast() }
        }
        forget(upTo: up.saturatingDifference(Self.length))
        if readings.count == Self.capacity { readings.removeFirst() }
        readings.append(Reading(up: up, counts: counts))
    }

    /// Of the readings before the window only the last one is asked for: it holds where the window begins.
    private mutating func forget(upTo start: Milliseconds) {
        guard let base = readings.lastIndex(where: { $0.up <= start }), base > 0 else { return }
        readings.removeFirst(base)
    }

    /// How many readings are kept.
    var count: Int { readings.count }

    /// What the counters rose by in a second, as of a moment.
    package func rates(up now: Milliseconds) -> Rates {
        guard let newest = readings.last, let first = readings.first else { return Rates() }
        let start = now.saturatingDifference(Self.length)
        let base = readings.last { $0.up <= start } ?? first
        let span = now.saturatingDifference(max(base.up, start))
        guard span >= Self.minimum else { return Rates() }
        return Rates(from: base.counts, to: newest.counts, in: span)
    }

    /// What each counter rose by in a second; `nil` = not known yet.
    package struct Rates: Sendable {
        package var calls: Double?
        package var failed: Double?
        package var rejected: Double?
        package var retries: Double?

        init() {}

        fileprivate init(from old: Counts, to new: Counts, in span: Milliseconds) {
            func rate(_ before: Int64?, _ after: Int64?) -> Double? {
                guard let before, let after else { return nil }
                return Double(max(0, after.saturatingDifference(before))) * 1000 / Double(span)
            }
            calls = rate(old.calls, new.calls)
            failed = rate(old.failed, new.failed)
            rejected = rate(old.rejected, new.rejected)
            retries = rate(old.retries, new.retries)
        }

        /// Calls that arrive, admitted or rejected.
        package var arrivals: Double? { calls.map { $0 + (rejected ?? 0) } }
    }
}

extension RateWindow {
    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        let blank = Reading(up: 0, counts: Counts(CircuitRow(id: 0)))
        try memento.exchange(&readings, atMost: Self.capacity, blank: blank) {
            (reading, memento) throws(MementoError) in
            try memento.exchange(&reading.up)
            try reading.counts.exchange(with: &memento)
        }
    }
}

extension RateWindow.Counts {
    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        for index in values.indices {
            var count = value(index)
            try memento.exchange(&count)
            values[index] = count ?? Self.unknown
        }
    }
}

extension Int64 {
    /// The sum, held at the ends of the range: foreign numbers never trap.
    package func saturatingSum(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// The difference, held at the ends of the range: foreign numbers never trap.
    package func saturatingDifference(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
}
