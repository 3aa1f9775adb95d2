// SPDX-License-Identifier: Apache-2.0

/// What a terminal tells a program.
package enum InputEvent: Hashable, Sendable {
    case key(Key)
    case mouse(Mouse)
    /// Text pasted in one go; it was not typed, so it must never count as keys. Not sanitized, newlines included.
    case paste(String)
    /// The terminal's new size; draw for it.
    case resize(Size)
    /// The window got (true) or lost the focus.
    case focus(Bool)
    /// The program runs again after a stop (Ctrl-Z, fg).
    case resumed
    /// A signal asks the program to end (INT, TERM, HUP): leave, and exit with 128 + signal.
    case terminate(signal: Int32)
    /// The terminal is gone: there will be no more events.
    case endOfInput
}
