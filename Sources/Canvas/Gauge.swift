// SPDX-License-Identifier: Apache-2.0

/// A share as a horizontal bar of eighth blocks, with a mark where its threshold is: `████▊  ╷ `.
package struct Gauge: Hashable, Sendable {
    /// 0…1; beyond that it is clamped, nil or not a number draws no bar.
    package var value: Double?
    /// 0…1, or nil for no mark.
    package var threshold: Double?
    /// Columns.
    package var width: Int

    package init(value: Double?, threshold: Double? = nil, width: Int) {
        self.value = value
        self.threshold = threshold
        self.width = min(max(0, width), Size.largest.columns)
    }

    /// The column of the threshold mark, for a view that styles it; nil without a threshold.
    package var thresholdColumn: Int? {
        guard width > 0, let share = Self.share(threshold) else { return nil }
        return min(width - 1, Int(share * Double(width)))
    }

    /// The bar in exactly `width` columns. The mark stands where the bar has not reached it; the bar covers it
    /// otherwise.
    package func text(glyphs: GlyphSet = .unicode) -> String {
        let blocks = glyphs.eighths
        let mark = thresholdColumn
        let eighths = filledEighths
        var text = ""
        for column in 0..<width {
            let filled = min(8, eighths - 8 * column)
            let glyph: Unicode.Scalar = filled > 0 ? blocks[filled - 1] : " "
            text.unicodeScalars.append(glyph == " " && column == mark ? glyphs.thresholdMark : glyph)
        }
        return text
    }

    /// Something is never drawn as nothing.
    private var filledEighths: Int {
        guard let share = Self.share(value), share > 0 else { return 0 }
        return max(1, Int(share * Double(width) * 8 + 0.5))
    }

    private static func share(_ value: Double?) -> Double? {
        guard let value, !value.isNaN else { return nil }
        return min(1, max(0, value))
    }
}
