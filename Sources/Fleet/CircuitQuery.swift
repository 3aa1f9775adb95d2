// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// A filter over circuits: words that must all be found in a circuit's names or in its state, upper and lower case alike.
package struct CircuitQuery: Sendable, Hashable {
    /// What was typed.
    package var text: String
    private let words: [String]

    package init(_ text: String = "") {
        self.text = text
        words = text.lowercased().split(separator: " ").map(String.init)
    }

    package var isEmpty: Bool { words.isEmpty }

    /// Whether a circuit passes.
    package func matches(_ view: CircuitView) -> Bool {
        guard !words.isEmpty else { return true }
        let text = Self.searchable(view)
        return words.allSatisfy { text.contains($0) }
    }

    private static func searchable(_ view: CircuitView) -> String {
        let target = view.description.target
        return [
            view.identity.service, view.identity.instance, view.key.name, target.service, target.endpoint,
            view.standing.word,
        ].joined(separator: "\n").lowercased()
    }
}

extension CircuitStanding {
    /// The standing in a word, as tables, filters and JSON say it.
    package var word: String {
        switch self {
        case .calculated(.closed): "closed"
        case .calculated(.halfOpen): "half-open"
        case .calculated(.open): "open"
        case .forced(.forcedClosed, _): "forced closed"
        case .forced: "forced open"
        case .stale: "stale"
        case .stopped: "stopped"
        }
    }
}

/// The order of a table of circuits: what wants to be looked at first, then by name.
package enum CircuitOrder {
    package static func urgentFirst(_ left: CircuitView, _ right: CircuitView) -> Bool {
        let (a, b) = (left.standing.urgency, right.standing.urgency)
        return a == b ? left.key < right.key : a < b
    }
}
