// SPDX-License-Identifier: Apache-2.0

package import Canvas

/// What a key does on the main screen.
package enum Action: Sendable, Hashable {
    case up, down, pageUp, pageDown, first, last
    case toggleDetails, back, filter, help, repaint, quit
    case forceOpen, clear, reset
}

/// A key, or several that do the same.
package struct Binding: Sendable {
    package let keys: [Key]
    package let action: Action
    /// The keys as people write them.
    package let names: String
    /// A word or two for the footer; `nil` = not there.
    package let footer: String?
    /// A sentence for help and README.
    package let help: String
}

/// Every key of the main screen. A key is one value here; footer, help and the README's table derive from it.
package enum Keymap {
    package static let all: [Binding] = [
        Binding(
            keys: [.up, .character("k")], action: .up, names: "↑ k", footer: nil, help: "select the circuit above"),
        Binding(
            keys: [.down, .character("j")], action: .down, names: "↓ j", footer: nil, help: "select the circuit below"),
        Binding(
            keys: [.pageUp, .control("u"), .control("b")], action: .pageUp, names: "PgUp Ctrl-U", footer: nil,
            help: "a page up"),
        Binding(
            keys: [.pageDown, .control("d"), .control("f")], action: .pageDown, names: "PgDn Ctrl-D", footer: nil,
            help: "a page down"),
        Binding(
            keys: [.home, .character("g")], action: .first, names: "Home g", footer: nil, help: "the first circuit"),
        Binding(keys: [.end, .character("G")], action: .last, names: "End G", footer: nil, help: "the last circuit"),
        Binding(
            keys: [.enter], action: .toggleDetails, names: "Enter", footer: "details",
            help: "show or hide the details of the selected circuit, with the reason why it opened"),
        Binding(
            keys: [.character("O")], action: .forceOpen, names: "O", footer: "force open",
            help: "force the circuit open: every call is refused, until cleared or for a time (asks first)"),
        Binding(
            keys: [.character("C")], action: .clear, names: "C", footer: "clear",
            help: "drop an override; after a forced open, probes go first (asks first)"),
        Binding(
            keys: [.character("R")], action: .reset, names: "R", footer: "reset",
            help: "drop an override, empty the window and close the circuit (asks first)"),
        Binding(
            keys: [.character("/"), .function(4)], action: .filter, names: "/ F4", footer: "filter",
            help: "show only circuits whose names or state contain all the words; Esc shows all again"),
        Binding(
            keys: [.escape], action: .back, names: "Esc", footer: nil,
            help: "close what is open, then drop the filter; never quits"),
        Binding(keys: [.control("l")], action: .repaint, names: "Ctrl-L", footer: nil, help: "draw the screen anew"),
        Binding(
            keys: [.character("?"), .function(1)], action: .help, names: "? F1", footer: "help", help: "this help"),
        Binding(
            keys: [.character("q"), .control("c"), .function(10)], action: .quit, names: "q", footer: "quit",
            help: "quit; services and overrides stay as they are"),
    ]

    /// What a key does; `nil` = nothing.
    package static func action(for key: Key) -> Action? { actions[key] }

    private static let actions = Dictionary(
        all.flatMap { binding in binding.keys.map { ($0, binding.action) } }, uniquingKeysWith: { first, _ in first })
}
