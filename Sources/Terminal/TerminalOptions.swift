// SPDX-License-Identifier: Apache-2.0

package struct TerminalOptions: Hashable, Sendable {
    package enum ColorChoice: Hashable, Sendable {
        /// Colours, unless NO_COLOR is set and not empty, or the terminal has none.
        case auto
        case never
        /// Colours in spite of NO_COLOR.
        case always
    }

    package var color: ColorChoice
    /// Whether clicks and the wheel come as events; the terminal's own selection then needs Shift.
    package var mouse: Bool
    /// The terminfo entry; TERM unless given.
    package var type: String?

    package init(color: ColorChoice = .auto, mouse: Bool = true, type: String? = nil) {
        self.color = color
        self.mouse = mouse
        self.type = type
    }
}
