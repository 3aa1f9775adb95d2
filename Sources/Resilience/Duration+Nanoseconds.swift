// SPDX-License-Identifier: Apache-2.0

extension Duration {
    /// Whole nanoseconds; negative durations give 0, those beyond 584 years the largest value.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowed) = whole.addingReportingOverflow(UInt64(attoseconds) / 1_000_000_000)
        return overflow || overflowed ? .max : sum
    }

    /// A duration of so many nanoseconds, at most 292 years.
    init(nanoseconds: UInt64) {
        self = .nanoseconds(Int64(clamping: nanoseconds))
    }

    /// Text for people in one unit: `800 ms`, `4 s`, `1.5 s`; what lies below a millisecond is written out.
    var brief: String {
        if self == .zero { return "0 s" }
        guard self >= .milliseconds(1) else { return "\(self)" }
        let milliseconds = nanoseconds / 1_000_000
        if milliseconds < 1_000 { return "\(milliseconds) ms" }
        let tenths = milliseconds / 100 % 10
        return tenths == 0 ? "\(milliseconds / 1_000) s" : "\(milliseconds / 1_000).\(tenths) s"
    }
}

extension UInt64 {
    /// The sum, or the largest value where it would overflow.
    func addingSaturated(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    /// So many milliseconds in nanoseconds, or the largest value where that would overflow.
    var millisecondsAsNanoseconds: UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: 1_000_000)
        return overflow ? .max : product
    }

    /// The difference, or 0 where it would be negative.
    func subtractingSaturated(_ other: UInt64) -> UInt64 {
        self > other ? self - other : 0
    }
}
