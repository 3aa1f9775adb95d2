// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Fleet

/// `breakertop list`: all circuits once, for people or scripts.
struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List circuits with their state, once.",
        discussion: """
            A word with /, *, ? or [ in it is a circuit: NAME, SERVICE/NAME, INSTANCE/NAME or SERVICE/INSTANCE/NAME, \
            each part perhaps a pattern, such as 'orders/pay*'. Quote patterns, or the shell takes them for files. Any other word \
            is looked for in the names and the state. What stands for no circuit is said, and ends with status 2, or 3 \
            where a service that was not reached could have it; that no circuit is in a state that was asked for is no error.
            """)

    @OptionGroup var sources: SourceOptions

    @Flag(help: "Print JSON: {\"version\": 1, \"circuits\": [...], \"troubles\": [...]}.")
    var json = false

    @Argument(
        help: "Only circuits that one of these stands for, and whose names or state contain all the plain words.",
        completion: CircuitCompletion.kind)
    var words: [String] = []

    func validate() throws { _ = try selectors }

    private var selectors: [CircuitSelector] {
        get throws { try words.filter(Self.isSelector).map { try CircuitSelector($0) } }
    }

    private static func isSelector(_ word: String) -> Bool { word.contains { "/*?[".contains($0) } }

    /// A state in the protocol's spelling as it is shown: `half_open` as `half-open`.
    private static func shown(_ word: String) -> String { Concern(rawValue: word.lowercased())?.words ?? word }

    func run() async throws {
        let query = CircuitQuery(
            plainWords: words.filter { !Self.isSelector($0) }.map(Self.shown).joined(separator: " "))
        let (selectors, isJSON) = (try selectors, json)
        let status = try await Snapshot.with(sources, tellsOfLeftovers: true) { snapshot in
            let circuits = snapshot.fleet.circuits(matching: query).filter { $0.isMeant(by: selectors) }
                .sorted(by: CircuitOrder.urgentFirst)
            if isJSON {
                try Output.json(CircuitListing(circuits: circuits, troubles: snapshot.troubles))
            } else {
                for line in circuits.map(CircuitLine.text) { Output.line(line) }
                for trouble in snapshot.fleet.twins + snapshot.troubles { Output.error(trouble) }
            }
            guard !snapshot.fleet.instances.isEmpty else {
                if !isJSON && snapshot.troubles.isEmpty { Output.error(snapshot.nobody) }
                return ExitStatus.nobody
            }
            let strays = Strays(selectors, query, in: snapshot.fleet, areNoneFound: circuits.isEmpty)
            strays.complaints.forEach(Output.error)
            return strays.status
        }
        if status != .done { throw status.code }
    }
}
