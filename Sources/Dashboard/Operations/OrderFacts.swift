// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import Canvas
package import Fleet

/// What an order would meet, read off the model at one moment: the dialog shows this and sends what it showed.
package struct OrderFacts: Sendable {
    /// An override that holds already.
    package struct Holder: Sendable, Hashable {
        package var mode: OverrideMode
        /// Safe to show; empty = it is not told yet whose it is.
        package var who: String
        /// Safe to show; empty = none was given.
        package var reason: String
        /// How long it holds by itself; `nil` = until cleared.
        package var left: Milliseconds?
    }

    /// One circuit.
    package struct Target: Sendable {
        package let key: CircuitKey
        package var standing: CircuitStanding
        /// The revision of the override slot that goes with what is shown.
        package var revision: Int64
        package var holder: Holder?
        /// Calls that arrive a second, admitted or refused; `nil` = unknown.
        package var arrivals: Double?
        /// Those of them that are refused now.
        package var refused: Double?
        /// Attempts after the first a second; a part of the ``arrivals`` where the retry is around the circuit.
        package var retries: Double?
        package var keepsOverrides: Bool?
        /// Why it is left out; `nil` = it is not.
        package var obstacle: String?
    }

    /// Those that the order is for.
    package private(set) var targets: [Target] = []
    /// Those that were chosen and cannot be: they are told and left out.
    package private(set) var leftOut: [Target] = []
    /// The monitor's clocks when this was so.
    package let at: TelemetryInstant

    /// Reads the facts.
    ///
    /// - Parameters:
    ///   - expected: revisions that a circuit must still have to be a target.
    ///   - excluded: circuits that stay left out, with the reason.
    init(
        of action: CommandAction, on keys: [CircuitKey], expected: [CircuitKey: Int64], excluded: [CircuitKey: String],
        in fleet: FleetModel
    ) {
        at = fleet.now
        for key in keys {
            var target = Target(key, in: fleet)
            let circuit = fleet.circuit(key)
            target.obstacle =
                successor(of: key, in: fleet) ?? excluded[key]
                ?? circuit.map { fleet.obstacle(to: action, on: $0) } ?? "it is gone by now"
            if target.obstacle == nil, let revision = expected[key], revision != target.revision {
                target.obstacle = "it was changed since\(target.holder.map { " by \($0.name)" } ?? "")"
            }
            if target.obstacle == nil { targets.append(target) } else { leftOut.append(target) }
        }
    }

    /// That another process stands where the circuit's was, as an obstacle: commands are for the process that was chosen.
    private func successor(of key: CircuitKey, in fleet: FleetModel) -> String? {
        fleet.isReplaced(key.instance) ? "it has restarted since" : nil
    }

    /// Calls a second that arrive at the targets, as far as known.
    package var arrivals: Double { targets.reduce(0) { $0 + ($1.arrivals ?? 0) } }

    /// Calls a second that are refused at the targets already, as far as known.
    package var refused: Double { targets.reduce(0) { $0 + ($1.refused ?? 0) } }

    /// Attempts after the first a second, as far as known: how many of them are among the ``arrivals`` nobody tells.
    package var retries: Double { targets.reduce(0) { $0 + ($1.retries ?? 0) } }

    /// How many targets' calls are not known.
    package var unknownArrivals: Int { targets.count { $0.arrivals == nil } }
}

extension OrderFacts.Target {
    fileprivate init(_ key: CircuitKey, in fleet: FleetModel) {
        guard let circuit = fleet.circuit(key) else {
            self.init(key: key, standing: .stale(nil, .none), revision: 0)
            return
        }
        let revision = circuit.row[.overrideRevision] ?? circuit.description.override.revision
        self.init(
            key: key, standing: circuit.standing, revision: revision, holder: OrderFacts.Holder(circuit, revision),
            arrivals: circuit.arrivals, refused: circuit.rates.rejected, retries: circuit.rates.retries,
            keepsOverrides: circuit.identity.keepsOverrides)
    }

    /// What became of it since, in a sentence; `nil` = nothing that an operator decides by.
    func change(to now: OrderFacts.Target) -> String? {
        if let obstacle = now.obstacle { return "\(key.displayName): \(obstacle)" }
        guard revision != now.revision || !isSameHolder(now.holder) else { return turn(to: now) }
        guard let holder = now.holder else { return "\(key.displayName): the override is over (r\(now.revision))" }
        return "\(key.displayName): \(holder.sentence(revision: now.revision))"
    }

    /// Whether the circuit closed by itself, or stopped being closed.
    private func turn(to now: OrderFacts.Target) -> String? {
        guard case .calculated(let before) = standing, case .calculated(let after) = now.standing,
            (before == .closed) != (after == .closed)
        else { return nil }
        return "\(key.displayName) is \(after.word) by now, and was \(before.word)"
    }

    private func isSameHolder(_ other: OrderFacts.Holder?) -> Bool {
        holder?.mode == other?.mode && holder?.who == other?.who && holder?.reason == other?.reason
    }
}

extension OrderFacts.Holder {
    /// Who holds the circuit; `nil` = nobody.
    fileprivate init?(_ circuit: CircuitView, _ revision: Int64) {
        let slot = circuit.description.override
        let mode = circuit.row.overrideMode ?? slot.mode
        guard mode != .none else { return nil }
        // The rows may be ahead of the description: then its owner is the one before.
        guard slot.revision == revision, slot.mode == mode else {
            self.init(mode: mode, who: "", reason: "", left: nil)
            return
        }
        self.init(
            mode: mode, who: slot.shownAuthor,
            reason: slot.reason.sanitizedForDisplay(maxColumns: Command.maximumTextLength),
            left: circuit.overrideLeft.map { max(0, $0) })
    }

    var name: String { who.isEmpty ? "somebody (not told yet)" : who }

    /// As in `forced open by ann for another 0:59 (r6): “INC-42”`.
    func sentence(revision: Int64) -> String {
        let word = mode == .forcedOpen ? "forced open" : "forced closed"
        let end = left.map { "for another \(Format.countdown($0))" } ?? (who.isEmpty ? "" : "until cleared")
        let why = reason.isEmpty ? "" : ": “\(reason)”"
        return "\(word) by \(name) \(end)\(end.isEmpty ? "" : " ")(r\(revision))\(why)"
    }
}
