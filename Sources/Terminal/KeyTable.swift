// SPDX-License-Identifier: Apache-2.0
import Canvas

/// Which bytes mean which key: the terminal's own, from terminfo, before those that xterm and its many kin send.
struct KeyTable: Hashable, Sendable {
    /// Whole sequences, as terminfo has them.
    private var sequences: [[UInt8]: Key]

    init(sequences: [[UInt8]: Key] = [:]) {
        self.sequences = sequences
    }

    func key(for bytes: [UInt8]) -> Key? {
        sequences[bytes]
    }

    /// Terminfo's names of the keys that a program can bind.
    static let capabilities: [(name: String, key: Key)] =
        [
            ("kcuu1", .up), ("kcud1", .down), ("kcub1", .left), ("kcuf1", .right), ("khome", .home), ("kend", .end),
            ("knp", .pageDown), ("kpp", .pageUp), ("kdch1", .delete), ("kich1", .insert), ("kcbt", .backTab),
            ("kbs", .backspace), ("kent", .enter),
        ] + (1...12).map { ("kf\($0)", .function($0)) }

    /// A control sequence without parameters, `ESC [ final` or `ESC O final`.
    static func final(_ byte: UInt8) -> Key? {
        switch byte {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): .right
        case UInt8(ascii: "D"): .left
        case UInt8(ascii: "H"): .home
        case UInt8(ascii: "F"): .end
        case UInt8(ascii: "Z"): .backTab
        case UInt8(ascii: "P")...UInt8(ascii: "S"): .function(Int(byte - UInt8(ascii: "P")) + 1)
        default: nil
        }
    }

    /// `ESC O final` of a keypad in application mode.
    static func keypad(_ byte: UInt8) -> Key? {
        switch byte {
        case UInt8(ascii: "M"): .enter
        case UInt8(ascii: "X"): .character("=")
        case UInt8(ascii: "j")...UInt8(ascii: "y"): .character(Character(Unicode.Scalar(byte - 0x40)))
        default: final(byte)
        }
    }

    /// `ESC [ number ~`.
    static func tilde(_ number: Int) -> Key? {
        switch number {
        case 1, 7: .home
        case 2: .insert
        case 3: .delete
        case 4, 8: .end
        case 5: .pageUp
        case 6: .pageDown
        case 11...15: .function(number - 10)
        case 17...21: .function(number - 11)
        case 23...26: .function(number - 12)
        case 28, 29: .function(number - 13)
        case 31...34: .function(number - 14)
        default: nil
        }
    }

    /// A byte below space, or DEL.
    static func control(_ byte: UInt8) -> Key {
        switch byte {
        case 0x08, 0x7F: .backspace
        case 0x09: .tab
        case 0x0A, 0x0D: .enter
        case 0x1B: .escape
        case 0: .control(" ")
        case 1...26: .control(Character(Unicode.Scalar(byte + 0x60)))
        default: .control(Character(Unicode.Scalar(byte + 0x40)))
        }
    }

    /// A key that the terminal reports by its scalar and its modifiers (`ESC [ scalar ; modifiers u`).
    static func reported(scalar value: Int, modifiers: Int) -> Key? {
        guard let value = UInt32(exactly: value), let scalar = Unicode.Scalar(value) else { return nil }
        let bits = max(0, modifiers - 1)
        let isControl = value < 0x20 || value == 0x7F
        if isControl, bits & 2 == 0 { return modifiers == 2 && value == 9 ? .backTab : control(UInt8(value)) }
        if bits & 4 != 0 { return .control(Character(scalar.properties.lowercaseMapping)) }
        return bits & 2 != 0 ? .alt(Character(scalar)) : .character(Character(scalar))
    }
}
