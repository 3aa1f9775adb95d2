// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// One condition of a question.
enum QueryTerm: Sendable {
    case word(SearchText)
    case flag(@Sendable (CircuitView) -> Bool)
    case text(@Sendable (CircuitView) -> String?, QueryComparison, SearchText)
    case tag(String, QueryComparison, SearchText)
    case hasTag(String)
    case number(@Sendable (CircuitView) -> QueryFigure?, QueryComparison, QueryValue)

    func holds(of view: CircuitView) -> Bool {
        switch self {
        case .word(let word): word.isFound(in: view)
        case .flag(let read): read(view)
        case .text(let read, let comparison, let value): value.holds(comparison, read(view))
        case .tag(let key, let comparison, let value):
            value.holds(comparison, view.circuit.description.tags[key])
        case .hasTag(let key): view.circuit.description.tags[key] != nil
        case .number(let read, let comparison, let value):
            if let figure = read(view) { value.holds(comparison, figure) } else { false }
        }
    }
}

extension SearchText {
    /// How a text compares with it. An empty one is one that nobody said, and fulfils no comparison.
    func holds(_ comparison: QueryComparison, _ text: String?) -> Bool {
        guard let text, !text.isEmpty else { return false }
        return switch comparison {
        case .equal: equals(text)
        case .different: !equals(text)
        case .contains: isFound(in: text)
        case .lacks: !isFound(in: text)
        case .less, .atMost, .greater, .atLeast: false
        }
    }

    /// Whether it is a part of a circuit's names, target, tags or state.
    func isFound(in view: CircuitView) -> Bool {
        for read in Self.places where isFound(in: read(view)) { return true }
        for (key, value) in view.circuit.description.tags where isFound(in: key) || isFound(in: value) { return true }
        return false
    }

    private static let places: [@Sendable (CircuitView) -> String] = [
        { $0.circuit.key.name }, { $0.identity.service }, { $0.identity.instance },
        { $0.circuit.description.target.service }, { $0.circuit.description.target.endpoint }, { $0.standing.word },
    ]
}
