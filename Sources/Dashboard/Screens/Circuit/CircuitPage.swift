// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

/// All about one circuit as lines, from what matters first to what is looked up: nothing is cut, what is long goes on in
/// the next line. Wide screens have graphs and words beside each other.
struct CircuitPage {
    let circuit: CircuitView
    /// What happened to it, the newest first.
    let events: [FleetEvent]
    let theme: Theme
    let clock: WallClock
    let size: Size
    /// How long ago its histogram was asked for, in milliseconds.
    let askedFor: Milliseconds

    /// From here on two columns have room.
    private static let twoColumns = 118
    private static let gap = 3
    /// An event's line is rarely longer.
    private static let historyColumns = 70
    /// The most events that are listed.
    static let maximumEvents = 100

    private var pane: DetailsPane {
        DetailsPane(circuit: circuit, theme: theme, wallClock: clock, columns: size.columns)
    }

    private func clean(_ text: String) -> String { text.sanitizedForDisplay(maxColumns: 400) }

    // MARK: - Head

    /// Which circuit it is and how it stands: these lines stay in sight. Each takes two where one is not enough, and what
    /// does not fit then ends in `…`.
    var head: [[Span]] {
        [name, standing].flatMap { $0.wrapped(toColumns: size.columns - 1, indent: 3, maximumLines: 2) }
    }

    private var name: [Span] {
        let target = circuit.description.target
        let called = [target.service, target.endpoint].filter { !$0.isEmpty }.map(clean).joined(separator: " ")
        return [
            Span(" \(clean(circuit.identity.displayName)) / \(clean(circuit.key.name))", theme.title),
            Span(called.isEmpty ? "" : " → \(called)", theme.plain),
            Span(circuit.hasTwin ? "  TWIN: another live process has its name" : "", theme.alarm),
        ]
    }

    private var standing: [Span] {
        let word = " \(theme.glyph(circuit.standing)) \(circuit.standing.word)"
        return [
            Span(word, theme.style(circuit.standing)),
            Span(" for \(circuit.ageWords(clock))\(end)\(circuit.outlook)\(circuit.openedWords)", theme.plain),
        ]
    }

    private var end: String {
        guard case .forced = circuit.standing else { return "" }
        return circuit.overrideLeft.map { ", ends in \(Format.countdown($0))" } ?? ", until cleared"
    }

    private var traffic: [Span] {
        guard !circuit.isSilent else {
            return [
                Span(
                    " nothing heard for \(Format.duration(circuit.silence)): what follows was so then", theme.attention)
            ]
        }
        let rates = circuit.rates
        let (calls, failed) = (Format.rate(rates.calls), Format.rate(rates.failed))
        let refused = Format.rate(rates.rejected)
        let last = circuit.age(of: circuit.row[.lastCall]).map { "; last \(Format.duration($0)) ago" } ?? ""
        return [
            Span(" \(clean(circuit.identity.service)) calls \(Format.rate(circuit.arrivals))/s: ", theme.plain),
            Span("\(calls) admitted, \(failed) failed, \(refused) refused", theme.plain),
            Span(last, theme.quiet),
        ]
    }

    // MARK: - Lines

    var lines: [[Span]] {
        let top = wrap(traffic) + reasons
        let columns = size.columns - 1
        guard size.columns >= Self.twoColumns else {
            return top + [[]] + pictures(size.columns) + [[]] + facts(columns) + [[]] + history(columns)
        }
        let left = CircuitCharts.margin + CircuitHistory.capacity
        let right = columns - left - Self.gap
        guard right >= Self.historyColumns else {
            return top + [[]] + beside(pictures(left), facts(right), left) + [[]] + history(columns)
        }
        return top + [[]] + beside(pictures(left), facts(right) + [[]] + history(right), left)
    }

    private func beside(_ left: [[Span]], _ right: [[Span]], _ columns: Int) -> [[Span]] {
        (0..<max(left.count, right.count)).map { row in
            let line = left.indices.contains(row) ? left[row] : []
            return line.padded(toColumns: columns + Self.gap) + (right.indices.contains(row) ? right[row] : [])
        }
    }

    private func wrap(_ line: [Span]) -> [[Span]] { line.wrapped(toColumns: size.columns - 1, indent: 3) }

    /// Why it is as it is.
    private var reasons: [[Span]] {
        let isHeld = circuit.description.override.mode != .none || circuit.isOverrideLost
        let facts = (isHeld ? [pane.override] : []) + [pane.trip] + errors
        return facts.flatMap { section($0.label, $0.text, columns: size.columns - 1) } + doubts
    }

    /// Those of the trip out of closed, which later failures of probes do not tell any more, and the last ones.
    private var errors: [DetailsPane.Fact] {
        let last = circuit.description.trip
        let first = circuit.circuit.firstTrip.flatMap { $0.at == last?.at ? nil : $0 }
        return [("first errors", first), ("last errors", last)].compactMap { label, trip in
            guard let trip, !trip.errors.isEmpty else { return nil }
            return DetailsPane.Fact(label: label, text: pane.errors(of: trip))
        }
    }

    private var doubts: [[Span]] {
        guard circuit.isDescriptionOutdated else { return [] }
        let text = " Its description is out of date: limits, reason and owner of an override may be wrong."
        return wrap([Span(text, theme.attention)])
    }

    private func pictures(_ columns: Int) -> [[Span]] {
        let charts = CircuitCharts(
            circuit: circuit, theme: theme, clock: clock, columns: columns, rows: size.rows >= 45 ? 6 : 4)
        return StateDiagram(circuit: circuit, theme: theme, columns: columns).lines + [[]] + charts.lines + [[]]
            + LatencyTable(circuit: circuit, theme: theme, askedFor: askedFor).lines
    }

    /// Words with what they are about: beside it where there is room, as on the smallest screen, else above.
    private func section(_ label: String, _ text: [Span], columns: Int) -> [[Span]] {
        guard columns >= 50 else {
            return [[Span(" " + label, theme.quiet)]] + ([Span("   ")] + text).wrapped(toColumns: columns, indent: 3)
        }
        return ([Span(" " + label.padded(toColumns: 15), theme.quiet)] + text)
            .wrapped(toColumns: columns, indent: 16)
    }

    // MARK: - Facts

    private func facts(_ columns: Int) -> [[Span]] {
        let sections = [pane.calls, refused] + policies + [pane.configuration, identity]
        return sections.flatMap { section($0.label, $0.text, columns: columns) }
    }

    private func count(_ field: Field) -> String { Format.count(circuit.row[field]) }

    private func fact(_ label: String, _ text: String) -> DetailsPane.Fact {
        DetailsPane.Fact(label: label, text: [Span(text, theme.plain)])
    }

    private var refused: DetailsPane.Fact {
        fact("refused", "\(count(.rejected)) by state + \(count(.rejectedForced)) by force")
    }

    /// Those that the circuit has, then in one line those that it has not: what is not counted is not there.
    private var policies: [DetailsPane.Fact] {
        let all: [(Field, DetailsPane.Fact)] = [
            (
                .retries,
                fact(
                    "retries",
                    "\(count(.retries)) attempts: \(count(.retriesSaved)) calls saved, "
                        + "\(count(.retriesExhausted)) exhausted, \(count(.retriesDenied)) retries denied")
            ),
            (
                .bulkheadInUse,
                fact(
                    "bulkhead",
                    "\(count(.bulkheadInUse)) in use, \(count(.bulkheadQueued)) queued, "
                        + "\(count(.bulkheadRejected)) rejected")
            ),
            (.limiterRejected, fact("limiter", "\(count(.limiterRejected)) rejected")),
            (.fallbacks, fact("fallback", "\(count(.fallbacks)) answered, \(count(.fallbacksFailed)) failed itself")),
        ]
        let missing = all.filter { circuit.row[$0.0] == nil }.map(\.1.label)
        let none = DetailsPane.Fact(label: "without", text: [Span(missing.joined(separator: ", "), theme.quiet)])
        return all.filter { circuit.row[$0.0] != nil }.map(\.1) + (missing.isEmpty ? [] : [none])
    }

    private var identity: DetailsPane.Fact {
        let identity = circuit.identity
        let named = [("version", identity.version), ("in", identity.environment), ("boot", identity.boot)]
        let tags = circuit.description.tags.sorted { $0.key < $1.key }.prefix(CircuitDescription.maximumTags)
        let parts =
            named.filter { !$0.1.isEmpty }.map { "\($0.0) \(clean($0.1))" } + tags.map { "\(clean($0))=\(clean($1))" }
        return fact("process", parts.joined(separator: " · "))
    }

    private func history(_ columns: Int) -> [[Span]] {
        guard !events.isEmpty else {
            return section("history", [Span("nothing seen yet", theme.quiet)], columns: columns)
        }
        let lines = events.prefix(Self.maximumEvents).flatMap { event in
            ([Span(" ")] + EventLine(event: event, theme: theme, clock: clock, isInCircuit: true).spans)
                .wrapped(toColumns: columns, indent: 11)
        }
        let older = events.count - Self.maximumEvents
        let rest = older > 0 ? [[Span(" and \(Format.count(Int64(older))) older ones", theme.quiet)]] : []
        return [[Span(" history, the newest first", theme.quiet)]] + lines + rest
    }
}
