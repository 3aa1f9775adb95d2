// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Dashboard
import Fleet

/// What a check comes to.
struct CheckVerdict: Sendable {
    /// Circuits that offend, and why, the most urgent first.
    private(set) var offending: [(circuit: CircuitView, concern: Concern)] = []
    /// How many circuits were looked at.
    private(set) var circuitCount = 0
    /// How many services told all.
    let sourceCount: Int
    /// Services that could not be asked, with the reason.
    let troubles: [String]
    private let unmatched: [CircuitSelector]
    private let failOn: ConcernSet
    private let minimumSources: Int

    /// - Parameters:
    ///   - selectors: the circuits to look at; none mean all.
    ///   - failOn: what offends. A service that could not be asked offends as `stale` does.
    ///   - minimumSources: with fewer services nobody can say that all is well.
    init(_ fleet: FleetModel, selectors: [CircuitSelector], failOn: ConcernSet, minimumSources: Int) {
        self.failOn = failOn
        self.minimumSources = minimumSources
        // However many connections or processes speak for one.
        let fresh = fleet.sources.values.filter { $0.isFresh(at: fleet.now.up) }.compactMap(\.instance)
        sourceCount = Set(fresh.map { [$0.service, $0.instance] }).count
        troubles = fleet.troubles
        let selection = Selection(selectors, among: fleet.circuits())
        unmatched = selection.unmatched
        let circuits = selectors.isEmpty ? fleet.circuits() : selection.circuits
        circuitCount = circuits.count
        for circuit in circuits.sorted(by: CircuitOrder.urgentFirst) {
            let isFresh = fleet.instances[circuit.key.instance].map(fleet.isFresh) ?? false
            guard let concern = Concern(circuit, isFresh: isFresh), failOn.concerns.contains(concern) else { continue }
            offending.append((circuit, concern))
        }
    }

    private var isTroubleOffending: Bool { failOn.concerns.contains(.stale) && !troubles.isEmpty }

    /// What offends is known; only where nothing does, it matters whether enough was seen.
    var status: ExitStatus {
        if !offending.isEmpty { return .notDone }
        if sourceCount < minimumSources { return .nobody }
        if isTroubleOffending { return .notDone }
        return unmatched.isEmpty ? .done : .noSuchCircuit
    }

    /// The first line of the output: the result and its figures.
    var summary: String {
        let services = sourceCount.of("service")
        let seen = "\(circuitCount.of("circuit")), \(services)"
        switch status {
        case .nobody where sourceCount == 0: return "UNKNOWN: no service could be reached"
        case .nobody:
            let missing = self.missing.map { "; \($0)" } ?? ""
            return "UNKNOWN: \(services) reached, at least \(minimumSources) expected; \(seen)\(missing)"
        case .noSuchCircuit: return "UNKNOWN: \(missing ?? ""); \(seen)"
        case .notDone: return "FAILED: \(counts); \(seen)"
        case .done, .usage: return "OK: \(seen), none \(failOn.words.joined(separator: ", "))"
        }
    }

    /// `no circuit “nothing”`, for what was named and is not there.
    private var missing: String? {
        unmatched.isEmpty ? nil : "no circuit \(unmatched.prefix(3).map { "“\($0.text)”" }.joined(separator: ", "))"
    }

    /// `2 open, 1 forced open, 1 service not reached`.
    private var counts: String {
        var parts = Concern.allCases.compactMap { concern in
            let count = offending.count { $0.concern == concern }
            return count == 0 ? nil : "\(count) \(concern.rawValue)"
        }
        if isTroubleOffending { parts.append("\(troubles.count) not reached") }
        if let missing { parts.append(missing) }
        if sourceCount < minimumSources { parts.append("at least \(minimumSources) services expected") }
        return parts.joined(separator: ", ")
    }
}
