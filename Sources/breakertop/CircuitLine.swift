// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Dashboard
import Fleet

/// A circuit as a plain line: columns parted by two spaces, no drawing characters.
enum CircuitLine {
    static func text(_ circuit: CircuitView) -> String {
        let ratio = circuit.window.map { failed, calls in
            "\(Format.percent(Double(failed) / Double(calls))) \(failed)/\(calls)"
        }
        let cells = [
            circuit.standing.word.padded(to: 13),
            circuit.shortName.sanitizedForDisplay().padded(to: 36),
            (ratio ?? "-").padded(to: 14),
            "for \(Format.age(circuit.age))".padded(to: 12),
            [circuit.twin, reason(circuit)].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: ", "),
        ]
        return cells.joined(separator: "  ").trimmingEnd()
    }

    /// Why it does not just let calls pass: who forced it, or what opened it.
    static func reason(_ circuit: CircuitView) -> String {
        let slot = circuit.description.override
        switch circuit.standing {
        case .forced:
            let end = circuit.overrideLeft.map { "ends in \(Format.countdown($0))" } ?? "until cleared"
            let words = circuit.outageWords
            return "by \(slot.holder), \(end)" + (words.isEmpty ? "" : "; it opened because \(words)")
        case .calculated(.open), .calculated(.halfOpen):
            return circuit.outageWords
        case .calculated(.closed):
            return circuit.isOverrideLost ? "override lost by restart" : ""
        case .stale, .stopped:
            return ""
        }
    }
}

extension CircuitView {
    /// Which of several live processes of one name it belongs to; `nil` where there is one.
    var twin: String? {
        guard hasTwin else { return nil }
        return "twin: boot \(identity.boot)" + (identity.pid > 0 ? ", process \(identity.pid)" : "")
    }
}

extension FleetModel {
    /// Names that several live processes have, as sentences.
    var twins: [String] {
        let names = instances.values.filter { $0.lostAt == nil }.map { "\($0.key.service)/\($0.key.instance)" }
        return Dictionary(grouping: names) { $0 }.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map {
            "\($0.value.count) live processes are called \($0.key); give each an instance name of its own"
                + " (BREAKERTOP_INSTANCE)"
        }
    }
}

extension CircuitOverride {
    /// Who holds it and why: the name that the operator gave, the authenticated one, the reason.
    var holder: String {
        reason.isEmpty ? author : "\(author): “\(reason)”"
    }
}
