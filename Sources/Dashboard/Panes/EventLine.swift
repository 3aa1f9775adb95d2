// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension FleetEvent {
    /// Whether it changes the picture. A call that gave up does not: under load there are many, and the table counts them.
    var isNews: Bool {
        switch kind {
        case .told(.retryExhausted): false
        case .told(.suppressed(let kind, _)): kind != "retry_exhausted" && kind != "probe"
        default: true
        }
    }
}

extension FleetEvent {
    /// Whether there are many of its kind where calls fail: probes, and calls that gave up.
    var isFrequent: Bool {
        switch kind {
        case .told(.probe), .told(.retryExhausted): true
        case .told(.suppressed(let kind, _)): kind == "retry_exhausted" || kind == "probe"
        default: false
        }
    }
}

/// An event as a line: when, where, what, why.
struct EventLine {
    let event: FleetEvent
    let theme: Theme
    let clock: WallClock
    /// The columns of each text that it quotes, at most.
    var limit = 400
    /// Whether it is in a list of events of one circuit, of which it is known where they happened and why it opened.
    var isInCircuit = false
    /// How many calls gave up, where the line stands for several, and in which time.
    var repeats: (count: Int64, time: Milliseconds)?

    var spans: [Span] {
        if isInCircuit { return [Span("\(clock.time(event.t))  ", theme.quiet)] + what }
        return [Span(" \(clock.time(event.t))  ", theme.quiet), Span(place.padded(toColumns: 28) + " ", theme.plain)]
            + what
    }

    var place: String {
        let service = event.instance.isEmpty || event.instance == event.service ? event.service : event.instance
        return (event.circuit.map { "\(service)/\($0)" } ?? service).sanitizedForDisplay(maxColumns: 28)
    }

    private func clean(_ text: String) -> String { text.sanitizedForDisplay(maxColumns: limit) }

    var what: [Span] {
        switch event.kind {
        case .told(let kind): told(kind)
        case .lost(let reason): [Span("LOST  ", theme.alarm), Span(clean(reason), theme.plain)]
        case .stopped(let reason): [Span("stopped  ", theme.attention), Span(clean(reason), theme.plain)]
        case .appeared: [Span("publishes", theme.good)]
        case .restarted: [Span("restarted: a new process", theme.attention)]
        case .overrideLost(let slot):
            [Span("OVERRIDE LOST", theme.alarm), Span(" by the restart: \(word(slot))\(details(slot))", theme.plain)]
        case .twin: [Span("TWIN  ", theme.alarm), Span("another live process has this service and instance name")]
        case .unreadable(let complaint): [Span("UNREADABLE  ", theme.alarm), Span(clean(complaint), theme.plain)]
        case .tooMany(let limit):
            [Span("TOO MANY  ", theme.alarm), Span("circuits beyond \(Format.count(Int64(limit))) are not shown")]
        case .gap(let count):
            [Span("GAP  ", theme.attention), Span("\(Format.count(count)) events were lost on the way")]
        }
    }

    private func told(_ kind: Event.Kind) -> [Span] {
        switch kind {
        case .state(let change): state(change)
        case .override(let change): override(change)
        case .command(let record): command(record)
        case .probe(let record): probe(record)
        case .retryExhausted(let attempts, let error):
            [
                Span("gave up after \(attempts) attempts", theme.plain),
                Span(repeats.map { "  ×\(Format.count($0.count)) in \(Format.duration($0.time))" } ?? "", theme.title),
                Span(error.map { "  " + clean($0) } ?? "", theme.quiet),
            ]
        case .config: [Span("configuration changed", theme.plain)]
        case .suppressed("retry_exhausted", let count):
            [Span("\(Format.count(repeats?.count ?? count)) more calls gave up", theme.quiet)]
        case .suppressed(let kind, let count):
            [Span("\(Format.count(count)) more \(clean(kind)) events left out", theme.quiet)]
        }
    }

    private func state(_ change: StateChange) -> [Span] {
        let reason = change.trip.map { clean($0.sentence(RuleDescription(name: $0.rule))) } ?? change.cause.words
        let errors = change.trip?.errors.first.map { ", \(clean($0.message.isEmpty ? $0.type : $0.message))" } ?? ""
        let first = isInCircuit ? nil : event.firstTrip.map { "; first: \(clean($0.figures))" }
        return [
            Span("\(change.from.word) → ", theme.plain), Span(change.to.word, theme.style(change.to)),
            Span("  \(reason)\(errors)\(first ?? "")", theme.quiet),
        ]
    }

    private func override(_ change: OverrideChange) -> [Span] {
        let slot = change.to
        guard slot.mode != .none else {
            let why = change.cause == .expiry ? "its time is over" : clean(slot.principal)
            return [Span("override ended", theme.forced), Span("  \(why)", theme.quiet)]
        }
        // Whose it is stands beside the force, not beside the restart.
        let (again, after) = change.cause == .restored ? (" again", "; kept over the restart") : ("", "")
        return [Span(word(slot).uppercased() + again, theme.forced), Span("\(details(slot))\(after)", theme.quiet)]
    }

    private func word(_ slot: CircuitOverride) -> String { slot.mode == .forcedOpen ? "forced open" : "forced closed" }

    /// Until when, by whom and why; what must not be cut off comes first.
    private func details(_ slot: CircuitOverride) -> String {
        let reason = slot.reason.isEmpty ? "" : ": “\(clean(slot.reason))”"
        return " \(end) by \(clean(slot.author))\(reason)"
    }

    private var end: String {
        guard let end = event.overrideEnd else { return "until cleared" }
        let left = end.saturatingDifference(event.t)
        // Beyond a day the time of day alone would mislead.
        return left < 86_400_000 ? "until \(clock.time(end))" : "for \(Format.duration(left))"
    }

    private func command(_ record: CommandRecord) -> [Span] {
        let what = Span("\(record.action.title.lowercased()) by \(clean(record.author))", theme.plain)
        let outcome = record.refusal.map { Span("  refused: \(clean($0.rawValue))", theme.alarm) }
        let reason = record.reason.isEmpty ? "" : "  “\(clean(record.reason))”"
        return [what, outcome ?? Span("  done", theme.good), Span(reason, theme.quiet)]
    }

    private func probe(_ record: ProbeRecord) -> [Span] {
        let time = Format.latency(microseconds: record.microseconds)
        if record.ok { return [Span("probe ok", theme.good), Span("  after \(time)", theme.quiet)] }
        return [
            Span("probe failed", theme.alarm), Span(" after \(time)  \(record.error.map(clean) ?? "")", theme.quiet),
        ]
    }
}
