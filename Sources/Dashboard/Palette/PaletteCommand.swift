// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

/// A command of the line that `:` opens.
package struct PaletteCommand: Sendable {
    package let name: String
    /// What follows it, as in `[FOR] [REASON]`; empty = nothing.
    package let arguments: String
    /// A sentence for help, README and man page.
    package let help: String
    /// Whether it asks for something to be done to circuits.
    var isOrder = false
    /// The views in which it makes sense; from another, it goes to the first of them; `nil` = all.
    let screens: Set<Screen.ID>?
    /// What the end of its arguments may become.
    let completions: @Sendable (Dashboard, String) -> Completions
    /// Does it, given its arguments and the present moment of the monitor's monotonic clock. None sends anything by itself.
    let run: @Sendable (inout Dashboard, String, Milliseconds) -> [Dashboard.Effect]

    init(
        _ name: String, _ arguments: String = "", on screens: Set<Screen.ID>? = nil, help: String,
        completions: @escaping @Sendable (Dashboard, String) -> Completions = { _, _ in Completions() },
        run: @escaping @Sendable (inout Dashboard, String, Milliseconds) -> [Dashboard.Effect]
    ) {
        self.name = name
        self.arguments = arguments
        self.screens = screens
        self.help = help
        self.completions = completions
        self.run = run
    }

    /// As one types it: `sort COLUMN`.
    package var usage: String { arguments.isEmpty ? name : "\(name) \(arguments)" }

    /// Every command: those that take arguments or have no key, one value each, and then one for each ``Binding`` that acts.
    package static let all: [PaletteCommand] = own + keyed

    package static func named(_ name: String) -> PaletteCommand? { all.first { $0.name == name } }

    private static let keyed: [PaletteCommand] = {
        let names = Set(own.map(\.name))
        return Keymap.all.filter { $0.command.map { !names.contains($0) } ?? false }.map(PaletteCommand.init)
    }()

    /// What a key does.
    private init(_ binding: Binding) {
        self.init(binding.command ?? "", on: binding.screens, help: binding.help) { dashboard, _, now in
            guard case .act(let act) = binding.deed else { return [] }
            return act(&dashboard, now)
        }
        isOrder = binding.isOrder
    }

    // MARK: - With arguments

    package static let own: [PaletteCommand] = [
        PaletteCommand(
            "filter", "[TEXT]", help: "show only what matches, such as state=open fail>20% svc~pay; alone, asks for it",
            completions: { dashboard, text in dashboard.filterCompletions(of: text, cursor: text.count) },
            run: { dashboard, text, _ in dashboard.filter(by: text) }),
        PaletteCommand(
            "find", "[WORDS]", on: [.circuits],
            help: "go to the next circuit that has these words; alone, asks for them",
            run: { dashboard, text, _ in dashboard.find(words: text) }),
        PaletteCommand(
            "sort", "COLUMN", on: [.circuits], help: "order by a column; by the same again, the other way round",
            completions: { _, text in Completions(of: text, among: Column.all.map(\.id)) },
            run: { dashboard, text, _ in dashboard.sort(byColumn: text) }),
        PaletteCommand(
            "group", "[KIND]", on: [.circuits],
            help: "gather by \(Grouping.allCases.map(\.rawValue).joined(separator: ", ")); alone, by the next of these",
            completions: { _, text in Completions(of: text, among: Grouping.allCases.map(\.rawValue)) },
            run: { dashboard, text, _ in dashboard.group(byKind: text) }),
        PaletteCommand(
            "columns", "[A,B,C]", on: [.circuits],
            help: "show these columns from left to right; alone, opens their list",
            completions: { _, text in Completions(of: text, among: Column.all.map(\.id), separators: [",", " "]) },
            run: { dashboard, text, _ in
                dashboard.show(columns: text)
                return []
            }),
        PaletteCommand(
            "goto", "SERVICE/CIRCUIT", help: "put the cursor on a circuit; an instance's name does for the service's",
            completions: { dashboard, text in dashboard.placeCompletions(of: text) },
            run: { dashboard, text, _ in dashboard.go(to: text) }),
        order(
            .forceOpen, "force-open", "refuse every call for so long; opens the dialog with that, sends nothing itself"),
        order(
            .forceClosed, "force-closed", "admit every call, however many fail; opens the dialog, sends nothing itself"),
        order(.clear, "clear", "drop the override; opens the dialog, sends nothing itself"),
        order(.reset, "reset", "drop the override, empty the window, close; opens the dialog, sends nothing itself"),
        order(.probe, "probe", "let an open circuit probe now; opens the dialog, sends nothing itself"),
        PaletteCommand(
            "at", "TIME", help: "go to a time: 12:03, 12:03:41, -5m before the end, +90s after the beginning"
        ) {
            dashboard, text, _ in dashboard.go(toTime: text)
        },
        PaletteCommand("label", "[WORDS]", help: "give this moment a mark with a label; without words, take it away") {
            dashboard, text, _ in dashboard.mark(text)
        },
        PaletteCommand(
            "speed", "TIMES", help: "play so many times as fast: 0.25 to 64",
            completions: { _, text in Completions(of: text, among: Transport.speeds.map(Transport.words)) },
            run: { dashboard, text, _ in dashboard.setSpeed(text) }),
        PaletteCommand(
            "record", "[FILE]",
            help: "write down what happens from now on, and up to a minute before; without a file, no more"
        ) {
            dashboard, text, _ in dashboard.record(to: text)
        },
        PaletteCommand("save", "FILE", help: "save what was seen lately in a recording: the loop, or all that is kept")
        {
            dashboard, text, _ in dashboard.save(to: text)
        },
        PaletteCommand("local", help: "times of day in the local zone") { dashboard, _, _ in
            dashboard.isLocalTime = true
            return []
        },
        PaletteCommand("utc", help: "times of day in UTC") { dashboard, _, _ in
            dashboard.isLocalTime = false
            return []
        },
    ]

    private static func order(_ action: CommandAction, _ name: String, _ help: String) -> PaletteCommand {
        var command = PaletteCommand(
            name, action.isForce ? "[FOR] [REASON]" : "[REASON]", on: Dashboard.orderScreens, help: help,
            completions: { _, text in
                let isTime = action.isForce && !text.contains(" ")
                return isTime ? Completions(of: text, among: ["10m", "30s", "1h", "1d", "forever"]) : Completions()
            },
            run: { dashboard, text, now in
                if let number = bareNumber(text), action.isForce {
                    dashboard.refuse("“\(number)” of what? say \(name) \(number)m, \(number)s or \(number)h", at: now)
                    return []
                }
                let (lifetime, reason) = action.isForce ? timeAndReason(text) : (nil, text)
                dashboard.ask(action, lifetime: lifetime, reason: reason, at: now)
                return []
            })
        command.isOrder = true
        return command
    }

    /// The first word if it is a number and nothing else: nobody knows whether minutes are meant.
    private static func bareNumber(_ text: String) -> String? {
        guard let first = text.split(separator: " ").first, first.allSatisfy({ ("0"..."9").contains($0) }) else {
            return nil
        }
        return String(first.prefix(10))
    }

    /// What is no time belongs to the reason: the dialog shows both before anything is sent.
    private static func timeAndReason(_ text: String) -> (Command.Lifetime?, String) {
        let words = text.split(separator: " ", maxSplits: 1).map(String.init)
        guard let first = words.first else { return (nil, "") }
        do throws(Command.Lifetime.ParseError) {
            return (try Command.Lifetime(text: first), words.count > 1 ? words[1] : "")
        } catch {
            return (nil, text)
        }
    }
}
