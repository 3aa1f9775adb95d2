// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// A moment of a recording as somebody types it: `12:03`, `12:03:41`, `2026-11-22T12:03:41Z`, `+90s`, `-5m`.
package enum RecordedTime: Sendable, Hashable {
    /// A time of day in UTC, in milliseconds since midnight; it was typed that precisely.
    case clock(Milliseconds, precision: Milliseconds)
    /// In milliseconds since 1970.
    case instant(Milliseconds, precision: Milliseconds)
    /// So long after the beginning.
    case afterStart(Milliseconds)
    /// So long before the end.
    case beforeEnd(Milliseconds)

    /// Why a text is no time, or none of that recording, as a sentence.
    package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String

        package init(_ description: String) { self.description = description }
    }

    /// Reads a text.
    package init(_ text: String) throws(Failure) {
        let word = text.filter { $0 != " " }
        if let sign = word.first, sign == "+" || sign == "-" {
            guard case .limited(let span)? = try? Command.Lifetime(text: String(word.dropFirst())) else {
                throw Self.failure(text)
            }
            self = sign == "+" ? .afterStart(span) : .beforeEnd(span)
        } else if let time = Self.timeOfDay(word[...]) {
            self = .clock(time.at, precision: time.precision)
        } else if let instant = Self.instant(text) {
            self = .instant(instant.at, precision: instant.precision)
        } else {
            throw Self.failure(text)
        }
    }

    private static func failure(_ text: String) -> Failure {
        Failure(
            "“\(text.prefix(40))” is no time of a recording: say 12:03, 12:03:41 or 2026-11-22T12:03:41Z,"
                + " all in UTC, +90s from its beginning or -5m from its end")
    }

    /// The moment in a recording that goes from one moment to another.
    ///
    /// A time of day is the first such in it. The minute in which it begins, typed without seconds, is its beginning.
    package func moment(from start: Milliseconds, to end: Milliseconds) throws(Failure) -> Milliseconds {
        let moment: Milliseconds
        switch self {
        case .instant(let t, let precision): moment = t + precision > start ? max(t, start) : t
        case .afterStart(let span): moment = start.saturatingSum(span)
        case .beforeEnd(let span): moment = end.saturatingDifference(span)
        case .clock(let time, let precision):
            let today = start - CivilTime(start).time + time
            moment = today + precision > start ? max(today, start) : today + CivilTime.day
        }
        guard (start...max(start, end)).contains(moment) else {
            throw Failure(
                "\(CivilTime(moment).stamp) is not in the recording, which goes from"
                    + " \(CivilTime(start).stamp) to \(CivilTime(end).stamp)")
        }
        return moment
    }

    /// The same on a clock that never goes back, for who looks at one that is so far ahead of it, and at times of day that
    /// are so far ahead of UTC.
    package func moment(
        in range: ClosedRange<Milliseconds>, zone: Milliseconds, clockOffset: Milliseconds
    ) throws(Failure) -> Milliseconds {
        let ahead: Milliseconds =
            switch self {
            case .clock: zone.saturatingSum(clockOffset)
            case .instant: clockOffset
            case .afterStart, .beforeEnd: 0
            }
        let (from, to) = (range.lowerBound.saturatingSum(ahead), range.upperBound.saturatingSum(ahead))
        return try moment(from: from, to: to).saturatingDifference(ahead)
    }

    private typealias Time = (at: Milliseconds, precision: Milliseconds)

    /// `12:03`, `12:03:41`, `12:03:41.250`.
    private static func timeOfDay(_ text: Substring) -> Time? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let hours = number(parts[0], 1...2), hours < 24,
            let minutes = number(parts[1], 2...2), minutes < 60
        else { return nil }
        let whole = (hours * 60 + minutes) * 60_000
        guard parts.count == 3 else { return (whole, 60_000) }
        let second = parts[2].split(separator: ".", omittingEmptySubsequences: false)
        guard second.count <= 2, let seconds = number(second[0], 2...2), seconds < 60 else { return nil }
        guard second.count == 2 else { return (whole + seconds * 1_000, 1_000) }
        guard number(second[1], 1...9) != nil, let fraction = number((second[1] + "00").prefix(3), 3...3) else {
            return nil
        }
        return (whole + seconds * 1_000 + fraction, 1)
    }

    /// RFC 3339: a day, `T` or a blank, a time, and `Z` or an offset, or none for UTC.
    private static func instant(_ text: String) -> Time? {
        let parts = text.split(maxSplits: 1) { "Tt ".contains($0) }
        guard parts.count == 2 else { return nil }
        let day = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard day.count == 3, let year = number(day[0], 4...4), let month = number(day[1], 2...2),
            let dayOfMonth = number(day[2], 2...2)
        else { return nil }
        var clock = parts[1]
        var offset: Milliseconds = 0
        if let last = clock.last, "Zz".contains(last) {
            clock.removeLast()
        } else if let sign = clock.lastIndex(where: { "+-".contains($0) }) {
            guard let zone = timeOfDay(clock[clock.index(after: sign)...]) else { return nil }
            offset = clock[sign] == "-" ? -zone.at : zone.at
            clock = clock[..<sign]
        }
        guard let time = timeOfDay(clock),
            let civil = CivilTime(year: year, month: month, day: dayOfMonth, time: time.at)
        else { return nil }
        return (civil.t - offset, time.precision)
    }

    private static func number(_ text: Substring, _ digits: ClosedRange<Int>) -> Int64? {
        guard digits.contains(text.count), text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        return Int64(text)
    }
}
