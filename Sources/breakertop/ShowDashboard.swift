// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerSockets
import BreakerTelemetry
import Dashboard
import Feeds
import Fleet
import FoundationEssentials
import Glibc
import Recording
import Terminal

/// `breakertop dashboard`, and `breakertop` alone.
struct ShowDashboard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard", abstract: "Show every circuit on the screen, live (the default).")

    @OptionGroup var sources: SourceOptions

    @Flag(name: .customLong("read-only"), help: "Only look on: whatever is pressed, no command is sent.")
    var isReadOnly = false

    @OptionGroup var beginning: ArrangementOptions

    @Option(
        name: .customLong("history"), parsing: .unconditional,
        help: ArgumentHelp(
            "How far one can go back, such as 30m or 2h, in 64 MB at most; 0 = not at all.", valueName: "time"),
        completion: .list(["30m", "2h", "0"]), transform: Self.history)
    var history: Duration = .seconds(1_800)

    /// Whatever is no command ends here, since this one runs when none is named.
    @Argument(help: .private)
    var words: [String] = []

    func validate() throws {
        guard let word = words.first else { return }
        // Not the parser's own error: with that it would print this command's usage, which nobody asked for.
        Output.note("Error: \(Self.complaint(about: word, in: Array(CommandLine.arguments.dropFirst())))")
        Output.note("  See 'breakertop --help' for more information.")
        throw ExitStatus.usage.code
    }

    /// How long the past is that is kept.
    static func history(_ text: String) throws -> Duration { text == "0" ? .zero : try Watch.time(text) }

    /// What is wrong with a word where a command was expected, or with the option before it that it was meant for.
    static func complaint(about word: String, in arguments: [String] = []) -> String {
        let shown = String(word.prefix(40))
        let commands = Breakertop.commandNames
        if let place = arguments.firstIndex(of: word), place > 0, arguments[place - 1].hasPrefix("-"),
            let complaint = complaint(aboutOption: arguments[place - 1])
        {
            return complaint
        }
        if commands.contains(word) {
            return "the command comes first: breakertop \(word) …, then its options"
        }
        let hint = NearestWord.find(word, among: commands).map { "did you mean '\($0)'?" }
        return "unknown command '\(shown)'; \(hint ?? "there are \(commands.joined(separator: ", "))")"
    }

    /// What is wrong with an option; `nil` = there is one of that name.
    private static func complaint(aboutOption argument: String) -> String? {
        // `--` ends the options, and is none; a value may stand behind `=`.
        guard argument != "--" else { return nil }
        let option = argument.prefix { $0 != "=" }.description
        let words = helpMessage(includeHidden: true).split { " ,\n[]()".contains($0) }.map(String.init)
        let names = Set(words.filter { $0.hasPrefix("-") }).sorted()
        guard !names.contains(option) else { return nil }
        let hint = NearestWord.find(option, among: names).map { "; did you mean '\($0)'?" } ?? ""
        return "unknown option '\(option.prefix(40))'\(hint)"
    }

    func run() async throws {
        SocketThread.makeOnly()
        // A limit of a file's length is told like a full disk.
        signal(SIGXFSZ, SIG_IGN)
        // What is kept of the past is dated by it.
        let clock = MonitorClock(startingAt: MonitorClock().now().t)
        let (feed, places) = sources.feed(clock)
        let file = ArrangementFile(environment: ProcessInfo.processInfo.environment)
        let (kept, complaint) = file.load()
        var arrangement = kept
        // What does not fit was refused by `validate`.
        try beginning.apply(to: &arrangement)
        let status: Int32
        do {
            let last: TableArrangement
            let unwritten: String?
            (status, last, unwritten) = try await show(feed, places, clock, arrangement, remark: complaint)
            if let unwritten { Output.error(unwritten) }
            // Options are for this time: only what was chosen at the dashboard is kept.
            let chosen = kept.taking(changesFrom: arrangement, to: last)
            if chosen != kept, let complaint = file.save(chosen) { Output.error(complaint) }
        } catch let error as TerminalError where error.code == .notATerminal {
            Output.error(error.message)
            throw ExitStatus.usage.code
        }
        if status != 0 { throw ExitCode(status) }
    }

    /// - Returns: the exit status, how the table was arranged in the end, and what could not be written down, in words.
    private func show(
        _ feed: any Feed, _ places: Places, _ clock: MonitorClock, _ arrangement: TableArrangement, remark: String?
    ) async throws -> (Int32, TableArrangement, String?) {
        let past: LivePast? =
            history > .zero
            ? try LivePast(began: clock.now(), limits: .init(age: Milliseconds(history / .milliseconds(1)))) : nil
        return try await withTerminal { terminal in
            var configuration = Dashboard.Configuration(
                operatorName: sources.operatorName, places: places.names, version: Breakertop.version,
                isReadOnly: isReadOnly, arrangement: arrangement, filter: beginning.query, remark: remark,
                localOffset: Self.localOffset, commandID: { UUID().uuidString.lowercased() })
            configuration.keepsPast = past != nil
            let screen = MonitorScreen(terminal, clock: clock, configuration: configuration, past: past)
            let status = await Monitor(feed: feed, past: past ?? NoPast(), screen: screen).run(terminal.events)
            let complaint = await screen.finish()
            return (status, await screen.arrangement, complaint)
        }
    }

    /// What the zone of who looks is ahead of UTC at a moment, in milliseconds.
    static func localOffset(_ t: Milliseconds) -> Milliseconds {
        var time = time_t(t / 1_000)
        var parts = tm()
        localtime_r(&time, &parts)
        return Milliseconds(parts.tm_gmtoff) * 1_000
    }
}
