// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// A circuit with all that a row of a table or a line of JSON needs, read off the model at one moment.
package struct CircuitView: Sendable {
    package let circuit: Circuit
    package let identity: ServiceIdentity
    package let standing: CircuitStanding
    /// Whether another live process has the same service and instance name.
    package let hasTwin: Bool
    /// Whether its service takes commands from this monitor.
    package let mayOperate: Bool
    /// What its service can do when asked, by wire names.
    package let actions: [String]
    /// The service's monotonic clock as it must stand now; `nil` before the first sample.
    package let up: Milliseconds?
    /// Whether an override of it went with the process before, and none was set since.
    package let isOverrideLost: Bool
    /// Whether its description is out of date, so that limits, reason and owner of an override may be wrong.
    package let isDescriptionOutdated: Bool
    /// How long nothing was heard.
    package let silence: Milliseconds
    /// The service's wall clock of an instant of its monotonic clock.
    package let clock: TelemetryInstant?

    package var key: CircuitKey { circuit.key }
    package var row: CircuitRow { circuit.row }
    package var description: CircuitDescription { circuit.description }

    /// Counter rises a second; `nil` while unknown or stale.
    package func rate(of counter: KeyPath<RateWindow.Counts, Int64?>) -> Double? {
        switch standing {
        case .stale, .stopped: nil
        default: up.flatMap { circuit.rates.rate(of: counter, up: $0) }
        }
    }

    /// Calls that arrive a second, admitted or rejected; `nil` while unknown or stale.
    package var arrivals: Double? {
        rate(of: \.calls).map { $0 + (rate(of: \.rejected) ?? 0) }
    }

    /// How long ago an instant of the service's monotonic clock was; negative = it lies ahead.
    package func age(of instant: Milliseconds?) -> Milliseconds? {
        guard let instant, let up else { return nil }
        return up.saturatingDifference(instant)
    }

    /// The wall-clock time, in milliseconds since 1970, of an instant of the service's monotonic clock.
    package func wallClock(of instant: Milliseconds) -> Milliseconds? { clock?.wallClock(ofUp: instant) }
}

extension FleetModel {
    /// All circuits that a query lets through, in no particular order.
    package func circuits(matching query: CircuitQuery = CircuitQuery()) -> [CircuitView] {
        var living: [InstanceName: Int] = [:]
        for instance in instances.values where instance.lostAt == nil {
            living[InstanceName(instance), default: 0] += 1
        }
        var views: [CircuitView] = []
        for instance in instances.values {
            let hasTwin = instance.lostAt == nil && living[InstanceName(instance), default: 0] > 1
            for circuit in instance.circuits.values {
                let view = view(of: circuit, in: instance, hasTwin: hasTwin)
                if query.matches(view) { views.append(view) }
            }
        }
        return views
    }

    /// One circuit; `nil` when it is not there any more.
    package func circuit(_ key: CircuitKey) -> CircuitView? {
        guard let instance = instances[key.instance], let circuit = instance.circuits[key.id] else { return nil }
        let hasTwin =
            instance.lostAt == nil
            && instances.values.contains {
                $0.key != instance.key && $0.key.isSameInstance(as: instance.key) && $0.lostAt == nil
            }
        return view(of: circuit, in: instance, hasTwin: hasTwin)
    }

    private func view(of circuit: Circuit, in instance: Instance, hasTwin: Bool) -> CircuitView {
        let source = sources[instance.source]
        let heard = max(source?.instance == instance.key ? source?.lastHeard ?? 0 : 0, instance.clockAt)
        let up = instance.up(at: now.up)
        return CircuitView(
            circuit: circuit,
            identity: instance.identity,
            standing: standing(of: circuit, in: instance),
            hasTwin: hasTwin,
            mayOperate: source?.mayOperate ?? false,
            actions: source?.actions ?? [],
            up: up,
            isOverrideLost: instance.hasLost(circuit, at: now.up),
            isDescriptionOutdated: up.map(circuit.isDescriptionOutdated) ?? false,
            silence: max(0, now.up.saturatingDifference(instance.lostAt ?? heard)),
            clock: instance.clock
        )
    }
}

/// What two boots of one instance have in common.
private struct InstanceName: Hashable {
    let service: String
    let instance: String

    init(_ instance: Instance) {
        service = instance.identity.service
        self.instance = instance.identity.instance
    }
}
