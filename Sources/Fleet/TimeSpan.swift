// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// Stretches of time as every view, list and sentence writes them: one that rounds and one that cuts off would contradict
/// each other.
package enum TimeSpan {
    /// `2.4 s`, `48 s`, `12 min`, `2 h`, `6 d`; less than nothing is nothing.
    package static func words(_ span: Milliseconds) -> String {
        let ms = max(0, span)
        return switch ms {
        case ..<9_950: tenths(ms) + " s"
        case ..<99_500: "\((ms + 500) / 1_000) s"
        case ..<5_970_000: "\((ms + 30_000) / 60_000) min"
        case ..<172_800_000: "\(ms / 3_600_000) h"
        default: "\(ms / 86_400_000) d"
        }
    }

    /// `4.2 s`, `48 s`, `2 min 10 s`, `1 h 05 min`, `3 d 4 h`: for who compares stretches that are over.
    package static func precise(_ span: Milliseconds) -> String {
        let seconds = (max(0, span).saturatingSum(500)) / 1_000
        return switch seconds {
        case ..<60: max(0, span) < 9_950 ? tenths(max(0, span)) + " s" : "\(seconds) s"
        case ..<3_600: "\(seconds / 60) min" + rest(seconds % 60, "s")
        case ..<172_800: "\(seconds / 3_600) h" + rest(seconds / 60 % 60, "min")
        default: "\(seconds / 86_400) d" + rest(seconds / 3_600 % 24, "h")
        }
    }

    private static func rest(_ count: Int64, _ unit: String) -> String {
        count == 0 ? "" : count < 10 && unit != "h" ? " 0\(count) \(unit)" : " \(count) \(unit)"
    }

    private static func tenths(_ ms: Milliseconds) -> String {
        let tenths = (ms + 50) / 100
        return "\(tenths / 10).\(tenths % 10)"
    }
}
