// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// How long something has been so.
package struct CircuitAge: Sendable, Hashable {
    /// In milliseconds, 0 or more.
    package let span: Milliseconds
    /// Whether it may be longer: when it began is not known.
    package let isAtLeast: Bool

    package init(span: Milliseconds, isAtLeast: Bool = false) {
        self.span = max(0, span)
        self.isAtLeast = isAtLeast
    }
}

extension CircuitView {
    /// How long the circuit has been as it stands, in the sense of every `FOR`.
    ///
    /// An open or half-open one: since it was last closed, whatever its probes did meanwhile. A forced one: since the
    /// force was laid over it. A silent one: since it was last heard. `nil` = not known.
    package var age: CircuitAge? {
        switch standing {
        case .stale, .stopped: CircuitAge(span: silence)
        case .forced: age(of: description.override.since).map { CircuitAge(span: $0) }
        case .calculated(.closed): age(of: row[.stateSince]).map { CircuitAge(span: $0) }
        case .calculated: outageAge
        }
    }

    /// How long the calculated state has not been closed; `nil` while it is, or nobody knows.
    package var outageAge: CircuitAge? {
        guard let begin = outageBegin, let age = age(of: begin.latest) else { return nil }
        return CircuitAge(span: age, isAtLeast: begin.earliest != begin.latest)
    }

    /// When the calculated state left closed, on the service's clock, between two instants; `nil` while it is closed, or
    /// nobody knows what it is. `earliest` is `nil` where nobody can say how early.
    var outageBegin: (earliest: Milliseconds?, latest: Milliseconds)? {
        guard let state = row.state, state != .closed, let up else { return nil }
        if let told = row[.outageSince] ?? circuit.tripOutOfClosed { return (told, told) }
        let since = row[.stateSince]
        // Only out of closed does its rule fire.
        if let trip = description.trip, trip.rule == description.rule.name, trip.at <= since ?? up {
            return (trip.at, trip.at)
        }
        // Half-open comes after open, and open may come after half-open.
        return (nil, min(since ?? up, description.trip?.at ?? up))
    }

    /// When the calculated state left closed, by the clock on the service's wall; `nil` where that is not known.
    package var outageWallClock: Milliseconds? {
        guard let begin = outageBegin, begin.earliest == begin.latest else { return nil }
        return wallClock(of: begin.latest)
    }

    /// What it counted as it left closed, where that is known: what a failed probe saw later is a few calls.
    package var outageTrip: Trip? {
        guard let first = circuit.firstTrip else { return description.trip }
        // That of an outage before says nothing of this one.
        let isOld = row[.outageSince].map { $0 > circuit.firstTripAt ?? .min } ?? false
        return isOld ? description.trip : first
    }
}

extension Circuit {
    /// The transition out of closed since it last was closed; `nil` when that is not among what is kept.
    fileprivate var tripOutOfClosed: Milliseconds? {
        for transition in transitions.reversed() {
            guard case .state(let change) = transition.kind else { continue }
            if change.to == .closed { return nil }
            if change.from == .closed { return transition.at.up }
        }
        return nil
    }
}
