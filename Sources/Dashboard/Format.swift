// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import Canvas
package import Fleet

/// Numbers as people read them: always with a unit, never with more digits than they mean.
package enum Format {
    /// A rate: `0.0`, `42.0`, `118`, `4.2k`.
    package static func rate(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "–" }
        return switch max(0, value) {
        case ..<99.95: tenths(max(0, value))
        case ..<9_999.5: String(Int(value.rounded()))
        case ..<999_950: tenths(value / 1_000) + "k"
        case ..<1e12: tenths(value / 1_000_000) + "M"
        default: "huge"
        }
    }

    /// A stretch of time: `2.4 s`, `48 s`, `12 min`, `2 h`, `6 d`.
    package static func duration(_ value: Milliseconds?) -> String {
        value.map(TimeSpan.words) ?? "–"
    }

    /// How long it has been so, `≥` where it may be longer: `5.4 s`, `≥ 12 min`; without blanks where there is no room.
    package static func age(_ age: CircuitAge?, width: Int = .max) -> String {
        let text = (age?.isAtLeast ?? false ? "≥ " : "") + duration(age?.span)
        return text.displayWidth <= width ? text : text.filter { $0 != " " }
    }

    /// How long a call took, in microseconds: `0.8 ms`, `12 ms`, `1.2 s`.
    package static func latency(microseconds: Int64) -> String {
        let value = max(0, microseconds)
        return switch value {
        case ..<9_950: tenths(Double(value) / 1_000) + " ms"
        case ..<999_500: "\((value + 500) / 1_000) ms"
        default: duration(value / 1_000)
        }
    }

    /// What is left of a stretch: `0:09`, `9:12`, `2 h 05`.
    package static func countdown(_ value: Milliseconds) -> String {
        let seconds = (max(0, value).saturatingSum(999)) / 1_000
        if seconds >= 3_600 { return "\(seconds / 3_600) h \(twoDigits(seconds / 60 % 60))" }
        return "\(seconds / 60):\(twoDigits(seconds % 60))"
    }

    /// A share in whole percent; what can be no share, as of foreign numbers, is shown up to 999%.
    package static func percent(_ ratio: Double) -> String {
        ratio.isNaN ? "–" : "\(Int(min(999, max(-999, (ratio * 100).rounded()))))%"
    }

    /// Parts per thousand as percent: `60%`, `62.5%`.
    package static func percent(permille: Int64) -> String {
        permille % 10 == 0 ? "\(permille / 10)%" : "\(permille / 10).\(abs(permille % 10))%"
    }

    /// A whole number with separators: `1,056`.
    package static func count(_ value: Int64?) -> String {
        guard let value else { return "–" }
        var digits = String(value.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (value < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    /// The time of day in UTC of milliseconds since 1970: `12:03:38`.
    package static func clock(_ t: Milliseconds) -> String {
        let second = 1_000 as Milliseconds
        let day = ((t / second) % 86_400 + 86_400) % 86_400
        return "\(twoDigits(day / 3_600)):\(twoDigits(day / 60 % 60)):\(twoDigits(day % 60))"
    }

    private static func twoDigits(_ value: Int64) -> String { value < 10 ? "0\(value)" : String(value) }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }
}
