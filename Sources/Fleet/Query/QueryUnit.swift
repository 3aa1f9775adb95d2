// SPDX-License-Identifier: Apache-2.0

/// What the numbers of a field are typed in.
package enum QueryUnit: Sendable, Hashable {
    case count
    /// Always with `%` where a share of 1 could be meant as well.
    case percent
    case perSecond
    /// In milliseconds inside; always typed with its unit.
    case time
    /// In milliseconds, also without a unit.
    case latency

    private static let times: [(String, Double)] = [
        ("us", 1e-3), ("µs", 1e-3), ("ms", 1), ("s", 1e3), ("m", 6e4), ("min", 6e4), ("h", 3.6e6), ("d", 8.64e7),
    ]

    private var suffixes: [(String, Double)] {
        switch self {
        case .count: [("", 1), ("k", 1e3), ("m", 1e6)]
        case .percent: [("%", 1), ("", 1)]
        case .perSecond: [("/s", 1), ("k/s", 1e3), ("k", 1e3), ("", 1)]
        case .time: Self.times
        case .latency: Self.times + [("", 1)]
        }
    }

    /// Reads digits, perhaps with a point, and a unit; `nil` for anything else. Never negative.
    func value(_ text: String) -> QueryValue? {
        let text = text.lowercased()
        let digits = text.prefix { ("0"..."9").contains($0) || $0 == "." }
        let suffix = text[digits.endIndex...]
        guard digits.count <= 15, digits.last != ".", let number = Double(digits) else { return nil }
        if number == 0, suffix.isEmpty { return QueryValue(low: 0, high: 0) }
        guard let factor = suffixes.first(where: { $0.0 == suffix })?.1 else { return nil }
        if self == .percent, suffix.isEmpty, number <= 1 { return nil }
        var step = factor
        for _ in digits.drop(while: { $0 != "." }).dropFirst() { step /= 10 }
        return QueryValue(low: number * factor, high: number * factor + step)
    }
}

/// A number as it is known.
struct QueryFigure: Sendable, Hashable {
    let value: Double
    /// Whether it may be greater.
    let isAtLeast: Bool

    init(_ value: Double, isAtLeast: Bool = false) { (self.value, self.isAtLeast) = (value, isAtLeast) }
}

/// A number as exact as it was typed: `33%` is all from 33 to just below 34, while 0 is nothing else.
struct QueryValue: Sendable, Hashable {
    let low: Double
    let high: Double

    func isEqual(_ number: Double) -> Bool { number == low || number > low && number < high }

    func holds(_ comparison: QueryComparison, _ figure: QueryFigure) -> Bool {
        let number = figure.value
        if figure.isAtLeast, comparison != .greater, comparison != .atLeast { return false }
        return switch comparison {
        case .equal, .contains: isEqual(number)
        case .different, .lacks: !isEqual(number)
        case .less: number < low
        case .atMost: number <= low || isEqual(number)
        case .greater: number > low
        case .atLeast: number >= low
        }
    }
}
