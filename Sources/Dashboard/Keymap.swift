// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
package import Canvas
import Fleet

/// Where the cursor, or the help's page, goes.
package enum Movement: Sendable, Hashable {
    case up, down, pageUp, pageDown, first, last
}

/// A key, or several that do the same.
package struct Binding: Sendable {
    /// What it does, given the present moment of the monitor's monotonic clock.
    package enum Deed: Sendable {
        case move(Movement)
        case act(@Sendable (inout Dashboard, Milliseconds) -> [Dashboard.Effect])
    }

    package let keys: [Key]
    /// The keys as people write them.
    package let names: String
    /// The views in which it does this; `nil` = all.
    package let screens: Set<Screen.ID>?
    /// A word or two for the footer; `nil` = not there.
    package let footer: String?
    /// What it is called where a person types it: the ``PaletteCommand`` of that name does the same; `nil` = it has none.
    package let command: String?
    /// A sentence for help, README and man page.
    package let help: String
    /// Whether it asks for something to be done to circuits.
    package let isOrder: Bool
    /// Whether it does this while the screen shows another moment than now; then it comes before what else its keys do.
    package let isOfThePast: Bool
    package let deed: Deed

    init(
        _ names: String, _ keys: [Key], on screens: Set<Screen.ID>? = nil, command: String? = nil,
        footer: String? = nil, help: String, isOrder: Bool = false, isOfThePast: Bool = false, deed: Deed
    ) {
        self.names = names
        self.keys = keys
        self.screens = screens
        self.command = command
        self.footer = footer
        self.help = help
        self.isOrder = isOrder
        self.isOfThePast = isOfThePast
        self.deed = deed
    }

    /// The views in which it does this, in words; empty = all.
    package var place: String {
        if isOfThePast { return "the past" }
        return screens.map { some in Screen.all.filter { some.contains($0.id) }.map(\.title).joined(separator: ", ") }
            ?? ""
    }

    package func applies(on screen: Screen.ID) -> Bool { screens?.contains(screen) ?? true }
}

/// Every key of the views. A key is one value here; footer, help, man page and the README's table derive from it.
package enum Keymap {
    package static let all: [Binding] =
        moving + views + circuits + map + events + sources + actions + time + past + general

    /// What a key does in a view; `nil` = nothing.
    ///
    /// - Parameter inThePast: whether the screen shows another moment than now.
    package static func deed(of key: Key, on screen: Screen.ID, inThePast: Bool) -> Binding.Deed? {
        let some = byKey[key, default: []].filter { $0.applies(on: screen) }
        let ofThePast = inThePast ? some.first(where: \.isOfThePast) : nil
        return (ofThePast ?? some.first { !$0.isOfThePast })?.deed
    }

    /// The keys that mean something else in the past.
    static let keysOfThePast = Set(past.flatMap(\.keys))

    /// The key that does what a command does, as people write it.
    package static func key(for command: String) -> String {
        let binding = all.first { $0.command == command }
        return binding.flatMap { $0.names.split(separator: " ").first.map(String.init) } ?? ":\(command)"
    }

    private static let byKey = Dictionary(
        all.flatMap { binding in binding.keys.map { ($0, [binding]) } }, uniquingKeysWith: { $0 + $1 })

    private static let moving: [Binding] = [
        Binding("↑ k", [.up, .character("k")], help: "one line up", deed: .move(.up)),
        Binding("↓ j", [.down, .character("j")], help: "one line down", deed: .move(.down)),
        Binding(
            "PgUp Ctrl-U", [.pageUp, .control("u"), .control("b")], help: "a page up", deed: .move(.pageUp)),
        Binding(
            "PgDn Ctrl-D", [.pageDown, .control("d"), .control("f")], help: "a page down", deed: .move(.pageDown)),
        Binding("Home g", [.home, .character("g")], help: "the first line", deed: .move(.first)),
        Binding("End G", [.end, .character("G")], help: "the last line", deed: .move(.last)),
    ]

    private static let views: [Binding] =
        Screen.all.map { screen in
            Binding(
                String(screen.digit), [.character(screen.digit)], command: screen.id.rawValue,
                help: "the view \(screen.title): \(screen.help[0])",
                deed: show { dashboard, _ in dashboard.show(screen.id) })
        } + [
            Binding(
                "Tab", [.tab], command: "next-view", footer: "view", help: "the next view",
                deed: show { dashboard, _ in dashboard.turn(by: 1) }),
            Binding(
                "Shift-Tab", [.backTab], command: "previous-view", help: "the view before",
                deed: show { dashboard, _ in dashboard.turn(by: -1) }),
        ]

    private static let circuits: [Binding] = [
        Binding(
            "Enter", [.enter], on: [.circuits], command: "enter", footer: "show",
            help: "all about the circuit under the cursor; on the head of a group: fold or unfold it",
            deed: .act { dashboard, _ in dashboard.enterCircuit() }),
        Binding(
            "/ F4", [.character("/"), .function(4)], command: "filter", footer: "filter",
            help: "show only what matches: words, or terms such as state=open fail>20% svc~pay; Tab completes",
            deed: show { dashboard, _ in dashboard.openFilter() }),
        Binding(
            "\\", [.character("\\")], command: "unfilter", help: "drop the filter",
            deed: .act { dashboard, _ in dashboard.clearFilter() }),
        Binding(
            "!", [.character("!")], on: [.circuits], command: "faults", footer: "faults",
            help: "show only what wants to be looked at, or all again",
            deed: .act { dashboard, _ in dashboard.toggleFaultsOnly() }),
        Binding(
            "F3 f", [.function(3), .character("f")], on: [.circuits], command: "find",
            help: "find words without hiding the rest",
            deed: show { dashboard, _ in dashboard.open(Prompt(.find, text: dashboard.table.find)) }),
        Binding(
            "n", [.character("n")], on: [.circuits], command: "find-next", help: "the next circuit that was found",
            deed: show { dashboard, _ in dashboard.find(by: 1) }),
        Binding(
            "N", [.character("N")], on: [.circuits], command: "find-previous", help: "the one before",
            deed: show { dashboard, _ in dashboard.find(by: -1) }),
        Binding(
            "t F5", [.character("t"), .function(5)], on: [.circuits], command: "group", footer: "group",
            help: "gather by service, by circuit across instances, by target, by state, or not at all",
            deed: .act { dashboard, _ in dashboard.groupByNext() }),
        Binding(
            "← h -", [.left, .character("h"), .character("-")], on: [.circuits], command: "fold",
            help: "fold the group",
            deed: .act { dashboard, _ in dashboard.fold(true) }),
        Binding(
            "→ l +", [.right, .character("l"), .character("+")], on: [.circuits], command: "unfold",
            help: "unfold the group",
            deed: .act { dashboard, _ in dashboard.fold(false) }),
        Binding(
            "*", [.character("*")], on: [.circuits], command: "fold-all", help: "fold or unfold all groups",
            deed: .act { dashboard, _ in dashboard.foldAll() }),
        Binding(
            "s F6 F2", [.character("s"), .function(6), .function(2)], on: [.circuits], command: "columns",
            footer: "columns",
            help: "choose the columns, their order, and the one that rows are ordered by",
            deed: show { dashboard, _ in dashboard.openColumnChooser() }),
        Binding(
            "<", [.character("<")], on: [.circuits], command: "sort-left", help: "order by the column to the left",
            deed: .act { dashboard, _ in dashboard.sortByNeighbour(-1) }),
        Binding(
            ">", [.character(">")], on: [.circuits], command: "sort-right", help: "order by the column to the right",
            deed: .act { dashboard, _ in dashboard.sortByNeighbour(1) }),
        Binding(
            "I", [.character("I")], on: [.circuits], command: "reverse", help: "order the other way round",
            deed: .act { dashboard, _ in dashboard.reverseOrder() }),
        Binding(
            "Space", [.character(" ")], on: [.circuits], command: "mark", footer: "mark",
            help: "mark the circuit, or the group: actions are meant for all that is marked",
            deed: show { dashboard, _ in dashboard.toggleMark() }),
        Binding(
            "M", [.character("M")], on: [.circuits], command: "mark-all", help: "mark all that the table shows",
            deed: show { dashboard, _ in dashboard.markAllShown() }),
        Binding(
            "U", [.character("U")], on: [.circuits], command: "unmark", help: "take all marks away",
            deed: show { dashboard, _ in dashboard.table.marks = [] }),
        Binding(
            "← ,", [.left, .character(",")], on: [.circuit], command: "previous-circuit",
            help: "the circuit before, as the table has them",
            deed: show { dashboard, _ in dashboard.turnCircuit(by: -1) }),
        Binding(
            "→ .", [.right, .character(".")], on: [.circuit], command: "next-circuit", footer: "next",
            help: "the next circuit of the table",
            deed: show { dashboard, _ in dashboard.turnCircuit(by: 1) }),
        Binding(
            "b", [.character("b")], on: [.circuits, .circuit], command: "bookmark",
            help: "set a bookmark on the circuit, or take it away",
            deed: show { dashboard, _ in dashboard.toggleBookmark() }),
        Binding(
            "'", [.character("'")], on: [.circuits, .circuit], command: "next-bookmark",
            help: "go to the next bookmark",
            deed: show { dashboard, _ in dashboard.visitNextBookmark() }),
        Binding(
            "d", [.character("d")], on: [.circuits], command: "details",
            help: "show or hide the details of the circuit under the cursor below the table",
            deed: show { dashboard, _ in dashboard.toggleDetails() }),
    ]

    private static let map: [Binding] = [
        Binding(
            "Enter", [.enter], on: [.map], command: "worst-circuit", footer: "show",
            help: "the worst circuit of the calls under the cursor; on a service's own line, its circuits",
            deed: .act { dashboard, _ in dashboard.enterMap() }),
        Binding(
            "n", [.character("n")], on: [.map], command: "next-root", footer: "next root",
            help: "the next place where failures began, or may have begun; of several callers the line for all of them",
            deed: show { dashboard, _ in dashboard.visitCause(by: 1) }),
        Binding(
            "N", [.character("N")], on: [.map], command: "previous-root", help: "the one before",
            deed: show { dashboard, _ in dashboard.visitCause(by: -1) }),
    ]

    private static let events: [Binding] = [
        Binding(
            "Enter", [.enter], on: [.events], command: "event-circuit", footer: "show",
            help: "the circuit that the event under the cursor is about; the service's circuits where it is about none",
            deed: .act { dashboard, _ in dashboard.enterEvent() }),
        Binding(
            "F", [.character("F")], on: [.events], command: "follow", footer: "follow",
            help: "back to the newest event, and stay with it",
            deed: show { dashboard, _ in dashboard.eventsState.list.follow() }),
        Binding(
            "!", [.character("!")], on: [.events], command: "frequent", footer: "fewer",
            help: "hide what is merely frequent, probes and calls that gave up, or show it again",
            deed: show { dashboard, _ in dashboard.toggleFrequentEvents() }),
    ]

    private static let sources: [Binding] = [
        Binding(
            "Enter", [.enter], on: [.sources], command: "source-circuits", footer: "circuits",
            help: "the circuits of the service under the cursor",
            deed: .act { dashboard, _ in dashboard.enterSource() })
    ]

    private static let actions: [Binding] = [
        Binding(
            "O", [.character("O")], on: Dashboard.orderScreens, command: "force-open", footer: "force",
            help: "force open: every call is refused, until cleared or for a time (asks first)", isOrder: true,
            deed: show { dashboard, now in dashboard.ask(.forceOpen, at: now) }),
        Binding(
            "A", [.character("A")], on: Dashboard.orderScreens, command: "force-closed",
            help: "force closed: every call is admitted, however many fail (asks first)", isOrder: true,
            deed: show { dashboard, now in dashboard.ask(.forceClosed, at: now) }),
        Binding(
            "C", [.character("C")], on: Dashboard.orderScreens, command: "clear", footer: "clear",
            help: "drop an override; after a forced open, probes go first (asks first)", isOrder: true,
            deed: show { dashboard, now in dashboard.ask(.clear, at: now) }),
        Binding(
            "R", [.character("R")], on: Dashboard.orderScreens, command: "reset", footer: "reset",
            help: "drop an override, empty the window and close the circuit (asks first)", isOrder: true,
            deed: show { dashboard, now in dashboard.ask(.reset, at: now) }),
        Binding(
            "P", [.character("P")], on: Dashboard.orderScreens, command: "probe",
            help: "let an open circuit probe without waiting (asks first)", isOrder: true,
            deed: show { dashboard, now in dashboard.ask(.probe, at: now) }),
        Binding(
            "Enter", [.enter], on: [.audit], command: "line-circuit", footer: "show",
            help: "all about the circuit that the line is about", deed: .act { dashboard, _ in dashboard.enterAudit() }),
        Binding(
            "x", [.character("x")], on: [.audit], command: "forget", footer: "forget",
            help: "stop the order under the cursor; of a force say no more, it goes on",
            deed: show { dashboard, _ in dashboard.forgetAtCursor() }),
        Binding(
            "Z", [.character("Z")], command: "undo",
            help: "take back what was done last, then before, gently: a force is cleared, a clear forced again (asks)",
            isOrder: true,
            deed: show { dashboard, now in dashboard.askUndo(at: now) }),
        Binding(
            "Y", [.character("Y")], command: "again",
            help: "force what a force that this screen gave misses: new instances, restarted ones (asks first)",
            isOrder: true,
            deed: show { dashboard, now in dashboard.askAgain(at: now) }),
    ]

    /// From now to the past.
    private static let time: [Binding] = [
        Binding(
            "p", [.character("p")], command: "pause", footer: "pause",
            help: "freeze the screen while all goes on being collected, and back to now; a recording: play or pause",
            deed: .act { dashboard, now in dashboard.pause(at: now) }),
        Binding(
            "[", [.character("[")], command: "previous-transition", footer: "last change",
            help: "back to the last change of a state or an override before; from now on, too",
            deed: .act { dashboard, _ in dashboard.visitTransition(forward: false) }),
        Binding(
            "]", [.character("]")], command: "next-transition", help: "on to the next one",
            deed: .act { dashboard, _ in dashboard.visitTransition(forward: true) }),
        Binding(
            "{", [.character("{")], command: "previous-own-transition",
            help: "back to the last change of the circuit under the cursor",
            deed: .act { dashboard, _ in dashboard.visitOwnTransition(forward: false) }),
        Binding(
            "}", [.character("}")], command: "next-own-transition", help: "on to its next one",
            deed: .act { dashboard, _ in dashboard.visitOwnTransition(forward: true) }),
        Binding(
            "T", [.character("T")], command: "at", help: "go to a time of day, or so far back: asks for it",
            deed: show { dashboard, _ in dashboard.open(Prompt(.command, text: "at ")) }),
        Binding(
            "m", [.character("m")], command: "label", help: "give this moment a mark with a label: asks for it",
            deed: show { dashboard, _ in dashboard.open(Prompt(.command, text: "label ")) }),
        Binding(
            "\"", [.character("\"")], command: "next-label", help: "go to the next moment with a mark",
            deed: .act { dashboard, _ in dashboard.visitNextMark() }),
    ]

    /// What other keys do while the screen shows another moment than now.
    private static let past: [Binding] = [
        past("Space", [.character(" ")], "play", "play/pause", help: "play on from here, or pause") { dashboard, now in
            dashboard.togglePlaying(at: now)
        },
        past("End", [.end], "now", "newest", help: "back to now; of a recording, its end") { dashboard, _ in
            dashboard.goToEnd()
        },
        past("Home", [.home], "beginning", nil, help: "the beginning") { dashboard, _ in
            dashboard.travel { $0.seek(to: $0.range.lowerBound) }
        },
        past("→", [.right], "forward", nil, help: "5 s on") { dashboard, _ in
            dashboard.travel { $0.jump(by: Transport.leap) }
        },
        past("←", [.left], "rewind", "5 s back", help: "5 s back") { dashboard, _ in
            dashboard.travel { $0.jump(by: -Transport.leap) }
        },
        past(")", [.character(")")], "tenth-forward", nil, help: "a tenth of all there is on") { dashboard, _ in
            dashboard.travel { $0.jump(tenths: 1) }
        },
        past("(", [.character("(")], "tenth-back", nil, help: "a tenth of all there is back") { dashboard, _ in
            dashboard.travel { $0.jump(tenths: -1) }
        },
        past(".", [.character(".")], "step", nil, help: "on to the next fact that came, and pause") { dashboard, _ in
            dashboard.travel { $0.step(forward: true) }
        },
        past(",", [.character(",")], "step-back", nil, help: "back to the fact before, and pause") { dashboard, _ in
            dashboard.travel { $0.step(forward: false) }
        },
        past(">", [.character(">")], "faster", "faster", help: "play twice as fast, 64× at most") { dashboard, _ in
            dashboard.travel { $0.changeSpeed(by: 1) }
        },
        past("<", [.character("<")], "slower", nil, help: "play half as fast, 0.25× at least") { dashboard, _ in
            dashboard.travel { $0.changeSpeed(by: -1) }
        },
        past(
            "e", [.character("e")], "skip-quiet", nil,
            help: "while playing, pass over stretches in which no state changes, or do not any more"
        ) { dashboard, _ in dashboard.toggleSkippingQuiet() },
        past(
            "L", [.character("L")], "loop", nil,
            help: "begin a loop here; again, end it here and play it over and over; again, drop it"
        ) { dashboard, _ in dashboard.cycleLoop() },
    ]

    private static func past(
        _ names: String, _ keys: [Key], _ command: String, _ footer: String?, help: String,
        _ act: @escaping @Sendable (inout Dashboard, Milliseconds) -> [Dashboard.Effect]
    ) -> Binding {
        Binding(names, keys, command: command, footer: footer, help: help, isOfThePast: true, deed: .act(act))
    }

    private static let general: [Binding] = [
        Binding(
            ":", [.character(":")], footer: "commands", help: "type a command; Tab completes it, ↑ has those before",
            deed: show { dashboard, _ in dashboard.open(Prompt(.command)) }),
        Binding(
            "Esc", [.escape], command: "back",
            help: "one step back: what is open closes, then the filter goes; never quits",
            deed: .act { dashboard, _ in dashboard.goBack() }),
        Binding(
            "u", [.character("u")], command: "zone", help: "times of day in UTC or in the local zone",
            deed: show { dashboard, _ in dashboard.isLocalTime.toggle() }),
        Binding(
            "i", [.character("i")], command: "costs",
            help: "what the screen costs: frames a second, bytes a frame, lag, events lost",
            deed: show { dashboard, _ in dashboard.showsCosts.toggle() }),
        Binding(
            "Ctrl-L", [.control("l")], command: "redraw", help: "draw the screen anew",
            deed: .act { _, _ in [.repaint] }),
        Binding(
            "? F1", [.character("?"), .function(1)], command: "help", footer: "help", help: "this help",
            deed: show { dashboard, _ in dashboard.mode = .help(scroll: 0) }),
        Binding(
            "q", [.character("q"), .control("c"), .function(10)], command: "quit", footer: "quit",
            help: "quit; services and overrides stay as they are",
            deed: .act { dashboard, _ in dashboard.quit() }),
    ]

    /// A deed that changes the screen only.
    private static func show(_ change: @escaping @Sendable (inout Dashboard, Milliseconds) -> Void) -> Binding.Deed {
        .act { dashboard, now in
            change(&dashboard, now)
            return []
        }
    }
}
