// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// The fleet in a few numbers. States are counted over fresh circuits only: stale or unknown never counts as closed.
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

    /// What to show for a circuit of an instance.
    package func standing(of circuit: Circuit, in instance: Instance) -> CircuitStanding {
        if instance.isStopped && instance.lostAt != nil { return .stopped }
        let state = circuit.row.state
        let mode = circuit.row.overrideMode ?? circuit.description.override.mode
        guard isFresh(instance) else { return .stale(state, mode) }
        if mode != .none { return .forced(mode, calculated: state) }
        return state.map(CircuitStanding.calculated) ?? .stale(nil, .none)
    }

    /// The totals of the header.
    package func totals() -> FleetTotals {
        var totals = FleetTotals()
        totals.sources = sources.count
        totals.freshSources = sources.values.count { $0.isFresh(at: now.up) }
        totals.stoppedSources = sources.values.count { $0.isStopped(at: now.up) }
        for instance in instances.values {
            let up = instance.up(at: now.up) ?? 0
            for circuit in instance.circuits.values {
                totals.count(circuit, as: standing(of: circuit, in: instance), up: up)
            }
        }
        return totals
    }
}

extension FleetTotals {
    fileprivate mutating func count(_ circuit: Circuit, as standing: CircuitStanding, up: Milliseconds) {
        circuits += 1
        switch standing {
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
        callsPerSecond += circuit.rates.rate(of: \.calls, up: up) ?? 0
        failedPerSecond += circuit.rates.rate(of: \.failed, up: up) ?? 0
        rejectedPerSecond += circuit.rates.rate(of: \.rejected, up: up) ?? 0
        retriesPerSecond += circuit.rates.rate(of: \.retries, up: up) ?? 0
    }
}
