// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

/// What was asked for and stands for no circuit of those who were reached.
struct Strays {
    /// In sentences.
    private(set) var complaints: [String] = []
    /// Whether somebody who was not reached could have all of it.
    private var mayAllBeHidden = true

    var status: ExitStatus {
        if complaints.isEmpty { return .done }
        return mayAllBeHidden ? .nobody : .noSuchCircuit
    }

    /// Selectors that stand for no circuit.
    init(_ selectors: [CircuitSelector], among circuits: [CircuitView], of fleet: FleetModel) {
        for selector in Selection(selectors, among: circuits).unmatched {
            add(selector.text, circuits, mayBeHidden: fleet.mayHide(selector))
        }
    }

    /// Selectors, and words of a list, that stand for no circuit.
    /// - Parameter areNoneFound: whether all of it together lets no circuit through.
    init(_ selectors: [CircuitSelector], _ query: CircuitQuery, in fleet: FleetModel, areNoneFound: Bool) {
        let circuits = fleet.circuits()
        self.init(selectors, among: circuits, of: fleet)
        // That no circuit is in some state now is an answer, not a mistake.
        let words = query.text.split(separator: " ").map(String.init).filter { !Self.isState($0) }
        // A word may be a part of any name.
        let areSomeHidden = !fleet.troubles.isEmpty
        for word in words where !circuits.contains(where: { CircuitQuery(plainWords: word).matches($0) }) {
            add(word, circuits, mayBeHidden: areSomeHidden)
        }
        guard complaints.isEmpty, areNoneFound, !query.isEmpty || !selectors.isEmpty, words.count == query.wordCount
        else { return }
        let all = (selectors.map(\.text) + words).joined(separator: " ")
        complaints = ["no circuit that all of these stand for: \(all)"]
        mayAllBeHidden = selectors.isEmpty ? areSomeHidden : !fleet.troubles(hiding: selectors).isEmpty
    }

    private mutating func add(_ text: String, _ circuits: [CircuitView], mayBeHidden: Bool) {
        complaints.append(NearestCircuits.sentence(text, among: circuits, mayBeHidden: mayBeHidden))
        mayAllBeHidden = mayAllBeHidden && mayBeHidden
    }

    private static let states: [CircuitStanding] = [
        .calculated(.closed), .calculated(.halfOpen), .calculated(.open), .forced(.forcedOpen, calculated: nil),
        .forced(.forcedClosed, calculated: nil), .stale(nil, .none), .stopped,
    ]

    /// Whether a word is a state's, or a part of it.
    private static func isState(_ word: String) -> Bool { states.contains { $0.word.contains(word.lowercased()) } }
}

extension CircuitQuery {
    fileprivate var wordCount: Int { text.split(separator: " ").count }
}
