// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// A day and its time in UTC, by the calendar of today for all times.
package struct CivilTime: Sendable, Hashable {
    package var year: Int64
    package var month: Int64
    package var day: Int64
    /// Milliseconds since midnight.
    package var time: Milliseconds

    package static let day: Milliseconds = 86_400_000
    /// Some thousands of years.
    private static let bound: Milliseconds = 1 << 47

    /// From milliseconds since 1970, held to some thousands of years around it.
    package init(_ t: Milliseconds) {
        let t = min(max(t, -Self.bound), Self.bound)
        time = (t % Self.day + Self.day) % Self.day
        // Years begin in March, so that the day that may be missing is the last; eras of 400 years are alike.
        let days = (t - time) / Self.day + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let ofEra = days - era * 146_097
        let years = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * years + years / 4 - years / 100)
        let march = (5 * ofYear + 2) / 153
        day = ofYear - (153 * march + 2) / 5 + 1
        month = march < 10 ? march + 3 : march - 9
        year = years + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// - Returns: `nil` when there is no such day or time.
    package init?(year: Int64, month: Int64, day: Int64, time: Milliseconds) {
        (self.year, self.month, self.day, self.time) = (year, month, day, time)
        guard (1...9_999).contains(year), (1...12).contains(month), (1...31).contains(day),
            (0..<Self.day).contains(time), CivilTime(t) == self
        else { return nil }
    }

    /// Milliseconds since 1970.
    package var t: Milliseconds {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let years = shifted - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let ofEra = years * 365 + years / 4 - years / 100 + ofYear
        return (era * 146_097 + ofEra - 719_468) * Self.day + time
    }

    /// `2026-11-22`.
    package var date: String { "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))" }

    /// `12:03:41`.
    package var clock: String {
        let seconds = time / 1_000
        return "\(digits(seconds / 3_600, 2)):\(digits(seconds / 60 % 60, 2)):\(digits(seconds % 60, 2))"
    }

    /// `2026-11-22T12:03:41.250Z`, as machines read it.
    package var stamp: String { "\(date)T\(clock).\(digits(time % 1_000, 3))Z" }

    private func digits(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
