// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

/// The circuits that somebody may have meant whose text stands for none.
enum NearestCircuits {
    /// The most names that are looked at, however many circuits there are.
    private static let maximumCandidates = 2_000
    /// The most that are offered, and the most that are told where none is near.
    private static let (maximumOffered, maximumTold) = (3, 20)

    /// `no circuit “ordrs/stock”; did you mean orders/stock?`
    /// - Parameter mayBeHidden: whether somebody who was not reached could have it.
    static func sentence(_ text: String, among circuits: [CircuitView], mayBeHidden: Bool = false) -> String {
        let near = find(text, among: circuits)
        let none = "no circuit “\(text)”\(mayBeHidden ? " among those reached" : "")"
        guard near.isEmpty else { return "\(none); did you mean \(near.joined(separator: ", "))?" }
        if mayBeHidden { return none }
        let names = Set(circuits.map(\.placedName)).sorted()
        guard !names.isEmpty else { return none }
        let more = names.count > maximumTold ? " and \(names.count - maximumTold) more" : ""
        return "\(none); there are \(names.prefix(maximumTold).joined(separator: ", "))\(more)"
    }

    /// The nearest as `SERVICE/NAME`, the best first; none that is more than a few slips away.
    static func find(_ text: String, among circuits: [CircuitView]) -> [String] {
        let typed = Array(text.lowercased().filter { !"*?[]".contains($0) }.prefix(60))
        guard !typed.isEmpty else { return [] }
        var best: [String: Int] = [:]
        for circuit in circuits.prefix(maximumCandidates) {
            let nearest = forms(of: circuit).map { slips(from: typed, to: Array($0.lowercased())) }.min() ?? .max
            best[circuit.placedName] = min(best[circuit.placedName] ?? .max, nearest)
        }
        return best.filter { $0.value <= min(3, typed.count / 2) }.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
            .prefix(maximumOffered).map(\.key)
    }

    private static func forms(of circuit: CircuitView) -> [String] {
        let name = circuit.key.name
        return [name, circuit.placedName, circuit.shortName, "\(circuit.identity.service)/\(circuit.shortName)"]
    }

    /// To the whole text, or to as much of its begin or end: patterns, and words of a list, stand for parts.
    private static func slips(from typed: [Character], to text: [Character]) -> Int {
        let parts = [Array(text.prefix(typed.count)), Array(text.suffix(typed.count))]
        let whole = abs(text.count - typed.count) <= 3 ? [text] : []
        return (parts + whole).map { NearestWord.slips(from: typed, to: $0) }.min() ?? .max
    }
}

extension CircuitView {
    /// `SERVICE/NAME`, the same for all instances.
    fileprivate var placedName: String { "\(identity.service)/\(key.name)" }
}
