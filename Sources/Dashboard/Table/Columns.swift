// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
package import Canvas
package import Fleet

/// A column of the circuit table: all that there is to say about it in one value.
package struct Column: Sendable {
    /// What it is called where a person types it.
    package let id: String
    package let title: String
    package let help: String
    package let layout: ColumnLayout.Column
    package let alignment: Alignment
    /// What circuits are ordered by when it is the key.
    package let value: @Sendable (CircuitView) -> SortValue
    /// Whether the greatest come first.
    package let isDescending: Bool
    /// Whether it shows unless somebody chose otherwise.
    package let isStandard: Bool
    /// Its text for a circuit in so many columns.
    package let cell: @Sendable (CircuitView, _ width: Int, Theme) -> [Span]
    /// Its text for a group; `nil` = what it shows does not add up.
    package let sum: (@Sendable (FleetTotals, _ width: Int, Theme) -> [Span])?

    init(
        _ id: String, _ title: String, help: String, layout: ColumnLayout.Column, alignment: Alignment = .leading,
        isDescending: Bool = false, isStandard: Bool = true,
        value: @escaping @Sendable (CircuitView) -> SortValue,
        sum: (@Sendable (FleetTotals, Int, Theme) -> [Span])? = nil,
        cell: @escaping @Sendable (CircuitView, Int, Theme) -> [Span]
    ) {
        self.id = id
        self.title = title
        self.help = help
        self.layout = layout
        self.alignment = alignment
        self.value = value
        self.isDescending = isDescending
        self.isStandard = isStandard
        self.cell = cell
        self.sum = sum
    }

    /// The columns that show unless somebody chose otherwise.
    package static let standard = all.filter(\.isStandard).map(\.id)

    /// The one that always shows: without the circuit's name a row is about nobody.
    package static let name = "circuit"

    package static func named(_ id: String) -> Column? { byID[id] }

    private static let byID = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })

    /// Every column, in the order in which they show. A column is one value here; layout, order, sums, header and help derive from it.
    package static let all: [Column] = [
        Column(
            "state", "STATE", help: "override first, the calculated state beside it in brackets",
            layout: .init(minimum: 13, ideal: 24, priority: 102),
            value: { .number(Double($0.urgency)) }, cell: state
        ),
        Column(
            "service", "SERVICE", help: "the service, with its instance where that has another name",
            layout: .init(minimum: 9, ideal: 16, priority: 98), value: { SortValue($0.identity.displayName) },
            cell: { view, width, theme in
                [Span(view.identity.displayName.sanitizedForDisplay(maxColumns: width), theme.plain)]
            }
        ),
        Column(
            "circuit", "CIRCUIT", help: "the circuit's name",
            layout: .init(minimum: 15, ideal: 24, flexible: true, priority: 103),
            value: { SortValue($0.key.name) },
            cell: { view, width, theme in [Span(view.key.name.sanitizedForDisplay(maxColumns: width), theme.plain)] }
        ),
        Column(
            "target", "TARGET", help: "what it calls: service and endpoint",
            layout: .init(minimum: 10, ideal: 24, priority: 40), isStandard: false,
            value: { SortValue($0.description.target.service) },
            cell: { view, width, theme in
                let target = view.description.target
                return [
                    Span("\(target.service) \(target.endpoint)".sanitizedForDisplay(maxColumns: width), theme.plain)
                ]
            }
        ),
        Column(
            "failures", "FAILURES",
            help: "failed of finished calls in the window; <N: too few to trip, it needs N",
            layout: .init(minimum: 11, ideal: 18, priority: 97), isDescending: true,
            value: { SortValue($0.failures.map { Double($0.failed) / Double($0.calls) }) }, cell: ratio
        ),
        Column(
            "ratio", "RATIO", help: "the failure ratio as a bar, with a mark at the threshold",
            layout: .init(minimum: 8, ideal: 10, priority: 50), isDescending: true,
            value: { SortValue($0.failures.map { Double($0.failed) / Double($0.calls) }) }, cell: bar
        ),
        Column(
            "rule", "TRIPS AT", help: "what opens the circuit",
            layout: .init(minimum: 8, ideal: 8, priority: 75),
            value: { SortValue($0.description.rule.threshold) },
            cell: { view, _, theme in [Span(view.description.rule.shortText, theme.quiet)] }
        ),
        Column(
            "trend", "TREND", help: "calls that arrived in the last minute, a bar for 5 s; the tallest is the busiest",
            layout: .init(minimum: 5, ideal: 12, priority: 76), isDescending: true,
            value: { SortValue($0.arrivals) }, cell: trend
        ),
        Column(
            "calls", "CALLS/s", help: "calls that arrive a second, admitted or refused, retries among them, over 3 s",
            layout: .init(minimum: 7, priority: 90), alignment: .trailing, isDescending: true,
            value: { SortValue($0.arrivals) },
            sum: { totals, _, theme in rate(totals.callsPerSecond, theme.plain, theme) },
            cell: { view, _, theme in rate(view.arrivals, theme.plain, theme) }
        ),
        Column(
            "failed", "FAILED/s", help: "calls that failed a second, over 3 s",
            layout: .init(minimum: 8, priority: 45), alignment: .trailing, isDescending: true, isStandard: false,
            value: { SortValue($0.rates.failed) },
            sum: { totals, _, theme in rate(totals.failedPerSecond, theme.alarm, theme) },
            cell: { view, _, theme in rate(view.rates.failed, theme.alarm, theme) }
        ),
        Column(
            "refused", "REFUSED/s", help: "calls refused a second, by the state or by a force, over 3 s",
            layout: .init(minimum: 9, priority: 89), alignment: .trailing, isDescending: true,
            value: { SortValue($0.rates.rejected) },
            sum: { totals, _, theme in rate(totals.rejectedPerSecond, theme.alarm, theme) },
            cell: { view, _, theme in rate(view.rates.rejected, theme.alarm, theme) }
        ),
        Column(
            "retry", "RETRY/s", help: "attempts after the first a second",
            layout: .init(minimum: 7, priority: 70), alignment: .trailing, isDescending: true,
            value: { SortValue($0.rates.retries) },
            sum: { totals, _, theme in rate(totals.retriesPerSecond, theme.attention, theme) },
            cell: { view, _, theme in rate(view.rates.retries, theme.attention, theme) }
        ),
        Column(
            "probes", "PROBES", help: "half-open: probes that succeeded ●, in flight ◐, still needed ○",
            layout: .init(minimum: 8, ideal: 9, priority: 33), isDescending: true, isStandard: false,
            value: { view in view.row.state == .halfOpen ? SortValue(view.row[.probesOk]) : .unknown }, cell: probes
        ),
        Column(
            "next", "NEXT",
            help:
                "when an open circuit probes (due: with its next call); half-open: probes ok ●, in flight ◐, needed ○; "
                + "▣ when a force ends, or LOST by a restart",
            // The narrowest screen has room for how much fails, and since when, instead.
            layout: .init(minimum: 9, ideal: 10, priority: 95),
            value: { SortValue($0.isForced ? $0.overrideLeft : $0.row.state == .open ? $0.untilProbe : nil) },
            cell: next
        ),
        Column(
            "for", "FOR",
            help: "how long it has been so; open and half-open: since it was last closed, ≥ where it may be longer",
            layout: .init(minimum: 6, ideal: 8, priority: 96), alignment: .trailing,
            value: { SortValue($0.age?.span) },
            cell: { view, width, theme in [Span(Format.age(view.age, width: width), theme.quiet)] }
        ),
        Column(
            "opened", "OPENED",
            help: "how often it opened in the last 10 minutes; ≥, 3–12 and –: not all of them were watched",
            layout: .init(minimum: 6, priority: 55), alignment: .trailing, isDescending: true,
            value: { .number(Double($0.openings.most ?? $0.openings.count)) }, cell: opened
        ),
        Column(
            "last", "LAST CALL", help: "how long ago a call last arrived",
            layout: .init(minimum: 9, priority: 54), alignment: .trailing,
            value: { SortValue($0.age(of: $0.row[.lastCall])) },
            cell: { view, _, theme in [Span(Format.duration(view.age(of: view.row[.lastCall])), theme.quiet)] }
        ),
        Column(
            "p50", "P50", help: "half of the recent calls took at most this",
            layout: .init(minimum: 7, priority: 30), alignment: .trailing, isDescending: true, isStandard: false,
            value: { SortValue($0.row[.latencyP50]) }, cell: { view, _, theme in latency(view, .latencyP50, theme) }
        ),
        Column(
            "p99", "P99", help: "99 of 100 recent calls took at most this",
            layout: .init(minimum: 7, priority: 31), alignment: .trailing, isDescending: true, isStandard: false,
            value: { SortValue($0.row[.latencyP99]) }, cell: { view, _, theme in latency(view, .latencyP99, theme) }
        ),
        Column(
            "flight", "IN FLIGHT", help: "admitted calls not yet over",
            layout: .init(minimum: 9, priority: 25), alignment: .trailing, isDescending: true, isStandard: false,
            value: { SortValue($0.row[.inFlight]) },
            cell: { view, _, theme in [Span(Format.count(view.row[.inFlight]), theme.plain)] }
        ),
        Column(
            "total", "CALLS", help: "calls admitted since its process began",
            layout: .init(minimum: 9, priority: 20), alignment: .trailing, isDescending: true, isStandard: false,
            value: { SortValue($0.row[.calls]) },
            cell: { view, _, theme in [Span(Format.count(view.row[.calls]), theme.plain)] }
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

/// The calculated state in brackets: glyph and word, or the glyph alone, or nothing, as there is room.
private func beside(_ state: CircuitState, room: Int, _ theme: Theme) -> String {
    let full = " (\(theme.glyph(state)) \(state.word))"
    if full.displayWidth <= room { return full }
    return room >= 4 ? " (\(theme.glyph(state)))" : ""
}

private func ratio(_ view: CircuitView, _ width: Int, _ theme: Theme) -> [Span] {
    if case .stale = view.standing { return [Span("\(Format.duration(view.silence)) ago", theme.quiet)] }
    if view.description.rule.name == RuleDescription.consecutiveFailures {
        return [Span("\(Format.count(view.row[.consecutiveFailed])) in a row", theme.plain)]
    }
    guard let (failed, calls) = view.failures else { return [Span("–", theme.quiet)] }
    let ratio = Double(failed) / Double(calls)
    // What opened a circuit that a force holds now is no alarm any more.
    let isPast = view.isForced && view.window == nil
    let text = "\(Format.percent(ratio)) \(failed)/\(calls)"
    if isPast { return [Span("was \(text)".displayWidth <= width ? "was \(text)" : text, theme.quiet)] }
    let isOver = ratio * 1000 >= view.description.rule.threshold.map(Double.init) ?? .infinity
    let figures = Span(text, isOver ? theme.alarm : theme.plain)
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

private func trend(_ view: CircuitView, _ width: Int, _ theme: Theme) -> [Span] {
    // What was not heard is not known to be nothing.
    if view.isSilent { return [] }
    let calls = view.circuit.history.values(of: .calls, count: width, up: view.up)
    let rejected = view.circuit.history.values(of: .rejected, count: width, up: view.up)
    let arrivals = zip(calls, rejected).map { calls, rejected in calls.map { $0 + (rejected ?? 0) } }
    return [Span(Sparkline(arrivals).text(width: width), theme.accent)]
}

private func opened(_ view: CircuitView, _ width: Int, _ theme: Theme) -> [Span] {
    let openings = view.openings
    if let most = openings.most, "\(openings.count)–\(most)".count <= width {
        return [Span("\(openings.count)–\(most)", openings.count > 2 ? theme.attention : theme.plain)]
    }
    guard openings.count > 0 else { return [Span(openings.isAtLeast ? "–" : "0", theme.quiet)] }
    return [
        Span("\(openings.isAtLeast ? "≥ " : "")\(openings.count)", openings.count > 2 ? theme.attention : theme.plain)
    ]
}

private func latency(_ view: CircuitView, _ field: Field, _ theme: Theme) -> [Span] {
    [Span(view.row[field].map(Format.latency) ?? "–", theme.plain)]
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
        return [Span("probe due", theme.attention)]
    case .calculated(.halfOpen):
        return probes(view, width, theme)
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
