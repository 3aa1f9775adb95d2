// SPDX-License-Identifier: Apache-2.0

/// A row of values as a row of bars, one column each: `▁▂▃▅█`.
package struct Sparkline: Hashable, Sendable {
    /// nil is "not known" and shows as a space; what is not finite counts as unknown, what is negative as zero.
    package var values: [Double?]
    /// The value of a full bar; the largest of the values unless given.
    package var maximum: Double?

    package init(_ values: [Double?], maximum: Double? = nil) {
        self.values = values
        self.maximum = maximum
    }

    /// The newest (last) values, one a column; without a width as many columns as values.
    ///
    /// Where there are fewer values than columns they stand on the right: now is always in the same place.
    package func text(width: Int? = nil, glyphs: GlyphSet = .unicode) -> String {
        let width = min(max(0, width ?? values.count), Size.largest.columns)
        let shown = values.suffix(width)
        let top = fullValue(of: shown)
        let levels = glyphs.levels
        var text = String(repeating: " ", count: width - shown.count)
        for value in shown {
            text.unicodeScalars.append(Self.level(value, top: top).map { levels[$0] } ?? " ")
        }
        return text
    }

    private func fullValue(of shown: ArraySlice<Double?>) -> Double {
        if let maximum, maximum.isFinite { return maximum }
        return shown.lazy.compactMap { $0 }.filter(\.isFinite).max() ?? 0
    }

    private static func level(_ value: Double?, top: Double) -> Int? {
        guard let value, value.isFinite else { return nil }
        guard top > 0, value > 0 else { return 0 }
        // Anything above zero differs from zero: that something happened is the message.
        return max(1, min(7, Int(min(1, value / top) * 7 + 0.5)))
    }
}
