// SPDX-License-Identifier: Apache-2.0

/// The columns that a scalar takes on a terminal: 0 (combining, invisible, control), 1 or 2.
///
/// As the C library's `wcwidth` of Unicode 15 in a UTF-8 locale, since that is what terminals and ncurses go by; a
/// character of ambiguous width is narrow.
package func displayWidth(of scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x20..<0x7F: 1
    case 0..<0xA0: 0
    // Latin letters, box drawing, blocks, circles, braille: most of what is on a dashboard, so answered first.
    case 0xA0..<0x300 where scalar.value != 0xAD: 1
    case 0x2500..<0x25FD, 0x2800..<0x2900: 1
    default: scalar.isInvisible ? 0 : WideScalars.contains(scalar.value) ? 2 : 1
    }
}

extension String {
    /// The columns that the text takes, its control characters counted as the `?` that is shown for them.
    package var displayWidth: Int {
        unicodeScalars.reduce(0) { $0 + $1.columnsInCells }
    }
}

extension Unicode.Scalar {
    /// Columns as a canvas draws it.
    var columnsInCells: Int {
        switch value {
        // Most of what is on a dashboard, so answered first: ASCII, box drawing, blocks, braille.
        case 0x20..<0x7F, 0x2500..<0x25FD, 0x2800..<0x2900: 1
        default: isDroppedInCells || isCombining ? 0 : max(1, displayWidth(of: self))
        }
    }

    /// A mark that shares the cell of the character before it.
    var isCombining: Bool {
        value >= 0x300 && isInvisible && !isDroppedInCells && properties.generalCategory != .format
    }

    /// Joiners, variation selectors and skin tones glue characters together in a way on which terminals disagree:
    /// without them every terminal shows the same columns.
    var isDroppedInCells: Bool {
        switch value {
        case 0xAD, 0x200B...0x200D, 0x2060, 0xFEFF, 0xFE00...0xFE0F, 0x1F3FB...0x1F3FF, 0xE0000...0xE0FFF: true
        default: false
        }
    }

    /// Would steer the terminal or reorder the text around it: C0, DEL, C1, line separators, bidirectional controls.
    var isUnsafeForDisplay: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200E...0x200F, 0x2028...0x202E, 0x2061...0x206F, 0xFFF9...0xFFFB: true
        default: false
        }
    }

    var isInvisible: Bool {
        switch value {
        case 0x1160...0x11FF, 0xD7B0...0xD7FF: return true  // Hangul vowels and finals join the syllable before them.
        case ..<0x300: return value == 0xAD
        // Punctuation, arrows, mathematics, box drawing, braille.
        case 0x2010..<0x2028, 0x2030..<0x2060, 0x2100..<0x2CEF: return false
        // CJK and Hangul, where marks are few and known.
        case 0x3041..<0x3099, 0x30A0..<0xA66F, 0xAC00..<0xD7A4: return false
        default: break
        }
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return true
        default: return false
        }
    }
}

enum WideScalars {
    static func contains(_ value: UInt32) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if value < ranges[middle].0 {
                high = middle
            } else if value > ranges[middle].1 {
                low = middle + 1
            } else {
                return true
            }
        }
        return false
    }

    /// East Asian wide and fullwidth, first and last, in order; unassigned scalars within a range count as wide.
    private static let ranges: [(UInt32, UInt32)] = [
        (0x1100, 0x115F), (0x231A, 0x231B), (0x2329, 0x232A), (0x23E9, 0x23EC), (0x23F0, 0x23F0),
        (0x23F3, 0x23F3), (0x25FD, 0x25FE), (0x2614, 0x2615), (0x2648, 0x2653), (0x267F, 0x267F),
        (0x2693, 0x2693), (0x26A1, 0x26A1), (0x26AA, 0x26AB), (0x26BD, 0x26BE), (0x26C4, 0x26C5),
        (0x26CE, 0x26CE), (0x26D4, 0x26D4), (0x26EA, 0x26EA), (0x26F2, 0x26F3), (0x26F5, 0x26F5),
        (0x26FA, 0x26FA), (0x26FD, 0x26FD), (0x2705, 0x2705), (0x270A, 0x270B), (0x2728, 0x2728),
        (0x274C, 0x274C), (0x274E, 0x274E), (0x2753, 0x2755), (0x2757, 0x2757), (0x2795, 0x2797),
        (0x27B0, 0x27B0), (0x27BF, 0x27BF), (0x2B1B, 0x2B1C), (0x2B50, 0x2B50), (0x2B55, 0x2B55),
        (0x2E80, 0x3029), (0x302E, 0x303E), (0x3041, 0x3096), (0x309B, 0xA4C6), (0xA960, 0xA97C),
        (0xAC00, 0xD7A3), (0xF900, 0xFAD9), (0xFE10, 0xFE19), (0xFE30, 0xFE6B), (0xFF01, 0xFF60),
        (0xFFE0, 0xFFE6), (0x16FE0, 0x16FE3), (0x16FF0, 0x1B2FB), (0x1F004, 0x1F004), (0x1F0CF, 0x1F0CF),
        (0x1F18E, 0x1F18E), (0x1F191, 0x1F19A), (0x1F200, 0x1F320), (0x1F32D, 0x1F335), (0x1F337, 0x1F37C),
        (0x1F37E, 0x1F393), (0x1F3A0, 0x1F3CA), (0x1F3CF, 0x1F3D3), (0x1F3E0, 0x1F3F0), (0x1F3F4, 0x1F3F4),
        (0x1F3F8, 0x1F43E), (0x1F440, 0x1F440), (0x1F442, 0x1F4FC), (0x1F4FF, 0x1F53D), (0x1F54B, 0x1F54E),
        (0x1F550, 0x1F567), (0x1F57A, 0x1F57A), (0x1F595, 0x1F596), (0x1F5A4, 0x1F5A4), (0x1F5FB, 0x1F64F),
        (0x1F680, 0x1F6C5), (0x1F6CC, 0x1F6CC), (0x1F6D0, 0x1F6D2), (0x1F6D5, 0x1F6DF), (0x1F6EB, 0x1F6EC),
        (0x1F6F4, 0x1F6FC), (0x1F7E0, 0x1F7F0), (0x1F90C, 0x1F93A), (0x1F93C, 0x1F945), (0x1F947, 0x1F9FF),
        (0x1FA70, 0x1FAF6), (0x20000, 0x3134A),
    ]
}
