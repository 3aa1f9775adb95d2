// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerTelemetry
import Canvas
import Dashboard
import Fleet

/// All circuits once, for people or scripts.
struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List all circuits with their state, once.")

    @OptionGroup var sources: SourceOptions

    @Flag(help: "Print JSON: {\"version\": 1, \"circuits\": [...], \"troubles\": [...]}.")
    var json = false

    @Argument(help: "Only circuits whose names or state contain all of these words.")
    var words: [String] = []

    func run() async throws {
        let query = CircuitQuery(words.joined(separator: " "))
        let isJSON = json
        let found = try await Snapshot.with(sources) { snapshot in
            let circuits = snapshot.fleet.circuits(matching: query).sorted(by: CircuitOrder.urgentFirst)
            if isJSON {
                print(try JSONText.encode(CircuitListing(circuits: circuits, troubles: snapshot.troubles)))
            } else {
                for line in circuits.map(CircuitLine.text) { Output.line(line) }
                for trouble in snapshot.troubles { Output.error(trouble) }
            }
            guard snapshot.fleet.instances.isEmpty else { return true }
            if !isJSON { Output.error(snapshot.nobody) }
            return false
        }
        guard !found else { return }
        throw ExitCode(3)
    }
}

/// A circuit as a plain line, for `list`: columns parted by two spaces, no drawing characters.
enum CircuitLine {
    /// Why it does not just let calls pass: who forced it, or what opened it.
    private static func reason(_ circuit: CircuitView) -> String {
        let slot = circuit.description.override
        switch circuit.standing {
        case .forced:
            let who = slot.claimed.isEmpty ? slot.principal : "\(slot.claimed) (\(slot.principal))"
            let end = circuit.overrideLeft.map { "ends in \(Format.countdown($0))" } ?? "until cleared"
            return "by \(who)\(slot.reason.isEmpty ? "" : ": “\(slot.reason)”"), \(end)"
        case .calculated(.open), .calculated(.halfOpen):
            return circuit.description.trip.map { $0.sentence(circuit.description.rule) } ?? ""
        case .calculated(.closed):
            return circuit.isOverrideLost ? "override lost by restart" : ""
        case .stale, .stopped:
            return ""
        }
    }

    static func text(_ circuit: CircuitView) -> String {
        let identity = circuit.identity
        let name = "\(identity.instance)/\(circuit.key.name)"
        let ratio = circuit.row.failureRatio.map { ratio in
            "\(Format.percent(ratio)) \(circuit.row[.windowFailed] ?? 0)/\(circuit.row[.windowCalls] ?? 0)"
        }
        let cells = [
            circuit.standing.word.padding(to: 13),
            name.sanitizedForDisplay().padding(to: 36),
            (ratio ?? "-").padding(to: 14),
            "for \(Format.duration(circuit.standingAge))".padding(to: 12),
            reason(circuit),
        ]
        return cells.joined(separator: "  ").trimmingEnd()
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - count))
    }

    fileprivate func trimmingEnd() -> String {
        String(self.reversed().drop { $0 == " " }.reversed())
    }
}
