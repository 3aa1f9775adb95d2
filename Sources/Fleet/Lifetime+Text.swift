// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

extension Command.Lifetime {
    /// Why a text is no lifetime, as a sentence.
    package struct ParseError: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// The longest that can be asked for; a service may cap it further.
    package static let maximum: Milliseconds = 30 * 86_400_000

    /// Reads what an operator types: `30s`, `10 min`, `2h`, `1d`, or `forever`.
    package init(text: String) throws(ParseError) {
        let word = text.lowercased().filter { $0 != " " }
        if ["forever", "untilcleared"].contains(word) {
            self = .untilCleared
            return
        }
        let digits = word.prefix { $0.isASCII && $0.isNumber }
        let units: [Substring: Milliseconds] = [
            "s": 1_000, "sec": 1_000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000,
        ]
        guard let number = Int64(digits), let unit = units[word[digits.endIndex...]] else {
            let shown = String(text.prefix(20))
            throw ParseError(description: "“\(shown)” is no time: say 30s, 10m, 2h, 1d or forever")
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit)
        guard !overflow, product > 0, product <= Self.maximum else {
            throw ParseError(description: "“\(text.prefix(20))” is out of range: 1s to 30d, or forever")
        }
        self = .limited(product)
    }
}
