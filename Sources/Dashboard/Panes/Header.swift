// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Dashboard {
    /// Who and when and how many; then what flows, and which filter hides something.
    func drawHeader(on canvas: inout Canvas) {
        let totals = roster.totals
        let right = counts(totals)
        var left = [
            Span(" breakertop ", theme.title), Span(environments, theme.accent),
            liveness(totals), Span(operations.isReadOnly && !isReplay ? "READ-ONLY  " : "", theme.attention),
            Span(recordingFile.map { " REC \($0.sanitizedForDisplay(maxColumns: 20))  " } ?? "", theme.alarm),
            Span(clock.zoned(fleet.now.t) + (isLocalTime ? " local" : ""), theme.plain),
        ]
        // Of what does not fit, where it runs is known best, then the file's name.
        for (place, short) in [(1, ""), (4, recordingFile == nil ? "" : " REC  ")]
        where left.displayWidth + (isWide ? right.displayWidth + 2 : 0) > size.columns {
            left[place] = Span(short, theme.alarm)
        }
        canvas.write(left, x: 0, y: 0, maximumColumns: size.columns)
        if isWide {
            canvas.write(right, x: size.columns - right.displayWidth - 1, y: 0, maximumColumns: right.displayWidth)
        } else {
            canvas.write([Span(" ")] + right, x: 0, y: 1, maximumColumns: size.columns)
        }
        let note = filterNote
        // The tabs leave room for it on a wide screen, the first line on a narrow one; else what flows makes room.
        let isAbove = !isWide && note.displayWidth <= size.columns - left.displayWidth - 1
        let room = isAbove || isNoteAmongTabs(note) ? size.columns : size.columns - note.displayWidth
        canvas.write(currents(totals, room: room), x: 0, y: headerRows - 1, maximumColumns: room)
        guard !note.isEmpty, !isNoteAmongTabs(note) else { return }
        canvas.write(
            [Span(note, theme.attention)], x: size.columns - note.displayWidth, y: isAbove ? 0 : headerRows - 1,
            maximumColumns: note.displayWidth)
    }

    /// The views' names on the rule under the header, the present one standing out.
    func drawTabs(on canvas: inout Canvas) {
        canvas.rule(y: headerRows, style: theme.rule)
        for (screen, range) in tabs {
            let style = screen.id == self.screen ? theme.title.reversed : theme.quiet
            canvas.write(" \(screen.digit) \(screen.title) ", x: range.lowerBound, y: headerRows, style: style)
        }
        let note = filterNote
        guard isNoteAmongTabs(note), !note.isEmpty else { return }
        canvas.write(note, x: size.columns - 1 - note.displayWidth, y: headerRows, style: theme.attention)
    }

    private var tabs: [(Screen, Range<Int>)] {
        var x = 1
        return Screen.all.map { screen in
            let width = screen.title.displayWidth + 4
            defer { x += width + 1 }
            return (screen, x..<(x + width))
        }
    }

    /// The view whose name stands at a column of the tabs.
    func tab(at x: Int) -> Screen.ID? { tabs.first { $0.1.contains(x) }?.0.id }

    /// Whether the counts stand beside the name; else they get a line of their own.
    private var isWide: Bool { size.columns >= 110 }

    /// The header's height, without the rule under it.
    var headerRows: Int { isWide ? 2 : 3 }

    /// Green only when everything that is known holds now, whatever has just stopped in good order.
    private func liveness(_ totals: FleetTotals) -> Span {
        if let word = pastWord { return Span("   \(word) ", theme.attention.reversed) }
        if totals.sources == 0 { return Span("   NO SOURCE ", theme.attention) }
        let expected = totals.sources - totals.stoppedSources
        if expected == 0 && totals.sources > 0 { return Span(" STOPPED ", theme.attention) }
        if expected > 0 && totals.freshSources == 0 { return Span("   STALE ", theme.alarm) }
        return Span("   LIVE ", totals.freshSources < expected ? theme.attention : theme.good)
    }

    /// Where the services run, and which build of them: `prod-eu 1.4`.
    private var environments: String {
        let names = Set(fleet.instances.values.map(\.identity.environment)).filter { !$0.isEmpty }.sorted()
        let builds = Set(fleet.instances.values.map(\.identity.version)).filter { !$0.isEmpty }
        let build = builds.count > 1 ? ["\(builds.count) builds"] : Array(builds)
        return (names + build).joined(separator: " ").sanitizedForDisplay(maxColumns: 24)
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
        // Before all that a narrow screen cuts off.
        if totals.overridesLost > 0 { line.insert(Span(" · \(totals.overridesLost) ▣ LOST", theme.alarm), at: 1) }
        if totals.stopped > 0 { line.append(Span(", \(totals.stopped) stopped", theme.quiet)) }
        if totals.unknown > 0 { line.append(Span(", \(totals.unknown) unknown", theme.attention)) }
        return line
    }

    /// What flows a second; where there is room, with the last seconds as bars.
    private func currents(_ totals: FleetTotals, room: Int) -> [Span] {
        let all: [(String, KeyPath<FleetTotals, Double>, Style)] = [
            ("calls", \.callsPerSecond, theme.plain), ("failed", \.failedPerSecond, theme.alarm),
            ("refused", \.rejectedPerSecond, theme.alarm), ("retries", \.retriesPerSecond, theme.attention),
        ]
        // Filter or not, they are those of the whole fleet.
        let whole = showsFilterNote && table.isFiltered ? [Span(" of all:", theme.attention)] : []
        // A name with its rate takes 18 columns, and blanks part the bars from the next name.
        let bars = min(20, (room - whole.displayWidth) / all.count - 20)
        return whole
            + all.flatMap { name, flow, style -> [Span] in
                let value = totals[keyPath: flow]
                let rate = Span(
                    "\(Format.rate(value))/s".padded(toColumns: 15 - name.count), value > 0.05 ? style : theme.plain)
                let line = bars < 4 ? "" : Sparkline(flows.values(of: flow, count: bars)).text(width: bars) + "  "
                return [Span(" \(name) ", theme.quiet), rate, Span(line, style)]
            }
    }

    private var showsFilterNote: Bool { screen == .circuits || screen == .circuit }

    /// What hides rows, how many are left, and what is marked; empty = nothing.
    private var filterNote: String {
        guard showsFilterNote, table.isFiltered || !table.marks.isEmpty else { return "" }
        var parts: [String] = []
        if table.isFaultsOnly { parts.append("faults only") }
        if !table.filter.isEmpty { parts.append("filter: \(table.filter.text.sanitizedForDisplay(maxColumns: 30))") }
        if table.isFiltered {
            let all = Format.count(Int64(roster.totals.circuits))
            let shown = hasNoMatch ? "0" : Format.count(Int64(roster.count))
            parts.append(isWide ? "\(shown) of \(all) shown" : "\(shown)/\(all)")
        }
        if !table.marks.isEmpty { parts.append("\(table.marks.count) marked") }
        return " \(parts.joined(separator: " · ")) "
    }

    private func isNoteAmongTabs(_ note: String) -> Bool {
        note.displayWidth + 2 <= size.columns - (tabs.last?.1.upperBound ?? 0)
    }
}
