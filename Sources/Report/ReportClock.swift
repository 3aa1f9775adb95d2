// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import Recording

/// How a report writes times: in UTC, with the day where there are several.
struct ReportClock: Sendable {
    let span: ClosedRange<Milliseconds>
    private let isOneDay: Bool

    init(_ span: ClosedRange<Milliseconds>) {
        self.span = span
        isOneDay = CivilTime(span.lowerBound).date == CivilTime(span.upperBound).date
    }

    /// `12:03:41`, or `2026-11-22 12:03:41`.
    func text(_ t: Milliseconds) -> String {
        let time = CivilTime(t)
        return isOneDay && time.date == CivilTime(span.lowerBound).date ? time.clock : "\(time.date) \(time.clock)"
    }

    /// The same, and whether that was before.
    func began(_ t: Milliseconds) -> String {
        t < span.lowerBound ? "\(text(t)), before it begins" : text(t)
    }

    func day(_ t: Milliseconds) -> String { CivilTime(t).date }

    struct Tick: Hashable {
        var at: Milliseconds
        var label: String
    }

    /// Round times, so many at most.
    func ticks(atMost count: Int) -> [Tick] {
        let length = span.upperBound - span.lowerBound
        let steps: [Milliseconds] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600]
        let days = max(1, length / (CivilTime.day * Int64(max(1, count))) + 1)
        let step = steps.map { $0 * 1_000 }.first { length / $0 < count } ?? 43_200_000 * days
        var ticks: [Tick] = []
        var at = span.lowerBound + (step - (span.lowerBound % step + step) % step) % step
        while at <= span.upperBound {
            let time = CivilTime(at)
            let clock = String(time.clock.prefix(step % 60_000 == 0 ? 5 : 8))
            let label = step >= 43_200_000 ? String(time.date.dropFirst(5)) : clock
            ticks.append(Tick(at: at, label: label))
            at += step
        }
        return ticks
    }

    /// Where a moment is in the span, from 0 to 1.
    func share(_ at: Milliseconds) -> Double {
        let length = Double(max(1, span.upperBound - span.lowerBound))
        return min(1, max(0, Double(at.saturatingDifference(span.lowerBound)) / length))
    }
}

/// A stretch of time with its days, in UTC.
struct CivilSpan {
    let text: String

    init(_ span: ClosedRange<Milliseconds>) {
        let (from, to) = (CivilTime(span.lowerBound), CivilTime(span.upperBound))
        let end = from.date == to.date ? to.clock : "\(to.date) \(to.clock)"
        text = "\(from.date) \(from.clock) to \(end) UTC"
    }
}
