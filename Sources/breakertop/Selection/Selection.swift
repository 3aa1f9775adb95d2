// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

/// The circuits that some selectors stand for.
struct Selection: Sendable {
    /// In the order of service, circuit, instance; none twice.
    private(set) var circuits: [CircuitView] = []
    /// Selectors that stand for no circuit.
    private(set) var unmatched: [CircuitSelector] = []
    /// Selectors that circuits of further services could be meant by.
    private(set) var open: [CircuitSelector] = []
    /// Whether every circuit is meant by its very name.
    private var areNamed = true

    /// More circuits than this, or circuits of several services, are asked about with a word that no finger types by itself.
    static let manyCircuits = 5

    init(_ selectors: [CircuitSelector], among candidates: [CircuitView]) {
        var isMatched = Array(repeating: false, count: selectors.count)
        var isOpen = isMatched
        for view in candidates {
            var isNamed: Bool?
            for (index, selector) in selectors.enumerated() {
                guard let match = view.match(selector) else { continue }
                isMatched[index] = true
                isOpen[index] = isOpen[index] || match != .exact
                isNamed = isNamed == true || match != .pattern
            }
            guard let isNamed else { continue }
            circuits.append(view)
            areNamed = areNamed && isNamed
        }
        circuits.sort { $0.key < $1.key }
        unmatched = zip(selectors, isMatched).filter { !$0.1 }.map(\.0)
        open = zip(selectors, isOpen).filter(\.1).map(\.0)
    }

    /// Whether it is exactly one circuit, called by its name: what a script means when it says so.
    var isPlain: Bool { circuits.count == 1 && areNamed }

    /// How many services are touched.
    var serviceCount: Int { Set(circuits.map(\.identity.service)).count }

    /// Whether a mistake would be felt widely.
    var isWide: Bool { circuits.count > Self.manyCircuits || serviceCount > 1 }
}

extension CircuitView {
    func match(_ selector: CircuitSelector) -> CircuitSelector.Match? {
        selector.match(service: identity.service, instance: identity.instance, name: key.name)
    }

    /// Whether any of the selectors means it; none at all mean everything.
    func isMeant(by selectors: [CircuitSelector]) -> Bool {
        selectors.isEmpty || selectors.contains { match($0) != nil }
    }

    /// The name that scripts and people use: `INSTANCE/NAME`.
    var shortName: String { "\(identity.instance)/\(key.name)" }
}
