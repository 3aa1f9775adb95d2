// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

/// What was asked for and stands for no circuit.
enum Strays {
    /// - Parameter areNoneFound: whether all of it together lets no circuit through.
    static func complaints(
        about selectors: [CircuitSelector], _ query: CircuitQuery, among circuits: [CircuitView], areNoneFound: Bool
    ) -> [String] {
        // That no circuit is in some state now is an answer, not a mistake.
        let words = query.text.split(separator: " ").map(String.init).filter { !isState($0) }
        let strays =
            Selection(selectors, among: circuits).unmatched.map(\.text)
            + words.filter { word in !circuits.contains { CircuitQuery(word).matches($0) } }
        guard strays.isEmpty else { return strays.map { NearestCircuits.sentence($0, among: circuits) } }
        guard areNoneFound, !query.isEmpty || !selectors.isEmpty, words.count == query.wordCount else { return [] }
        return ["no circuit that all of these stand for: \((selectors.map(\.text) + words).joined(separator: " "))"]
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
