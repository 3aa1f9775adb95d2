// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// When something began, on the monitor's monotonic clock: as exactly as it is known.
package struct Onset: Sendable, Hashable {
    /// `nil` = nobody can say how early.
    package var earliest: Milliseconds?
    package var latest: Milliseconds

    /// What two services tell may be apart by this much though it happened at once: they are sampled.
    package static let tolerance: Milliseconds = 2_000

    package var isExact: Bool { earliest == latest }

    /// The earlier one of two, as far as it is known.
    func joined(with other: Onset) -> Onset {
        let earliest = earliest.flatMap { mine in other.earliest.map { min(mine, $0) } }
        return Onset(earliest: earliest, latest: min(latest, other.latest))
    }

    /// Whether it was surely not later, but for the tolerance.
    func isNoLater(than other: Onset) -> Bool {
        other.earliest.map { latest <= $0.saturatingSum(Self.tolerance) } ?? false
    }

    /// Whether it was surely later, by more than the tolerance.
    func isClearlyAfter(_ other: Onset) -> Bool {
        earliest.map { $0 > other.latest.saturatingSum(Self.tolerance) } ?? false
    }
}

/// What is known of an edge's failing.
package struct EdgeFault: Sendable, Hashable {
    /// When the first of its outages began that still go on.
    package fileprivate(set) var onset: Onset
    /// How many circuits fail.
    package fileprivate(set) var circuits = 1
    /// What was counted where it began first.
    package fileprivate(set) var trip: Trip?
    /// The failures of the window and its calls, where no trip is known.
    package fileprivate(set) var window: Trip?
    /// Whether every one that fails is forced open, so that calls fail no more: they are refused.
    package fileprivate(set) var isHeld: Bool

    /// - Returns: `nil` unless the circuit is known to be open, half-open or failing now.
    init?(_ view: CircuitView, at now: Milliseconds) {
        guard let state = view.failingState, let up = view.up else { return nil }
        // It fails though it is closed: since when is not told, but not since before it closed.
        let began = view.outageBegin ?? (view.circuit.row[.stateSince], up)
        func moment(_ instant: Milliseconds) -> Milliseconds {
            now.saturatingDifference(max(0, up.saturatingDifference(instant)))
        }
        if case .forced(.forcedOpen, _) = view.standing { isHeld = true } else { isHeld = false }
        onset = Onset(earliest: began.earliest.map(moment), latest: moment(began.latest))
        if let (failed, calls) = view.window {
            window = Trip(at: up, rule: view.circuit.description.rule.name, calls: calls, failed: failed)
        }
        // What a failed probe saw is a few calls; the trip out of closed is what people mean.
        if state != .closed { trip = view.outageTrip }
    }

    func joined(with other: EdgeFault) -> EdgeFault {
        var joined = other.onset.latest < onset.latest ? other : self
        joined.circuits = circuits + other.circuits
        joined.onset = onset.joined(with: other.onset)
        joined.isHeld = isHeld && other.isHeld
        joined.trip = joined.trip ?? trip ?? other.trip
        return joined
    }
}

extension CircuitView {
    /// The calculated state, if calls fail now; a forced open one fails only if it did so before.
    fileprivate var failingState: CircuitState? {
        switch standing {
        case .calculated(.closed), .forced(_, .closed): isOverThreshold ? .closed : nil
        case .calculated(.halfOpen), .forced(_, .halfOpen): isProbedWithoutFailure ? nil : .halfOpen
        case .calculated(let state): state
        case .forced(_, let state): state
        case .stale, .stopped: nil
        }
    }

    /// Whether it probes only because a force was cleared: nothing has failed since it was closed.
    private var isProbedWithoutFailure: Bool {
        guard let begin = circuit.row[.outageSince] else { return false }
        guard let trip = circuit.description.trip else { return circuit.row[.opened] == 0 }
        return trip.at < begin
    }

    /// Whether a fallback answered in place of calls that failed or were refused, and never failed itself.
    var isAnsweredByFallback: Bool { circuit.row[.fallbacks] ?? 0 > 0 && circuit.row[.fallbacksFailed] == 0 }

    /// Whether its rule's limit is reached, with as many calls as the rule asks for.
    private var isOverThreshold: Bool {
        let rule = circuit.description.rule
        // What a forced open circuit counted before is no news.
        if case .forced(.forcedOpen, _) = standing { return false }
        guard let threshold = rule.threshold, threshold > 0 else { return false }
        if rule.name == RuleDescription.consecutiveFailures {
            return (circuit.row[.consecutiveFailed] ?? 0) >= threshold
        }
        guard rule.name == RuleDescription.failureRatio, let window else { return false }
        let ratio = Double(window.failed) / Double(window.calls)
        return window.calls >= (rule.minimumCalls ?? 1) && ratio * 1_000 >= Double(threshold)
    }
}

/// An outage that is over, on the monitor's monotonic clock.
package struct PastOutage: Sendable, Hashable {
    package let onset: Onset
    package let end: Milliseconds

    /// - Returns: `nil` unless the circuit is closed now, and both ends of its last outage are among what is kept.
    init?(_ view: CircuitView, at now: Milliseconds) {
        guard view.standing == .calculated(.closed), let up = view.up else { return nil }
        var end: Milliseconds?
        for transition in view.circuit.transitions.reversed() {
            guard case .state(let change) = transition.kind else { continue }
            if end == nil, change.to == .closed { end = transition.at.up }
            guard let end, change.from == .closed else { continue }
            func moment(_ instant: Milliseconds) -> Milliseconds {
                now.saturatingDifference(max(0, up.saturatingDifference(instant)))
            }
            onset = Onset(earliest: moment(transition.at.up), latest: moment(transition.at.up))
            self.end = moment(end)
            return
        }
        return nil
    }
}

/// What is known of an edge's being forced open.
package struct EdgeForce: Sendable, Hashable {
    package fileprivate(set) var onset: Onset
    package fileprivate(set) var circuits = 1
    /// Who forced it first.
    package fileprivate(set) var owner: String
    package fileprivate(set) var reason: String

    init?(_ view: CircuitView, at now: Milliseconds) {
        guard case .forced(.forcedOpen, _) = view.standing else { return nil }
        let slot = view.circuit.description.override
        let since = view.age(of: slot.since).map { now.saturatingDifference(max(0, $0)) }
        onset = Onset(earliest: since, latest: since ?? now)
        owner = slot.author
        reason = slot.reason
    }

    func joined(with other: EdgeForce) -> EdgeForce {
        var joined = other.onset.latest < onset.latest ? other : self
        joined.circuits = circuits + other.circuits
        joined.onset = onset.joined(with: other.onset)
        return joined
    }
}
