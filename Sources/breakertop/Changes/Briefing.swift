// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Dashboard
import Fleet

/// What an operator reads before a change: the circuits as they are, who holds them, what will be refused.
struct Briefing: Sendable {
    let order: Order
    /// With their rates, where they are known.
    let circuits: [CircuitView]

    /// What a person reads before a question; more than this is for a dry run.
    static let maximumLines = 40

    /// One line a circuit, between what is done and what it comes to.
    func lines(limit: Int = maximumLines) -> [String] {
        let rest = circuits.count - limit
        let more = rest > 0 ? ["  and \(rest) more; --dry-run shows all"] : []
        return [order.sentence] + circuits.prefix(limit).map { "  " + line($0) } + more + [total]
    }

    /// One circuit: where it is, what holds it, what will be different.
    func line(_ circuit: CircuitView) -> String {
        let holder = circuit.description.override.mode == .none ? nil : CircuitLine.reason(circuit)
        let obstacle = order.obstacle(on: circuit).map { "will be refused: \($0)" }
        let parts = [
            "\(circuit.identity.service)/\(circuit.shortName)", circuit.twin, "now \(circuit.standing.word)", holder,
            cost(circuit), Order.doubt(about: order.action, keepsOverrides: circuit.identity.keepsOverrides), obstacle,
        ]
        return parts.compactMap(\.self).joined(separator: ", ")
    }

    private func cost(_ circuit: CircuitView) -> String? {
        guard order.action == .forceOpen else { return nil }
        guard let rate = circuit.arrivals else { return "calls/s not known" }
        return "\(Format.rate(rate)) calls/s would be refused"
    }

    private var total: String {
        let services = Set(circuits.map(\.identity.service)).count
        let count = "\(circuits.count.of("circuit")) of \(services.of("service"))"
        let rates = circuits.compactMap(\.arrivals)
        guard order.action == .forceOpen, !rates.isEmpty else { return count }
        let known = rates.count < circuits.count ? ", as far as known" : ""
        return "\(count), \(Format.rate(rates.reduce(0, +))) calls/s would be refused\(known)"
    }
}

/// What is asked, and which answer means yes.
struct Question: Sendable, Hashable {
    var prompt: String
    private var yes: String

    init(about selection: Selection) {
        // One finger says y, at three in the morning to anything; a number has to be read first.
        yes = selection.isWide ? "\(selection.circuits.count)" : "yes"
        prompt =
            selection.isWide
            ? "This is wide. To do it to all of them, type their number (\(yes)); anything else sends nothing: "
            : "To do it, type yes; anything else sends nothing: "
    }

    func isConfirmed(by answer: String?) -> Bool {
        guard let answer else { return false }
        return answer.lowercased().filter { !$0.isWhitespace } == yes
    }
}
