// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
package import Canvas
package import Fleet

/// A column of the circuit table: all that there is to say about it in one value.
package struct Column: Sendable {
    package let title: String
    package let help: String
    package let layout: ColumnLayout.Column
    package let alignment: Alignment
    /// Its text for a circuit in so many columns.
    package let cell: @Sendable (CircuitView, _ width: Int, Theme) -> [Span]

    /// Every column from left to right. A column is one value here; layout, header and help derive from it.
    package static let all: [Column] = [
        Column(
            title: "STATE", help: "override first, the calculated state beside it in brackets",
            layout: .init(minimum: 17, ideal: 24, priority: 100), alignment: .leading, cell: state
        ),
        Column(
            title: "SERVICE", help: "the service, with its instance where that has another name",
            layout: .init(minimum: 9, ideal: 16, priority: 98), alignment: .leading, cell: service
        ),
        Column(
            title: "CIRCUIT", help: "the circuit's name",
            layout: .init(minimum: 12, ideal: 20, flexible: true, priority: 101), alignment: .leading,
            cell: { view, width, theme in [Span(view.key.name.sanitizedForDisplay(maxColumns: width), theme.plain)] }
        ),
        Column(
            title: "FAILURES",
            help: "failed of finished calls in the window; <N: too few to trip, it needs N",
            layout: .init(minimum: 11, ideal: 18, priority: 97), alignment: .leading, cell: ratio
        ),
        Column(
            title: "RATIO", help: "the failure ratio as a bar, with a mark at the threshold",
            layout: .init(minimum: 8, ideal: 10, priority: 50), alignment: .leading, cell: bar
        ),
        Column(
            title: "TRIPS AT", help: "what opens the circuit",
            layout: .init(minimum: 8, ideal: 8, priority: 75), alignment: .leading,
            cell: { view, _, theme in [Span(view.description.rule.shortText, theme.quiet)] }
        ),
        Column(
            title: "CALLS/s", help: "calls admitted a second, over 3 s",
            layout: .init(minimum: 7, priority: 90), alignment: .trailing,
            cell: { view, _, theme in rate(view.rate(of: \.calls), theme.plain, theme) }
        ),
        Column(
            title: "REJECT/s", help: "calls rejected a second, by the state or by an override",
            layout: .init(minimum: 8, priority: 89), alignment: .trailing,
            cell: { view, _, theme in rate(view.rate(of: \.rejected), theme.alarm, theme) }
        ),
        Column(
            title: "RETRY/s", help: "attempts after the first a second",
            layout: .init(minimum: 7, priority: 70), alignment: .trailing,
            cell: { view, _, theme in rate(view.rate(of: \.retries), theme.attention, theme) }
        ),
        Column(
            title: "PROBES", help: "half-open: probes that succeeded ●, in flight ◐, still needed ○",
            layout: .init(minimum: 8, ideal: 9, priority: 80), alignment: .leading, cell: probes
        ),
        Column(
            title: "NEXT",
            help: "when an open circuit may probe (due: with its next call); ▣ when a force ends, or LOST by a restart",
            layout: .init(minimum: 8, ideal: 10, priority: 86), alignment: .leading, cell: next
        ),
        Column(
            title: "FOR", help: "how long it has been so",
            layout: .init(minimum: 6, priority: 82), alignment: .trailing,
            cell: { view, _, theme in [Span(Format.duration(view.standingAge), theme.quiet)] }
        ),
    ]
}

// MARK: - Cells

private func state(_ view: CircuitView, _ width: Int, _ theme: Theme) -> [Span] {
    let style = theme.style(view.standing)
    let head = theme.glyph(view.standing) + " "
    switch view.standing {
    case .calculated(let state):
        return [Span(head + state.word, style)] + (view.hasTwin ? [Span(" twin!", theme.attention)] : [])
    case .stopped:
        return [Span(head + "stopped", style)]
    case .stale(let last, let mode):
        guard let last else { return [Span(head + "unknown", style)] }
        let known = mode == .none ? beside(last, room: width - 7, theme) : width >= 19 ? " (▣ forced)" : " (▣)"
        return [Span(head + "stale" + known, style)]
    case .forced(let mode, let calculated):
        let word = mode == .forcedOpen ? "FORCED OPEN" : width >= 19 ? "FORCED CLOSED" : "FORCED CLSD"
        guard let calculated else { return [Span(head + word, style)] }
        return [Span(head + word, style), Span(beside(calculated, room: width - 2 - word.count, theme), theme.quiet)]
    }
}

/// The calculated state in brackets: glyph and word, or the glyph alone where there is no room.
private func beside(_ state: CircuitState, room: Int, _ theme: Theme) -> String {
    let full = " (\(theme.glyph(state)) \(state.word))"
    return full.displayWidth <= room ? full : " (\(theme.glyph(state)))"
}

private func service(_ view: CircuitView, _ width: Int, _ theme: Theme) -> [Span] {
    [Span(view.identity.displayName.sanitizedForDisplay(maxColumns: width), theme.plain)]
}

private func ratio(_ view: CircuitView, _ width: Int, _ theme: Theme) -> [Span] {
    if case .stale = view.standing { return [Span("\(Format.duration(view.silence)) ago", theme.quiet)] }
    if view.description.rule.name == RuleDescription.consecutiveFailures {
        return [Span("\(Format.count(view.row[.consecutiveFailed])) in a row", theme.plain)]
    }
    guard let (failed, calls) = view.failures else { return [Span("–", theme.quiet)] }
    let ratio = Double(failed) / Double(calls)
    let isOver = Int64(ratio * 1000) >= view.description.rule.threshold ?? .max
    let figures = Span("\(Format.percent(ratio)) \(failed)/\(calls)", isOver ? theme.alarm : theme.plain)
    guard let needed = view.description.rule.minimumCalls, calls < needed, view.row.state != .open else {
        return [figures]
    }
    let long = ", needs \(needed)"
    let isRoomy = figures.text.displayWidth + long.displayWidth <= width
    return [figures, Span(isRoomy ? long : "<\(needed)", theme.quiet)]
}

private func bar(_ view: CircuitView, _ width: Int, _ theme: Theme) -> [Span] {
    guard view.description.rule.name == RuleDescription.failureRatio, !view.isSilent else { return [] }
    let ratio = view.failures.map { Double($0.failed) / Double($0.calls) }
    let threshold = view.description.rule.threshold.map { Double($0) / 1000 }
    let gauge = Gauge(value: ratio, threshold: threshold, width: width)
    let isOver = (ratio ?? 0) >= threshold ?? .infinity
    return [Span(gauge.text(), isOver ? theme.alarm : theme.accent)]
}

private func rate(_ value: Double?, _ style: Style, _ theme: Theme) -> [Span] {
    [Span(Format.rate(value), value ?? 0 > 0 ? style : theme.quiet)]
}

private func probes(_ view: CircuitView, _ width: Int, _ theme: Theme) -> [Span] {
    guard view.row.state == .halfOpen, !view.isSilent else { return [] }
    return [Span(view.probeText, theme.attention)]
}

private func next(_ view: CircuitView, _ width: Int, _ theme: Theme) -> [Span] {
    switch view.standing {
    case .forced:
        return [Span("▣ " + (view.overrideLeft.map(Format.countdown) ?? "no end"), theme.forced)]
    case .calculated(.open):
        guard let left = view.untilProbe else { return [] }
        // Never a count-down stuck at 0: an open circuit probes with the next call, and only then.
        if left > 0 { return [Span("in \(Format.duration(left))", theme.plain)] }
        return [Span(width >= 10 ? "probe due" : "due", theme.attention)]
    case .calculated where view.isOverrideLost:
        return [Span("▣ LOST!", theme.alarm)]
    default:
        return []
    }
}

// MARK: - What columns and panes read off a circuit

extension RuleDescription {
    /// The rule in a few characters.
    package var shortText: String {
        switch name {
        case Self.failureRatio: threshold.map { "≥ \(Format.percent(permille: $0))" } ?? "ratio"
        case Self.consecutiveFailures: threshold.map { "\($0) in row" } ?? "in a row"
        default: name.sanitizedForDisplay(maxColumns: 8)
        }
    }
}

extension ServiceIdentity {
    /// The instance's name, after the service's where it does not begin with that.
    package var displayName: String { instance.hasPrefix(service) ? instance : "\(service)/\(instance)" }
}

extension CircuitView {
    /// Whether the service says nothing about it any more.
    package var isSilent: Bool {
        switch standing {
        case .stale, .stopped: true
        case .forced, .calculated: false
        }
    }

    /// Failed and finished calls in the window; of an open circuit, whose window is empty, those that opened it.
    package var failures: (failed: Int64, calls: Int64)? {
        if let calls = row[.windowCalls], let failed = row[.windowFailed], calls > 0 { return (failed, calls) }
        guard row.state == .open else { return nil }
        // What a failed probe saw is a few calls; the trip out of closed is what people mean.
        let trips = [circuit.firstTrip, description.trip].compactMap { $0 }
        return trips.lazy.compactMap { trip in
            trip.calls.flatMap { calls in trip.failed.flatMap { calls > 0 ? ($0, calls) : nil } }
        }.first
    }

    /// How long its standing has held; for a silent one, how long nothing was heard.
    package var standingAge: Milliseconds? {
        switch standing {
        case .stale, .stopped: silence
        case .forced: age(of: description.override.since) ?? age(of: row[.stateSince])
        case .calculated: age(of: row[.stateSince])
        }
    }

    /// How long until an open circuit may probe; 0 or less when a call would do it now.
    package var untilProbe: Milliseconds? { age(of: row[.openUntil]).map { Milliseconds(0).saturatingDifference($0) } }

    /// How long an override has left; `nil` = until somebody clears it.
    package var overrideLeft: Milliseconds? {
        age(of: description.override.until).map { Milliseconds(0).saturatingDifference($0) }
    }

    /// The probes of a half-open circuit: `●◐○ 1/3`.
    package var probeText: String {
        let ok = row[.probesOk] ?? 0
        let need = description.probeNeed ?? 0
        let inFlight = row[.probesInFlight] ?? 0
        guard (1...5).contains(need), ok >= 0, inFlight >= 0 else { return "\(ok)/\(need)" }
        let succeeded = Int(min(ok, need))
        let flying = Int(min(inFlight, need - Int64(succeeded)))
        let open = Int(need) - succeeded - flying
        let dots = [("●", succeeded), ("◐", flying), ("○", open)].map { String(repeating: $0.0, count: $0.1) }.joined()
        return "\(dots) \(ok)/\(need)"
    }
}
