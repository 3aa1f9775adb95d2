// SPDX-License-Identifier: Apache-2.0
import CNcurses
import Canvas
import Glibc

/// Opening the terminal, and saying in words why it cannot be.
enum TerminalStart {
    static func open(_ options: TerminalOptions) throws(TerminalError) -> cn_info {
        var info = cn_info()
        let type = options.type ?? environment("TERM") ?? ""
        let status = cn_start(type, isMonochrome(options.color), &info)
        let reason = errno
        guard status != Int32(CN_OK.rawValue) else { return info }
        throw error(status: cn_status(UInt32(status)), reason: reason, type: type)
    }

    static func traits(_ info: cn_info) -> Terminal.Traits {
        let type = withUnsafeBytes(of: info.type) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return Terminal.Traits(type: type, hasColor: info.color, glyphs: info.utf8 ? .unicode : .ascii)
    }

    /// The keys of the terminal in use.
    static func keys() -> KeyTable {
        var sequences: [[UInt8]: Key] = [:]
        for (name, key) in KeyTable.capabilities {
            guard let bytes = cn_key(name) else { continue }
            let sequence = UnsafeBufferPointer(start: bytes, count: strnlen(bytes, 32)).map(UInt8.init(bitPattern:))
            // Escape alone, or a printable, is no other key, whatever the entry says.
            let isSafe = sequence.count > 1 || sequence.contains { $0 < 0x1B || $0 == 0x7F }
            if isSafe { sequences[sequence] = key }
        }
        return KeyTable(sequences: sequences)
    }

    private static func isMonochrome(_ choice: TerminalOptions.ColorChoice) -> Bool {
        switch choice {
        case .always: false
        case .never: true
        case .auto: !(environment("NO_COLOR") ?? "").isEmpty
        }
    }

    private static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    private static func error(status: cn_status, reason: Int32, type: String) -> TerminalError {
        let why = String(cString: strerror(reason))
        let shown = type.sanitizedForDisplay(maxColumns: 40)
        switch status {
        case CN_NOT_A_TERMINAL:
            return TerminalError(
                code: .notATerminal,
                message: "Standard input and output must be a terminal; they are a file or a pipe.")
        case CN_CANNOT_OPEN:
            return TerminalError(code: .cannotOpen, message: "The terminal (/dev/tty) cannot be opened: \(why).")
        case CN_UNKNOWN_TYPE:
            return TerminalError(
                code: .unknownType,
                message: "No terminfo entry for TERM=\(shown), nor for xterm-256color or vt100: install ncurses-base.")
        case CN_CANNOT_ADDRESS:
            return TerminalError(
                code: .unsuitableType,
                message: "A terminal of type \(shown) cannot move its cursor: set TERM to what it really is.")
        default:
            return TerminalError(code: .noResources, message: "The terminal cannot be taken over: \(why).")
        }
    }
}
