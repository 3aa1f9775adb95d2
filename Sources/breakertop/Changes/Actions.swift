// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerTelemetry
import Fleet

/// `breakertop open`: force circuits open.
struct Open: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Force circuits open: their services refuse every call until the time is over or they are cleared.",
        discussion: ChangeOptions.discussion)

    @OptionGroup var change: ChangeOptions
    @OptionGroup var lifetime: LifetimeOption
    @OptionGroup var sources: SourceOptions

    func run() async throws { try await Change(.forceOpen, lifetime.lifetime, change, sources).run() }
}

/// `breakertop close`: force circuits closed.
struct Close: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Force circuits closed: every call passes, however many fail, until the time is over or they are cleared.",
        discussion: ChangeOptions.discussion)

    @OptionGroup var change: ChangeOptions
    @OptionGroup var lifetime: LifetimeOption
    @OptionGroup var sources: SourceOptions

    func run() async throws { try await Change(.forceClosed, lifetime.lifetime, change, sources).run() }
}

/// `breakertop clear`: drop overrides.
struct Clear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Drop the override of circuits; after a forced open, probe calls go first.",
        discussion: ChangeOptions.discussion)

    @OptionGroup var change: ChangeOptions
    @OptionGroup var sources: SourceOptions

    func run() async throws { try await Change(.clear, nil, change, sources).run() }
}

/// `breakertop reset`: drop overrides, empty windows, close.
struct Reset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Drop the override of circuits, empty their windows and close them.",
        discussion: ChangeOptions.discussion)

    @OptionGroup var change: ChangeOptions
    @OptionGroup var sources: SourceOptions

    func run() async throws { try await Change(.reset, nil, change, sources).run() }
}

/// `breakertop probe`: let open circuits try.
struct Probe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let open circuits probe now instead of waiting for their open time to end.",
        discussion: ChangeOptions.discussion)

    @OptionGroup var change: ChangeOptions
    @OptionGroup var sources: SourceOptions

    func run() async throws { try await Change(.probe, nil, change, sources).run() }
}

/// How long a force lasts.
struct LifetimeOption: ParsableArguments {
    @Option(
        name: .customLong("for"), parsing: .unconditional,
        help: ArgumentHelp("How long: 30s, 10m, 2h, 1d, at most 30d, or forever: until cleared.", valueName: "time"),
        completion: .list(["30s", "10m", "1h", "forever"]), transform: Self.lifetime)
    var lifetime: Command.Lifetime

    private static func lifetime(_ text: String) throws -> Command.Lifetime {
        // As it is shown.
        if text.lowercased() == "until-cleared" { return .untilCleared }
        return try Command.Lifetime(text: text)
    }
}

/// What all changes ask for: which circuits, why, and how sure one is.
struct ChangeOptions: ParsableArguments {
    static let discussion = """
        A circuit is NAME, SERVICE/NAME, INSTANCE/NAME or SERVICE/INSTANCE/NAME, each part perhaps a pattern: * is any \
        text, ? any character, [a-z] one of a set. Quote patterns, or the shell takes them for files: 'orders/pay*'.

        One circuit called by its name is changed at once. What a pattern stands for, and several circuits, are shown \
        first and asked about; where nobody can be asked, it takes --yes. So it is with a name alone while a service that \
        may have such a circuit too cannot be reached, or died without a goodbye: then the change is not whole, and ends \
        with status 1. Where only such a service could have it, nothing is sent, and the status is 3. What was \
        shown is what is changed: if somebody else changes a circuit's override meanwhile, the service refuses.
        """

    @Argument(
        help: ArgumentHelp("The circuits.", valueName: "circuit"), completion: CircuitCompletion.kind,
        transform: { try CircuitSelector($0) })
    var selectors: [CircuitSelector]

    @Option(help: "Why: for the others and the log.")
    var reason = ""

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @Flag(name: [.long, .customShort("n")], help: "Print what would be sent, and send nothing.")
    var dryRun = false

    @Flag(help: "Print JSON: {\"version\": 1, \"results\": [...], \"troubles\": [...]}.")
    var json = false

    func validate() throws {
        guard reason.count <= Command.maximumTextLength else {
            throw ValidationError("the reason is longer than \(Command.maximumTextLength) characters")
        }
    }
}
