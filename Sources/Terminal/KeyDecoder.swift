// SPDX-License-Identifier: Apache-2.0
import Canvas

/// Bytes of a terminal to events: a pure state machine that any bytes, split anywhere, leave in a good state.
///
/// The bytes are read here and not by ncurses, since `wget_wch` loses mouse reports in bursts, knows no SGR mouse under
/// tmux, turns answers to queries and pasted text into keys, and draws when one only wants to read.
struct KeyDecoder {
    enum Output: Hashable, Sendable {
        case event(InputEvent)
        /// The answer to a query for a private mode (DECRPM): 1 set, 2 reset, 0 unknown, 3 and 4 fixed.
        case modeReport(mode: Int, value: Int)
        /// The answer to a query for the terminal's status.
        case statusReport
    }

    /// How long to wait for the rest of a sequence.
    enum Patience: Hashable, Sendable {
        /// Escape alone: it may be the key.
        case escape
        /// Within a sequence or a character: its rest is late, it is no key.
        case sequence
    }

    private static let maximumSequence = 64
    /// Of an answer that nobody asked for.
    private static let maximumString = 4_096

    private enum State {
        case ground
        case escape
        case control
        case single
        case legacyMouse
        case string(count: Int, escaped: Bool)
        case paste
    }

    private let keys: KeyTable
    private var state = State.ground
    private var sequence: [UInt8] = []
    private var pasted = PasteCollector()
    private var character = Utf8Collector()
    /// Whether the character that is being collected was typed with Alt.
    private var isAlt = false
    private var output: [Output] = []

    init(keys: KeyTable = KeyTable()) {
        self.keys = keys
    }

    /// Set while bytes are missing; if no more come in time, call `timeOut`.
    var patience: Patience? {
        switch state {
        case .ground: character.isEmpty ? nil : .sequence
        case .escape: .escape
        case .control, .single, .legacyMouse, .string: .sequence
        // However long the pause within a paste: the rest of it must never count as keys. Ctrl-C still ends the
        // program.
        case .paste: nil
        }
    }

    mutating func decode(_ bytes: some Sequence<UInt8>) -> [Output] {
        for byte in bytes { decode(byte) }
        return take()
    }

    /// No more bytes have come: what is there is all there is.
    mutating func timeOut() -> [Output] {
        switch state {
        case .escape: emit(.escape)
        // A sequence whose rest is late, rather than two keys: it does nothing.
        case .control where sequence.count == 2: emit(.alt("["))
        case .single where sequence.count == 2: emit(.alt("O"))
        case .string(count: 0, escaped: false): emit(.alt(Character(Unicode.Scalar(sequence[1]))))
        case .paste: return []
        default: break
        }
        character = Utf8Collector()
        toGround()
        return take()
    }

    private mutating func take() -> [Output] {
        defer { output = [] }
        return output
    }

    private mutating func emit(_ key: Key) {
        output.append(.event(.key(key)))
    }

    private mutating func toGround() {
        state = .ground
        isAlt = false
        sequence.removeAll(keepingCapacity: true)
    }

    private mutating func decode(_ byte: UInt8) {
        switch state {
        case .ground: ground(byte)
        case .escape: escape(byte)
        case .control: control(byte)
        case .single: single(byte)
        case .legacyMouse: legacyMouse(byte)
        case .string(let count, let escaped): string(byte, count: count, escaped: escaped)
        case .paste: paste(byte)
        }
    }

    private mutating func ground(_ byte: UInt8) {
        if byte >= 0x80 || !character.isEmpty {
            switch character.add(byte) {
            case .complete(let scalar):
                emit(isAlt ? .alt(Character(scalar)) : .character(Character(scalar)))
                isAlt = false
            case .incomplete: break
            case .invalid: isAlt = false
            case .unexpected:
                isAlt = false
                ground(byte)
            }
        } else if byte == 0x1B {
            sequence = [byte]
            state = .escape
        } else if let key = keys.key(for: [byte]) {
            emit(key)
        } else if byte < 0x20 || byte == 0x7F {
            emit(KeyTable.control(byte))
        } else {
            emit(.character(Character(Unicode.Scalar(byte))))
        }
    }

    private mutating func escape(_ byte: UInt8) {
        sequence.append(byte)
        switch byte {
        case UInt8(ascii: "["): state = .control
        case UInt8(ascii: "O"): state = .single
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_"), UInt8(ascii: "^"), UInt8(ascii: "X"):
            state = .string(count: 0, escaped: false)
        case 0x1B:
            emit(.escape)
            sequence = [0x1B]
        default: alternate(byte)
        }
    }

    private mutating func alternate(_ byte: UInt8) {
        let known = keys.key(for: sequence)
        toGround()
        if let known { return emit(known) }
        // Escape and the next key in one read, as over a slow line, look the same; taken for two keys, a move by a word in a
        // text that is typed would throw it away and act on what is behind it.
        if byte < 0x80 { return emit(.alt(Character(Unicode.Scalar(byte)))) }
        isAlt = true
        ground(byte)
    }

    private mutating func single(_ byte: UInt8) {
        sequence.append(byte)
        if byte == 0x1B { return restartEscape() }
        // ESC O 5 A: some send the modifiers there.
        if byte >= 0x30 && byte < 0x3C && sequence.count < Self.maximumSequence { return }
        if let key = keys.key(for: sequence) ?? KeyTable.keypad(byte) { emit(key) }
        toGround()
    }

    private mutating func restartEscape() {
        sequence = [0x1B]
        state = .escape
    }

    private mutating func control(_ byte: UInt8) {
        switch byte {
        case 0x1B: restartEscape()
        case 0x18, 0x1A: toGround()
        case 0..<0x20, 0x7F...: break
        case UInt8(ascii: "[") where sequence.count == 2: sequence.append(byte)  // The Linux console: ESC [ [ A is F1.
        case 0x20..<0x40: if sequence.count < Self.maximumSequence { sequence.append(byte) }
        default:
            sequence.append(byte)
            finishControl()
        }
    }

    private mutating func finishControl() {
        let bytes = sequence
        toGround()
        if let key = keys.key(for: bytes) { return emit(key) }
        guard bytes.count < Self.maximumSequence, let control = ControlSequence(bytes) else { return }
        switch control.meaning {
        case .key(let key): emit(key)
        case .mouse(let mouse): output.append(.event(.mouse(mouse)))
        case .focus(let focused): output.append(.event(.focus(focused)))
        case .modeReport(let mode, let value): output.append(.modeReport(mode: mode, value: value))
        case .statusReport: output.append(.statusReport)
        case .pasteStart: state = .paste
        case .legacyMouse: state = .legacyMouse
        case nil: break
        }
    }

    /// Three bytes follow: button, column, row, each 32 more than it says; beyond column 223 they are wrong.
    private mutating func legacyMouse(_ byte: UInt8) {
        sequence.append(byte)
        guard sequence.count == 3 else { return }
        let numbers = sequence.map { Int($0) - 32 }
        toGround()
        let released = numbers[0] & 3 == 3 && numbers[0] & 64 == 0
        if let mouse = Mouse(code: numbers[0], x: numbers[1] - 1, y: numbers[2] - 1, released: released) {
            output.append(.event(.mouse(mouse)))
        }
    }

    /// An answer as a string (OSC, DCS, APC, PM): skipped up to its end.
    private mutating func string(_ byte: UInt8, count: Int, escaped: Bool) {
        if byte == 0x07 || byte == 0x18 || byte == 0x1A || count >= Self.maximumString {
            toGround()
        } else if escaped {
            // ESC \ ends it; any other ESC begins something new.
            if byte == UInt8(ascii: "\\") { return toGround() }
            restartEscape()
            escape(byte)
        } else {
            state = .string(count: count + 1, escaped: byte == 0x1B)
        }
    }

    private mutating func paste(_ byte: UInt8) {
        guard let text = pasted.add(byte) else { return }
        output.append(.event(.paste(text)))
        toGround()
    }
}
