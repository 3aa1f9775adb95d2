// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// A circuit as the monitor knows it: what it is, its newest figures and their rates.
package struct Circuit: Sendable {
    package let key: CircuitKey
    package var description: CircuitDescription
    /// The newest row; everything but its id is unknown until one came.
    package var row: CircuitRow
    /// When it came, on the service's monotonic clock: one comes when something changed.
    private(set) var rowUp: Milliseconds?
    package var rates = RateWindow()
    package private(set) var history = CircuitHistory()
    private(set) var openingCounts = OpeningCounts()
    /// The counters as of the first row that showed the present override: what came since is the override's effect.
    private var overrideBase: OverrideBase?
    /// Calculated transitions of the last ``maximumTransitions``, newest last.
    package private(set) var transitions: [Event] = []

    /// How long calls took; `nil` while nobody asked for it or nothing came.
    package var latency: CircuitLatency?
    /// The resumption of its instance in which it was last described.
    var toldIn = 0
    /// Since when the rows tell of an override that the description does not know, on the service's monotonic clock.
    private var contradictedSince: Milliseconds?
    /// The bytes that the newest description took on the wire.
    private var descriptionWeight: Int
    /// The same of each of ``transitions``, and of the events of which something is kept besides.
    private var transitionWeights: [Int] = []
    private var firstTripWeight = 0
    private var foreseenWeight = (trip: 0, override: 0)

    /// The bytes on the wire of all that is kept of them.
    var weight: Int {
        let events = transitionWeights.reduce(firstTripWeight + foreseenWeight.trip + foreseenWeight.override, +)
        return descriptionWeight + events
    }

    /// What the circuit counted when its rule fired the last time, as an event told it, or else a description, then without
    /// errors; later trips may only say that a probe failed.
    package private(set) var firstTrip: Trip?
    /// When the circuit left closed the last time, on the service's monotonic clock, as told by an event; and why.
    private(set) var leftClosed: (at: Milliseconds, cause: StateChange.Cause)?

    package static let maximumTransitions = 32

    package init(key: CircuitKey, description: CircuitDescription, weight: Int = 0) {
        self.key = key
        self.description = description
        descriptionWeight = weight
        row = CircuitRow(id: description.id)
        rememberTrip()
    }

    /// Takes the newest row.
    package mutating func take(_ row: CircuitRow, up: Milliseconds) {
        if overrideBase?.revision != row[.overrideRevision] { overrideBase = OverrideBase(row) }
        self.row = row
        rowUp = up
        let counts = RateWindow.Counts(row)
        rates.record(counts, up: up)
        history.record(counts, of: row, up: up, window: description.rule.window)
        openingCounts.record(row[.opened], up: up)
        contradictedSince = isBehindRow ? contradictedSince ?? up : nil
    }

    /// Takes a new description.
    package mutating func describe(_ description: CircuitDescription, weight: Int = 0) {
        self.description = description
        descriptionWeight = weight
        foreseenWeight = (0, 0)
        rememberTrip()
        if !isBehindRow { contradictedSince = nil }
    }

    private mutating func rememberTrip() {
        guard var trip = description.trip, trip.rule == description.rule.name, trip.at > firstTrip?.at ?? .min else {
            return
        }
        // They are in the description as long as that lasts, and are bounded there.
        trip.errors = []
        (firstTrip, firstTripWeight) = (trip, 0)
    }

    /// How long the description may be behind the rows before that means something, in milliseconds.
    static let descriptionGrace: Milliseconds = 2_000

    /// Whether the description is out of date: its rows have told of a later override for a while, so the newer
    /// description was lost or could not be read.
    package func isDescriptionOutdated(up: Milliseconds) -> Bool {
        contradictedSince.map { up.saturatingDifference($0) > Self.descriptionGrace } ?? false
    }

    private var isBehindRow: Bool {
        row[.overrideRevision].map { $0 > description.override.revision } ?? false
    }

    /// Starts rates and recent latencies anew.
    package mutating func forgetRecent() {
        rates = RateWindow()
        history.interrupt()
        openingCounts = OpeningCounts()
        latency = nil
    }

    private struct OverrideBase {
        var revision: Int64?
        var calls: Int64?
        var refused: Int64?

        init(_ row: CircuitRow) {
            revision = row[.overrideRevision]
            calls = row[.calls]
            refused = row[.rejectedForced]
        }
    }

    /// Calls admitted and calls refused by force since the present override was first seen.
    package var overrideEffect: (admitted: Int64, refused: Int64)? {
        // An event may tell of it before a row does: then nothing was counted under it yet.
        guard let base = overrideBase, base.revision == row[.overrideRevision], let calls = row[.calls],
            let before = base.calls,
            let refused = row[.rejectedForced], let refusedBefore = base.refused
        else { return nil }
        return (calls.saturatingDifference(before), refused.saturatingDifference(refusedBefore))
    }

    /// Puts an event's effect into the row at once; the next sample says the same, later.
    package mutating func foresee(_ event: Event, weight: Int = 0) {
        switch event.kind {
        case .state(let change):
            guard change.generation >= row[.generation] ?? 0 else { return }
            if row.state != change.to {
                // What was counted belongs to the state before.
                for field in [Field.windowCalls, .windowFailed, .windowSlow, .probesOk] { row[field] = nil }
                if change.to == .open { row[.opened] = row[.opened]?.saturatingSum(1) }
            }
            row.state = change.to
            row[.stateSince] = event.at.up
            row[.generation] = change.generation
            row[.outageSince] = change.to == .closed ? nil : change.from == .closed ? event.at.up : row[.outageSince]
            if let trip = change.trip { (description.trip, foreseenWeight.trip) = (trip, weight) }
            row[.openUntil] = change.to == .open ? description.openTime.map(event.at.up.saturatingSum) : nil
        case .override(let change):
            guard change.to.revision >= row[.overrideRevision] ?? 0 else { return }
            row.overrideMode = change.to.mode
            row[.overrideRevision] = change.to.revision
            (description.override, foreseenWeight.override) = (change.to, weight)
            contradictedSince = nil
        default: break
        }
    }

    /// Keeps a transition, unless a reconnect replays one that is known.
    package mutating func remember(_ transition: Event, weight: Int = 0) {
        if let last = transitions.last, transition.seq <= last.seq { return }
        transitions.append(transition)
        transitionWeights.append(weight)
        if case .state(let change) = transition.kind, change.from == .closed {
            leftClosed = (min(transition.at.up, change.trip?.at ?? .max), change.cause)
            if let trip = change.trip, trip.at >= firstTrip?.at ?? .min {
                (firstTrip, firstTripWeight) = (trip, weight)
            }
        }
        if transitions.count > Self.maximumTransitions {
            transitions.removeFirst()
            transitionWeights.removeFirst()
        }
    }
}

extension Circuit {
    /// All but what a service says to whoever connects: the description and the row.
    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        try memento.exchange(&rowUp)
        try rates.exchange(with: &memento)
        try history.exchange(with: &memento)
        try openingCounts.exchange(with: &memento)
        try memento.exchange(&overrideBase, blank: OverrideBase(row)) { (base, memento) throws(MementoError) in
            try memento.exchange(&base.revision)
            try memento.exchange(&base.calls)
            try memento.exchange(&base.refused)
        }
        try exchangeTransitions(with: &memento)
        try memento.exchange(&toldIn, in: 0...Int(Int32.max))
        try memento.exchange(&contradictedSince)
        for weight in [
            \Self.descriptionWeight, \.firstTripWeight, \.foreseenWeight.trip, \.foreseenWeight.override,
        ] {
            try memento.exchange(&self[keyPath: weight], in: 0...Instance.maximumWeight)
        }
        try memento.exchange(&latency, blank: CircuitLatency(LatencyHistogram(), up: 0)) {
            (latency, memento) throws(MementoError) in
            try latency.exchange(with: &memento)
        }
    }

    private mutating func exchangeTransitions(with memento: inout Memento) throws(MementoError) {
        try memento.exchange(&transitions, atMost: Self.maximumTransitions, blank: .blank) {
            (event, memento) throws(MementoError) in
            try event.exchange(with: &memento)
        }
        if memento.isRead { transitionWeights = transitions.map { _ in 0 } }
        for index in transitionWeights.indices {
            try memento.exchange(&transitionWeights[index], in: 0...Instance.maximumWeight)
        }
        try memento.exchange(&firstTrip, blank: .blank) { (trip, memento) throws(MementoError) in
            try trip.exchange(with: &memento)
        }
        try memento.exchange(&leftClosed, blank: (at: 0, cause: .rule)) { (change, memento) throws(MementoError) in
            try memento.exchange(&change.at)
            try memento.exchange(choice: &change.cause)
        }
    }
}
