// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// A circuit with all that a row of a table or a line of JSON needs, read off the model at one moment.
package struct CircuitView: Sendable {
    private let box: Boxed<Circuit>
    /// What holds for every circuit of its process.
    package let instance: InstanceView
    package let standing: CircuitStanding
    /// Whether an override of it went with the process before, and none was set since.
    package let isOverrideLost: Bool
    /// The override that went with the process before; `nil` = none did.
    package var lostOverride: CircuitOverride? {
        isOverrideLost ? instance.formerOverrides[key.name]?.slot : nil
    }
    /// Whether its description is out of date, so that limits, reason and owner of an override may be wrong.
    package let isDescriptionOutdated: Bool

    init(
        _ box: Boxed<Circuit>, instance: InstanceView, standing: CircuitStanding, isOverrideLost: Bool,
        isDescriptionOutdated: Bool
    ) {
        self.box = box
        self.instance = instance
        self.standing = standing
        self.isOverrideLost = isOverrideLost
        self.isDescriptionOutdated = isDescriptionOutdated
    }

    package var circuit: Circuit { _read { yield box.value } }
    package var key: CircuitKey { circuit.key }
    package var row: CircuitRow { circuit.row }
    package var description: CircuitDescription { circuit.description }
    package var identity: ServiceIdentity { instance.identity }
    package var hasTwin: Bool { instance.hasTwin }
    package var mayOperate: Bool { instance.mayOperate }
    package var actions: [String] { instance.actions }
    package var up: Milliseconds? { instance.up }
    package var silence: Milliseconds { instance.silence }

    /// What its counters rise by in a second; `nil` while unknown or stale.
    package var rates: RateWindow.Rates {
        switch standing {
        case .stale, .stopped: RateWindow.Rates()
        default: up.map { circuit.rates.rates(up: $0) } ?? RateWindow.Rates()
        }
    }

    /// Calls that arrive a second, admitted or rejected; `nil` while unknown or stale.
    package var arrivals: Double? { rates.arrivals }

    /// Finished calls in the rule's window; `nil` = unknown.
    ///
    /// A row need not come when a window runs empty: what was counted longer ago than it reaches back is in it no more.
    package var windowCalls: Int64? {
        if let length = description.rule.window, let age = age(of: circuit.rowUp), age > length {
            return row[.windowCalls].map { _ in 0 }
        }
        return row[.windowCalls]
    }

    /// Failed and finished calls in the rule's window; `nil` while it is empty or unknown.
    package var window: (failed: Int64, calls: Int64)? {
        guard let calls = windowCalls, let failed = row[.windowFailed], calls > 0 else { return nil }
        return (failed, calls)
    }

    /// Failed and finished calls in the window; of an open circuit, whose window is empty, those that opened it.
    package var failures: (failed: Int64, calls: Int64)? {
        if let window { return window }
        guard row.state == .open else { return nil }
        let trips = [outageTrip, description.trip].compactMap { $0 }
        return trips.lazy.compactMap { trip in
            trip.calls.flatMap { calls in trip.failed.flatMap { calls > 0 ? ($0, calls) : nil } }
        }.first
    }

    /// Failures over calls, as ``failures`` tells them; what a forced circuit counted before is past.
    package var failureRatio: Double? {
        if case .forced = standing, window == nil { return nil }
        return failures.map { Double($0.failed) / Double($0.calls) }
    }

    /// How long ago an instant of the service's monotonic clock was; negative = it lies ahead.
    package func age(of moment: Milliseconds?) -> Milliseconds? {
        guard let moment, let up else { return nil }
        return up.saturatingDifference(moment)
    }

    /// The wall-clock time, in milliseconds since 1970, of an instant of the service's monotonic clock.
    package func wallClock(of moment: Milliseconds) -> Milliseconds? { instance.clock?.wallClock(ofUp: moment) }
}

extension FleetModel {
    /// All circuits that a query lets through, in no particular order.
    package func circuits(matching query: CircuitQuery = CircuitQuery()) -> [CircuitView] {
        var views: [CircuitView] = []
        for instance in instances.values {
            let place = view(of: instance)
            for circuit in instance.circuits.values {
                let view = view(of: circuit, in: instance, place)
                if query.matches(view) { views.append(view) }
            }
        }
        return views
    }

    /// One circuit; `nil` when it is not there any more.
    package func circuit(_ key: CircuitKey) -> CircuitView? {
        guard let instance = instances[key.instance], let circuit = instance.circuits[key.id] else { return nil }
        return view(of: circuit, in: instance, view(of: instance))
    }

    func view(of circuit: Boxed<Circuit>, in instance: Instance, _ place: InstanceView) -> CircuitView {
        CircuitView(
            circuit,
            instance: place,
            standing: standing(of: circuit.value, in: place),
            isOverrideLost: instance.hasLost(circuit.value, at: now.up),
            isDescriptionOutdated: place.up.map { circuit.value.isDescriptionOutdated(up: $0) } ?? false
        )
    }
}
