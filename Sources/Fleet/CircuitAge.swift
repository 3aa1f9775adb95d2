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

    /// What it counted as it left closed, where that is known: what a failed probe saw later is a few calls. Of a closed
    /// circuit that of the last outage; `nil` where nothing is known of this one.
    package var outageTrip: Trip? { circuit.outageTrip }

    /// Whether it opened again since ``outageTrip``, as after a failed probe, and by what.
    package var laterTrip: Trip? {
        guard let first = outageTrip, let last = description.trip, last.at > first.at else { return nil }
        return last
    }

    /// Whether it left closed only because a force was cleared or ended: then a probe is all that there was to fail.
    package var isProbedAfterForce: Bool { row.state != .closed && circuit.isOutageByClear }
}

extension Circuit {
    /// What two instants of one process may be apart that tell of the same moment, in milliseconds.
    private static let sameMoment: Milliseconds = 1_000

    /// When the outage began of which something may be known: the present one or, while it is closed, the last.
    private var outageStart: Milliseconds? { (row.state == .closed ? nil : row[.outageSince]) ?? leftClosed?.at }

    /// As of ``CircuitView/outageTrip``.
    var outageTrip: Trip? {
        // Of one trip the description tells more.
        let isSame = firstTrip?.at == description.trip?.at
        let trips = [isSame ? nil : firstTrip, description.trip].compactMap(\.self)
        guard let start = outageStart else { return trips.first }
        // That of an outage before says nothing of this one.
        let own = trips.first { $0.at.saturatingSum(Self.sameMoment) >= start }
        return own ?? (row.state != .closed && isOutageByClear ? nil : description.trip)
    }

    fileprivate var isOutageByClear: Bool {
        guard let leftClosed, let start = outageStart, leftClosed.cause == .clear else { return false }
        return leftClosed.at.saturatingSum(Self.sameMoment) >= start
    }

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
