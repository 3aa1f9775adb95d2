// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// A circuit breaker without lock, clock or listener: time comes in, decisions and changes go out.
///
/// All times are readings of a monotonic clock in nanoseconds; one that is older than the last is taken as the last.
struct CircuitBreakerStateMachine: Sendable {
    /// The part of the configuration that decides.
    struct Settings: Sendable {
        var rule: Rule
        var openFor: UInt64
        var probeLimit: Int64
        var probeNeed: Int64
    }

    /// Proof of an admission, to be handed back with the call's end exactly once.
    struct Ticket: Sendable {
        let generation: Int64
        let isProbe: Bool
        let started: UInt64
    }

    enum Admission: Sendable {
        case admitted(Ticket)
        /// `retryAfter` is in nanoseconds; `nil` when nobody knows.
        case refused(ResilienceError.Code, retryAfter: UInt64?)
    }

    /// How a call ended.
    enum Ending: Sendable {
        case succeeded
        case failed(ErrorNote, timedOut: Bool)
        case ignored
    }

    /// Cumulative figures; they fall never, not even by a reset.
    struct Totals: Sendable, Hashable {
        var calls: Int64 = 0
        var ok: Int64 = 0
        var failed: Int64 = 0
        var timeouts: Int64 = 0
        var ignored: Int64 = 0
        var late: Int64 = 0
        var rejected: Int64 = 0
        var rejectedForced: Int64 = 0
        var opened: Int64 = 0
    }

    let settings: Settings
    let origin: UInt64
    var clock: UInt64
    private(set) var state = CircuitState.closed
    private(set) var since: UInt64
    /// When the state left closed, whatever it was since; `nil` while it is closed.
    private(set) var outageSince: UInt64?
    private(set) var generation: Int64 = 1
    private(set) var openUntil: UInt64 = 0
    private(set) var totals = Totals()
    private(set) var inFlight: Int64 = 0
    private(set) var probesInFlight: Int64 = 0
    private(set) var probesOk: Int64 = 0
    private(set) var consecutiveFailed: Int64 = 0
    private(set) var lastCall: UInt64?
    private(set) var trip: Trip?
    private(set) var window: RollingWindow?
    private(set) var latencies = RecentLatencies()
    private(set) var latencyCounts = LatencyCounts()
    private var errors = RecentErrors()
    var slot = OverrideSlot()

    /// - Parameters:
    ///   - settings: What decides.
    ///   - origin: The clock's reading at boot: what `up_ms` counts from.
    ///   - now: The clock's reading.
    init(settings: Settings, origin: UInt64, now: UInt64) {
        self.settings = settings
        self.origin = origin
        clock = now
        since = now
        window = settings.rule.makeWindow()
    }

    // MARK: Calls

    /// Decides about a call that arrives.
    mutating func admit(at reading: UInt64) -> (admission: Admission, changes: [Event.Kind]) {
        let now = tick(reading)
        var changes = expire(at: now)
        lastCall = now
        if slot.mode == .forcedOpen {
            totals.rejectedForced += 1
            return (.refused(.forcedOpen, retryAfter: slot.until.map { $0 - now }), changes)
        }
        if state == .open, now >= openUntil { begin(.halfOpen, because: .timer, at: now, into: &changes) }
        let passesAnyway = slot.mode == .forcedClosed
        switch state {
        case .closed:
            return (.admitted(issue(isProbe: false, at: now)), changes)
        case .open where !passesAnyway:
            totals.rejected += 1
            return (.refused(.rejected, retryAfter: openUntil - now), changes)
        case .halfOpen where probesInFlight >= settings.probeLimit && !passesAnyway:
            totals.rejected += 1
            return (.refused(.tooManyProbes, retryAfter: nil), changes)
        case .open, .halfOpen:
            let isProbe = state == .halfOpen && probesInFlight < settings.probeLimit
            return (.admitted(issue(isProbe: isProbe, at: now)), changes)
        }
    }

    /// Takes a call's end, and decides by it unless it comes from an older generation or the state is frozen.
    mutating func finish(_ ticket: Ticket, _ ending: Ending, at reading: UInt64) -> [Event.Kind] {
        let now = tick(reading)
        inFlight -= 1
        guard ticket.generation == generation else {
            totals.late += 1
            return []
        }
        if ticket.isProbe { probesInFlight -= 1 }
        count(ending, took: now.subtractingSaturated(ticket.started))
        // A forced open freezes the calculated state: results are facts, but they decide nothing.
        guard slot.mode != .forcedOpen else { return [] }
        var changes: [Event.Kind] = []
        switch ending {
        case .ignored:
            break
        case .succeeded:
            consecutiveFailed = 0
            if ticket.isProbe { recordProbe(ticket, error: nil, at: now, into: &changes) }
            succeeded(ticket, at: now, into: &changes)
        case .failed(let note, _):
            consecutiveFailed += 1
            errors.record(note, at: now)
            if ticket.isProbe { recordProbe(ticket, error: note.message, at: now, into: &changes) }
            failed(ticket, at: now, into: &changes)
        }
        return changes
    }

    private mutating func issue(isProbe: Bool, at now: UInt64) -> Ticket {
        totals.calls += 1
        inFlight += 1
        if isProbe { probesInFlight += 1 }
        return Ticket(generation: generation, isProbe: isProbe, started: now)
    }

    private mutating func count(_ ending: Ending, took nanoseconds: UInt64) {
        switch ending {
        case .succeeded: totals.ok += 1
        case .failed(_, let timedOut):
            totals.failed += 1
            if timedOut { totals.timeouts += 1 }
        case .ignored:
            totals.ignored += 1
            return
        }
        let microseconds = Int64(clamping: nanoseconds / 1_000)
        latencies.record(microseconds: microseconds)
        latencyCounts.record(microseconds: microseconds)
    }

    private mutating func succeeded(_ ticket: Ticket, at now: UInt64, into changes: inout [Event.Kind]) {
        switch state {
        case .closed:
            window?.record(failed: false, at: now)
        case .halfOpen where ticket.isProbe:
            probesOk += 1
            if probesOk >= settings.probeNeed { begin(.closed, because: .probeOk, at: now, into: &changes) }
        case .halfOpen, .open:
            // Let through by a forced closed beside the probes: it decides nothing.
            break
        }
    }

    private mutating func failed(_ ticket: Ticket, at now: UInt64, into changes: inout [Event.Kind]) {
        switch state {
        case .closed:
            window?.record(failed: true, at: now)
            let counts = window?.counts(at: now)
            guard settings.rule.fires(window: counts, consecutiveFailed: consecutiveFailed) else { return }
            let rule = settings.rule.description
            trip = Trip(
                at: up(now), rule: rule.name, calls: counts?.calls, failed: counts?.failed,
                consecutiveFailed: consecutiveFailed, threshold: rule.threshold,
                errors: errors.summary(since: settings.rule.memory.map { now.subtractingSaturated($0) } ?? 0))
            begin(.open, because: .rule, at: now, into: &changes)
        case .halfOpen where ticket.isProbe:
            trip = Trip(
                at: up(now), rule: StateChange.Cause.probeFailed.rawValue, calls: probesOk + 1, failed: 1,
                consecutiveFailed: consecutiveFailed, errors: errors.summary(since: since))
            begin(.open, because: .probeFailed, at: now, into: &changes)
        case .halfOpen, .open:
            break
        }
    }

    private func recordProbe(
        _ ticket: Ticket, error: String?, at now: UInt64, into changes: inout [Event.Kind]
    ) {
        let took = Int64(clamping: now.subtractingSaturated(ticket.started) / 1_000)
        changes.append(.probe(ProbeRecord(ok: error == nil, microseconds: took, error: error)))
    }

    // MARK: States

    /// Begins a new generation: empty window, no probes. An event says so only where the state changes by it.
    mutating func begin(
        _ next: CircuitState, because cause: StateChange.Cause, at now: UInt64, into changes: inout [Event.Kind]
    ) {
        let previous = state
        state = next
        since = now
        outageSince = next == .closed ? nil : outageSince ?? now
        generation += 1
        probesInFlight = 0
        probesOk = 0
        window?.clear()
        errors.clear()
        if next == .open {
            openUntil = now.addingSaturated(settings.openFor)
            totals.opened += 1
        }
        guard previous != next else { return }
        changes.append(
            .state(
                StateChange(
                    from: previous, to: next, generation: generation, cause: cause, trip: next == .open ? trip : nil)))
    }

    /// Forgets failures in a row, as a reset does.
    mutating func forgetFailures() {
        consecutiveFailed = 0
    }

    // MARK: Time

    /// The reading, or the last one where the clock went back.
    mutating func tick(_ reading: UInt64) -> UInt64 {
        clock = max(clock, reading)
        return clock
    }

    /// A reading in milliseconds since boot.
    func up(_ reading: UInt64) -> Milliseconds {
        Milliseconds(clamping: reading.subtractingSaturated(origin) / 1_000_000)
    }
}
