// SPDX-License-Identifier: Apache-2.0

/// One place on the canvas: a character, its style, and its share of a wide character.
///
/// Three scalars of 21 bits fit into one word: a whole screen of cells is one allocation.
package struct Cell: Hashable, Sendable {
    package static let blank = Cell(" ")
    package static let maximumCombining = 2

    private var packed: UInt64
    package var style: Style
    /// 1 or 2 columns; 0 for the right half of a wide character.
    package let width: UInt8

    private init(packed: UInt64, style: Style, width: UInt8) {
        self.packed = packed
        self.style = style
        self.width = width
    }

    /// A cell of one printable scalar; what has no width of its own or must not reach a terminal shows as `?`.
    package init(_ base: Unicode.Scalar, style: Style = .plain) {
        let width = displayWidth(of: base)
        let shown = width == 0 || base.isUnsafeForDisplay ? "?" : base
        self.init(packed: UInt64(shown.value), style: style, width: shown == base ? UInt8(width) : 1)
    }

    /// The right half of the wide character before it.
    static func continuation(style: Style) -> Cell {
        Cell(packed: 0, style: style, width: 0)
    }

    package var isContinuation: Bool { width == 0 }

    /// The cell's scalars: the base and up to two combining ones; none for a continuation.
    package var scalars: (base: UInt32, first: UInt32, second: UInt32) {
        (UInt32(packed & 0x1F_FFFF), UInt32(packed >> 21 & 0x1F_FFFF), UInt32(packed >> 42 & 0x1F_FFFF))
    }

    /// Adds a combining scalar; a third one and more are dropped.
    mutating func combine(_ mark: Unicode.Scalar) {
        guard !isContinuation else { return }
        if packed >> 21 == 0 {
            packed |= UInt64(mark.value) << 21
        } else if packed >> 42 == 0 {
            packed |= UInt64(mark.value) << 42
        }
    }

    /// Appends the cell's character, or nothing for a continuation.
    package func append(to text: inout String) {
        for value in [scalars.base, scalars.first, scalars.second] where value != 0 {
            if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
        }
    }

    var isBlank: Bool { packed == 0x20 }
}
