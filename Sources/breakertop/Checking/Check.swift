// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Fleet

/// `breakertop check`: says by its exit status whether anything is wrong, for cron, CI and monitoring.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look once and end with status 0 if no circuit offends, for cron, CI and monitoring.",
        discussion: """
            The first line sums up, as monitoring plugins do: OK (status 0), FAILED (1), UNKNOWN (2 where a circuit that was \
            named is not there, 3 where too few services could be reached). Each circuit that offends follows in a line. A \
            service that is there, or was named as a target, and does not answer offends as stale does, and so does one that \
            died without a goodbye, as long as its socket is there. One that said goodbye, or is not there at all, is only \
            missed with --min-sources.
            """)

    @Argument(
        help: ArgumentHelp(
            "Only these: NAME, SERVICE/NAME, INSTANCE/NAME, SERVICE/INSTANCE/NAME, each part perhaps a quoted pattern.",
            valueName: "circuit"), completion: CircuitCompletion.kind, transform: { try CircuitSelector($0) })
    var selectors: [CircuitSelector] = []

    @Option(
        help: ArgumentHelp(
            "What offends, with commas between: \(ConcernSet.allWords.joined(separator: ", ")) (default: \(ConcernSet.standard.words.joined(separator: ","))).",
            valueName: "states"),
        completion: WordListCompletion.kind(ConcernSet.allWords), transform: { try ConcernSet($0) })
    var failOn: ConcernSet?

    @Option(help: ArgumentHelp("How many services must have been reached.", valueName: "number"))
    var minSources = 1

    @Flag(
        help: "Print JSON: {\"version\": 1, \"ok\": ..., \"summary\": ..., \"offending\": [...], \"troubles\": [...]}.")
    var json = false

    @OptionGroup var sources: SourceOptions

    func validate() throws {
        guard minSources >= 0 else { throw ValidationError("--min-sources \(minSources) is below 0") }
    }

    func run() async throws {
        let verdict = try await Snapshot.with(sources, tellsOfLeftovers: true) { snapshot in
            if snapshot.fleet.instances.isEmpty && snapshot.troubles.isEmpty { Output.error(snapshot.nobody) }
            return CheckVerdict(
                snapshot.fleet, selectors: selectors, failOn: failOn ?? .standard, minimumSources: minSources)
        }
        if json {
            try Output.json(CheckListing(verdict))
        } else {
            Output.line(verdict.summary)
            for (circuit, concern) in verdict.offending {
                Output.line(Self.line(circuit, concern))
            }
            verdict.troubles.forEach { Output.line("not reached    \($0)") }
        }
        if verdict.status != .done { throw verdict.status.code }
    }

    /// A circuit that offends; why, where its state does not say it already.
    static func line(_ circuit: CircuitView, _ concern: Concern) -> String {
        let text = CircuitLine.text(circuit)
        return concern.words == circuit.standing.word ? text : "\(text)  \(concern.words)"
    }
}

/// The JSON of a check.
struct CheckListing: Encodable {
    var version = 1
    var ok: Bool
    var status: Int32
    var summary: String
    var circuits: Int
    var sources: Int
    var offending: [Entry]
    var troubles: [String]

    struct Entry: Encodable {
        var concern: Concern
        var circuit: CircuitListing.Entry
    }

    init(_ verdict: CheckVerdict) {
        ok = verdict.status == .done
        status = verdict.status.rawValue
        summary = verdict.summary
        (circuits, sources, troubles) = (verdict.circuitCount, verdict.sourceCount, verdict.troubles)
        offending = verdict.offending.map { Entry(concern: $0.concern, circuit: .init(view: $0.circuit)) }
    }
}
