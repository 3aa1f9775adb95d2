// SPDX-License-Identifier: Apache-2.0
import Canvas

/// A complete `ESC [ … final`, taken apart.
struct ControlSequence: Hashable, Sendable {
    enum Meaning: Hashable, Sendable {
        case key(Key)
        case mouse(Mouse)
        case focus(Bool)
        case modeReport(mode: Int, value: Int)
        case statusReport
        case pasteStart
        case legacyMouse
    }

    /// `<`, `?`, `>`, `=` or `[` at the beginning, else 0.
    private var prefix: UInt8 = 0
    private var parameters: [Int] = []
    private var intermediate: UInt8 = 0
    private var final: UInt8 = 0

    /// - Parameter bytes: with ESC and `[` before them; nil if they are no such sequence.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 3, let last = bytes.last else { return nil }
        final = last
        var current: Int?
        for byte in bytes[2..<(bytes.count - 1)] {
            switch byte {
            case 0x30...0x39:
                // No terminal has a number of more digits; a longer one stays what it is.
                let value = current ?? 0
                current = value < 1_000_000 ? value * 10 + Int(byte - 0x30) : value
            case UInt8(ascii: ";"), UInt8(ascii: ":"):
                parameters.append(current ?? 0)
                current = nil
            case 0x3C...0x3F, UInt8(ascii: "["): prefix = byte
            default: intermediate = byte
            }
        }
        if let current { parameters.append(current) }
    }

    var meaning: Meaning? {
        switch (prefix, intermediate, final) {
        case (UInt8(ascii: "<"), 0, UInt8(ascii: "M")), (UInt8(ascii: "<"), 0, UInt8(ascii: "m")):
            return mouse
        case (UInt8(ascii: "?"), UInt8(ascii: "$"), UInt8(ascii: "y")):
            return parameters.count == 2 ? .modeReport(mode: parameters[0], value: parameters[1]) : nil
        case (UInt8(ascii: "["), 0, UInt8(ascii: "A")...UInt8(ascii: "E")):
            return .key(.function(Int(final - UInt8(ascii: "A")) + 1))
        case (0, 0, _):
            return plain
        default:
            return nil
        }
    }

    private var plain: Meaning? {
        let first = parameters.first ?? 0
        switch final {
        case UInt8(ascii: "~"):
            return first == 200 ? .pasteStart : KeyTable.tilde(first).map(Meaning.key)
        case UInt8(ascii: "u"):
            let modifiers = parameters.count > 1 ? parameters[1] : 1
            return KeyTable.reported(scalar: first, modifiers: modifiers).map(Meaning.key)
        case UInt8(ascii: "M") where parameters.isEmpty: return .legacyMouse
        case UInt8(ascii: "n"): return parameters == [0] || parameters == [3] ? .statusReport : nil
        case UInt8(ascii: "I"): return .focus(true)
        case UInt8(ascii: "O"): return .focus(false)
        // ESC [ row ; column R answers where the cursor is; F3 with modifiers looks the same, and 1 is its row.
        case UInt8(ascii: "R") where parameters.count == 2 && first != 1: return nil
        default: return KeyTable.final(final).map(Meaning.key)
        }
    }

    private var mouse: Meaning? {
        guard parameters.count == 3 else { return nil }
        let released = final == UInt8(ascii: "m")
        return Mouse(code: parameters[0], x: parameters[1] - 1, y: parameters[2] - 1, released: released)
            .map(Meaning.mouse)
    }
}

extension Mouse {
    /// - Parameter code: the button and modifier bits of an xterm report; horizontal wheels and further buttons give nil.
    init?(code: Int, x: Int, y: Int, released: Bool) {
        guard x >= 0, y >= 0, code >= 0, code < 128 else { return nil }
        var modifiers: Modifiers = []
        if code & 4 != 0 { modifiers.insert(.shift) }
        if code & 8 != 0 { modifiers.insert(.alt) }
        if code & 16 != 0 { modifiers.insert(.control) }
        let button: Button = [.left, .middle, .right, .none][code & 3]
        let position = Point(x: x, y: y)
        if code & 64 != 0 {
            guard code & 2 == 0, !released else { return nil }
            self.init(code & 1 == 0 ? .wheelUp : .wheelDown, position: position, modifiers: modifiers)
        } else if code & 32 != 0 {
            self.init(.drag, button: button, position: position, modifiers: modifiers)
        } else {
            self.init(released ? .release : .press, button: button, position: position, modifiers: modifiers)
        }
    }
}
