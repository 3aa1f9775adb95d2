// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Dashboard {
    /// Who and when and how many; then what flows, and which filter hides something.
    func drawHeader(on canvas: inout Canvas) {
        let totals = fleet.totals()
        let left = [
            Span(" breakertop ", theme.title), Span(environments, theme.accent),
            liveness(totals), Span(Format.clock(fleet.now.t) + "Z", theme.plain),
        ]
        let right = counts(totals)
        canvas.write(left, x: 0, y: 0, maximumColumns: size.columns)
        if isWide {
            canvas.write(right, x: size.columns - right.displayWidth - 1, y: 0, maximumColumns: right.displayWidth)
        } else {
            canvas.write([Span(" ")] + right, x: 0, y: 1, maximumColumns: size.columns)
        }
        let room = size.columns - drawFilterNote(on: &canvas)
        canvas.write(flows(totals), x: 0, y: headerRows - 1, maximumColumns: room)
        canvas.rule(y: headerRows, style: theme.rule)
    }

    /// Whether the counts stand beside the name; else they get a line of their own.
    private var isWide: Bool { size.columns >= 110 }

    /// The header's height, without the rule under it.
    var headerRows: Int { isWide ? 2 : 3 }

    /// Green only when everything that is known holds now, whatever has just stopped in good order.
    private func liveness(_ totals: FleetTotals) -> Span {
        let expected = totals.sources - totals.stoppedSources
        if expected == 0 && totals.sources > 0 { return Span(" STOPPED ", theme.attention) }
        if expected > 0 && totals.freshSources == 0 { return Span("   STALE ", theme.alarm) }
        return Span("   LIVE ", totals.freshSources < expected ? theme.attention : theme.good)
    }

    private var environments: String {
        let names = Set(fleet.instances.values.map(\.identity.environment)).filter { !$0.isEmpty }.sorted()
        return names.joined(separator: " ").sanitizedForDisplay(maxColumns: 24)
    }

    private func counts(_ totals: FleetTotals) -> [Span] {
        let expected = totals.sources - totals.stoppedSources
        let sourceStyle = totals.freshSources < expected ? theme.attention : theme.plain
        var line = [
            Span("\(totals.freshSources)/\(expected) sources fresh", sourceStyle),
            Span(" · \(totals.circuits) circuits: ", theme.plain),
            Span("\(totals.closed) ●", totals.closed > 0 ? theme.good : theme.quiet),
            Span(" \(totals.halfOpen) ◐", totals.halfOpen > 0 ? theme.attention : theme.quiet),
            Span(" \(totals.open) ■", totals.open > 0 ? theme.alarm : theme.quiet),
            Span(" \(totals.forced) ▣ forced", totals.forced > 0 ? theme.forced : theme.quiet),
        ]
        if totals.stopped > 0 { line.append(Span(", \(totals.stopped) stopped", theme.quiet)) }
        if totals.unknown > 0 { line.append(Span(", \(totals.unknown) unknown", theme.attention)) }
        return line
    }

    private func flows(_ totals: FleetTotals) -> [Span] {
        [
            Span(" calls ", theme.quiet), Span(Format.rate(totals.callsPerSecond) + "/s", theme.plain),
            Span("   failed ", theme.quiet), flow(totals.failedPerSecond, theme.alarm),
            Span("   refused ", theme.quiet), flow(totals.rejectedPerSecond, theme.alarm),
            Span("   retries ", theme.quiet), flow(totals.retriesPerSecond, theme.attention),
        ]
    }

    private func flow(_ value: Double, _ style: Style) -> Span {
        Span(Format.rate(value) + "/s", value > 0.05 ? style : theme.plain)
    }

    /// Returns the columns that it takes.
    private func drawFilterNote(on canvas: inout Canvas) -> Int {
        guard !query.isEmpty else { return 0 }
        let note = " filter: \(query.text.sanitizedForDisplay(maxColumns: 30)) (\(order.count) shown) "
        let width = note.displayWidth
        canvas.write([Span(note, theme.attention)], x: size.columns - width, y: headerRows - 1, maximumColumns: width)
        return width
    }
}
