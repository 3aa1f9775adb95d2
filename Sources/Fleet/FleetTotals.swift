// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// Circuits in a few numbers: the whole fleet's, or a group's. States are counted over fresh circuits only: stale or unknown never counts as closed.
package struct FleetTotals: Sendable, Hashable {
    package var sources = 0
    package var freshSources = 0
    /// The sources that said goodbye not long ago: nothing is wrong with them yet.
    package var stoppedSources = 0
    package var circuits = 0
    package var closed = 0
    package var halfOpen = 0
    package var open = 0
    package var forced = 0
    package var unknown = 0
    /// The circuits of services that said goodbye.
    package var stopped = 0
    /// The fresh circuits whose override went with the process before.
    package var overridesLost = 0
    /// Calls that arrive, admitted or refused.
    package var callsPerSecond = 0.0
    package var failedPerSecond = 0.0
    package var rejectedPerSecond = 0.0
    package var retriesPerSecond = 0.0

    package init() {}
}

extension FleetModel {
    /// Whether what is known of an instance holds now.
    package func isFresh(_ instance: Instance) -> Bool {
        instance.lostAt == nil && sources[instance.source]?.isFresh(at: now.up) ?? false
    }

    /// What to show for a circuit of a process.
    func standing(of circuit: Circuit, in place: InstanceView) -> CircuitStanding {
        if place.isStopped { return .stopped }
        let state = circuit.row.state
        let mode = circuit.row.overrideMode ?? circuit.description.override.mode
        guard place.isFresh else { return .stale(state, mode) }
        if mode != .none { return .forced(mode, calculated: state) }
        return state.map(CircuitStanding.calculated) ?? .stale(nil, .none)
    }

    /// The totals over all circuits.
    package func totals() -> FleetTotals {
        var totals = FleetTotals(sources: sources.values, at: now.up)
        var walk = CircuitWalk(of: self)
        while !walk.isOver { walk.step(over: self, circuits: 1_000) { circuit, _, _ in totals.count(circuit) } }
        return totals
    }
}

extension FleetTotals {
    init(sources: some Collection<Source>, at now: Milliseconds) {
        self.sources = sources.count
        freshSources = sources.count { $0.isFresh(at: now) }
        stoppedSources = sources.count { $0.isStopped(at: now) }
    }

    /// Counts a circuit in; its flows only while it is fresh.
    mutating func count(_ circuit: CircuitView) {
        circuits += 1
        switch circuit.standing {
        case .calculated(.closed): closed += 1
        case .calculated(.halfOpen): halfOpen += 1
        case .calculated(.open): open += 1
        case .forced: forced += 1
        case .stale:
            unknown += 1
            return
        case .stopped:
            stopped += 1
            return
        }
        if circuit.isOverrideLost { overridesLost += 1 }
        let rates = circuit.rates
        callsPerSecond += rates.arrivals ?? 0
        failedPerSecond += rates.failed ?? 0
        rejectedPerSecond += rates.rejected ?? 0
        retriesPerSecond += rates.retries ?? 0
    }

    /// How urgently the worst of the circuits wants to be looked at.
    package var urgency: Int {
        if open > 0 { return CircuitStanding.calculated(.open).urgency }
        if halfOpen > 0 { return CircuitStanding.calculated(.halfOpen).urgency }
        if forced > 0 { return CircuitStanding.forced(.forcedOpen, calculated: nil).urgency }
        if unknown > 0 { return CircuitStanding.stale(nil, .none).urgency }
        return closed > 0 ? CircuitStanding.calculated(.closed).urgency : CircuitStanding.stopped.urgency
    }
}
