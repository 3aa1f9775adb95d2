// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerTelemetry
import Dashboard
import Fleet
import Foundation

/// `breakertop open`: force a circuit open.
struct Open: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Force a circuit open: the service refuses its calls until the time is over or it is cleared.")

    @OptionGroup var sources: SourceOptions
    @OptionGroup var target: TargetOptions

    @Option(
        name: .customLong("for"), help: ArgumentHelp("How long: 30s, 10m, 2h, 1d or forever.", valueName: "time"),
        transform: { try Command.Lifetime(text: $0) })
    var lifetime: Command.Lifetime

    func run() async throws {
        try await Act(action: .forceOpen, lifetime: lifetime, sources: sources, target: target).run()
    }
}

/// `breakertop clear`: drop an override.
struct Clear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Drop a circuit's override; after a forced open, probe calls go first.")

    @OptionGroup var sources: SourceOptions
    @OptionGroup var target: TargetOptions

    func run() async throws { try await Act(action: .clear, sources: sources, target: target).run() }
}

/// `breakertop reset`: drop an override, empty the window, close.
struct Reset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Drop a circuit's override, empty its window and close it.")

    @OptionGroup var sources: SourceOptions
    @OptionGroup var target: TargetOptions

    func run() async throws { try await Act(action: .reset, sources: sources, target: target).run() }
}

/// Which circuit a command is for, and why.
struct TargetOptions: ParsableArguments {
    @Argument(help: "The circuit: NAME, SERVICE/NAME or INSTANCE/NAME.")
    var circuit: String

    @Flag(help: "Do it on every circuit of that name; fails when a service could not be asked.")
    var all = false

    @Option(help: "Why: for the others and the log.")
    var reason = ""

    @Flag(help: "Print JSON: {\"version\": 1, \"results\": [...], \"troubles\": [...]}.")
    var json = false

    /// Whether a circuit is meant.
    func matches(_ view: CircuitView) -> Bool {
        let names = [
            view.key.name, "\(view.identity.service)/\(view.key.name)", "\(view.identity.instance)/\(view.key.name)",
        ]
        return names.contains(circuit)
    }
}

/// One action on the circuits that a name stands for.
struct Act {
    let action: CommandAction
    var lifetime: Command.Lifetime?
    let sources: SourceOptions
    let target: TargetOptions

    func run() async throws {
        let (results, troubles) = try await Snapshot.with(sources) { snapshot in
            (try await perform(on: try circuits(in: snapshot), over: snapshot.feed), snapshot.troubles)
        }
        if target.json {
            print(try JSONText.encode(ActionListing(results: results, troubles: troubles)))
        } else {
            results.forEach { $0.printLine() }
            // Whoever could not be asked may have such a circuit as well.
            troubles.forEach { Output.error("not reached: \($0)") }
        }
        if results.contains(where: { !$0.ok }) || (target.all && !troubles.isEmpty) { throw ExitCode(1) }
    }

    /// The circuits that are meant, or an end with one clear line.
    private func circuits(in snapshot: Snapshot) throws -> [CircuitView] {
        let live = snapshot.fleet.circuits().filter { !$0.isSilent }.sorted { $0.key < $1.key }
        guard !live.isEmpty else {
            Output.error(snapshot.nobody)
            snapshot.troubles.forEach(Output.error)
            throw ExitCode(3)
        }
        let meant = live.filter(target.matches)
        if meant.isEmpty {
            let names = Set(live.map { "\($0.identity.service)/\($0.key.name)" }).sorted().prefix(20)
            Output.error("no circuit “\(target.circuit)”; there are \(names.joined(separator: ", "))")
            throw ExitCode(2)
        }
        if meant.count > 1 && !target.all {
            let names = meant.prefix(20).map { "\($0.identity.instance)/\($0.key.name)" }
            Output.error(
                "“\(target.circuit)” stands for \(meant.count) circuits (\(names.joined(separator: ", "))); name one, or say --all"
            )
            throw ExitCode(2)
        }
        return meant
    }

    private func perform(on circuits: [CircuitView], over feed: any Feed) async throws -> [ActionResult] {
        try await withThrowingTaskGroup(of: ActionResult.self) { group in
            for circuit in circuits {
                group.addTask {
                    ActionResult(circuit, action, await feed.perform(command(for: circuit)))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.name < $1.name }
        }
    }

    private func command(for circuit: CircuitView) -> Command {
        Command(
            id: UUID().uuidString.lowercased(), boot: circuit.identity.boot, circuit: circuit.key.id, action: action,
            lifetime: lifetime, reason: target.reason, claimed: sources.operatorName)
    }
}

/// What came of an action on one circuit.
struct ActionResult: Encodable, Sendable {
    var service: String
    var instance: String
    var circuit: String
    var action: String
    var ok: Bool
    /// The event that records it.
    var seq: Int64?
    var code: String?
    var message: String?

    init(_ view: CircuitView, _ action: CommandAction, _ result: CommandResult) {
        (service, instance, circuit) = (view.identity.service, view.identity.instance, view.key.name)
        self.action = action.rawValue
        switch result.outcome {
        case .success(let seq): (ok, self.seq) = (true, seq)
        case .failure(let error): (ok, code, message) = (false, error.code.rawValue, error.message)
        }
    }

    var name: String { "\(instance)/\(circuit)" }

    func printLine() {
        if ok {
            Output.line("\(action) \(name): done (event \(seq ?? 0))")
        } else {
            Output.error("\(action) \(name): refused: \(message ?? "") (\(code ?? ""))")
        }
    }
}

/// The JSON of an action.
struct ActionListing: Encodable {
    var version = 1
    var results: [ActionResult]
    /// Services that could not be asked, with the reason.
    var troubles: [String]
}
