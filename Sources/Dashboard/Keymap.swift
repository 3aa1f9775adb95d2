// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
package import Canvas
import Fleet

/// Where the selection, or the help's page, goes.
package enum Movement: Sendable, Hashable {
    case up, down, pageUp, pageDown, first, last
}

/// A key, or several that do the same.
package struct Binding: Sendable {
    /// What it does on the main screen, given the present moment of the monitor's monotonic clock.
    package enum Deed: Sendable {
        case move(Movement)
        case act(@Sendable (inout Dashboard, Milliseconds) -> [Dashboard.Effect])
    }

    package let keys: [Key]
    /// The keys as people write them.
    package let names: String
    /// A word or two for the footer; `nil` = not there.
    package let footer: String?
    /// A sentence for help and README.
    package let help: String
    package let deed: Deed
}

/// Every key of the main screen. A key is one value here; footer, help and the README's table derive from it.
package enum Keymap {
    package static let all: [Binding] = [
        Binding(
            keys: [.up, .character("k")], names: "↑ k", footer: nil, help: "select the circuit above",
            deed: .move(.up)),
        Binding(
            keys: [.down, .character("j")], names: "↓ j", footer: nil, help: "select the circuit below",
            deed: .move(.down)),
        Binding(
            keys: [.pageUp, .control("u"), .control("b")], names: "PgUp Ctrl-U", footer: nil, help: "a page up",
            deed: .move(.pageUp)),
        Binding(
            keys: [.pageDown, .control("d"), .control("f")], names: "PgDn Ctrl-D", footer: nil, help: "a page down",
            deed: .move(.pageDown)),
        Binding(
            keys: [.home, .character("g")], names: "Home g", footer: nil, help: "the first circuit", deed: .move(.first)
        ),
        Binding(
            keys: [.end, .character("G")], names: "End G", footer: nil, help: "the last circuit", deed: .move(.last)),
        Binding(
            keys: [.enter], names: "Enter", footer: "details",
            help: "show or hide the details of the selected circuit, with the reason why it opened",
            deed: act { dashboard, _ in dashboard.toggleDetails() }),
        Binding(
            keys: [.character("O")], names: "O", footer: "force open",
            help: "force the circuit open: every call is refused, until cleared or for a time (asks first)",
            deed: act { dashboard, now in dashboard.ask(.forceOpen, at: now) }),
        Binding(
            keys: [.character("C")], names: "C", footer: "clear",
            help: "drop an override; after a forced open, probes go first (asks first)",
            deed: act { dashboard, now in dashboard.ask(.clear, at: now) }),
        Binding(
            keys: [.character("R")], names: "R", footer: "reset",
            help: "drop an override, empty the window and close the circuit (asks first)",
            deed: act { dashboard, now in dashboard.ask(.reset, at: now) }),
        Binding(
            keys: [.character("/"), .function(4)], names: "/ F4", footer: "filter",
            help: "show only circuits whose names or state contain all the words; Esc shows all again",
            deed: act { dashboard, _ in dashboard.mode = .filter(TextField(dashboard.query.text)) }),
        Binding(
            keys: [.escape], names: "Esc", footer: nil,
            help: "close what is open, then drop the filter; never quits",
            deed: act { dashboard, _ in dashboard.goBack() }),
        Binding(
            keys: [.control("l")], names: "Ctrl-L", footer: nil, help: "draw the screen anew",
            deed: .act { _, _ in [.repaint] }),
        Binding(
            keys: [.character("?"), .function(1)], names: "? F1", footer: "help", help: "this help",
            deed: act { dashboard, _ in dashboard.mode = .help(scroll: 0) }),
        Binding(
            keys: [.character("q"), .control("c"), .function(10)], names: "q", footer: "quit",
            help: "quit; services and overrides stay as they are",
            deed: .act { _, _ in [.quit(status: 0)] }),
    ]

    /// What a key does; `nil` = nothing.
    package static func deed(of key: Key) -> Binding.Deed? { deeds[key] }

    private static let deeds = Dictionary(
        all.flatMap { binding in binding.keys.map { ($0, binding.deed) } }, uniquingKeysWith: { first, _ in first })

    /// A deed that changes the screen only.
    private static func act(_ change: @escaping @Sendable (inout Dashboard, Milliseconds) -> Void) -> Binding.Deed {
        .act { dashboard, now in
            change(&dashboard, now)
            return []
        }
    }
}
