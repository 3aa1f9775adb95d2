// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Dashboard {
    /// The columns left of the cells: for the cursor and for marks.
    private static let gutter = 2

    /// The rows in sight under their titles; only these are drawn.
    func drawTable(on canvas: inout Canvas, in area: Rect) {
        let columns = table.columns.compactMap(Column.named)
        let layout = columnLayout
        drawTitles(columns, layout, y: area.y - 1, on: &canvas)
        guard !table.rows.isEmpty else { return drawNothing(on: &canvas, in: area) }
        for (offset, row) in table.rows.dropFirst(table.scroll).prefix(area.rows).enumerated() {
            let y = area.y + offset
            switch row {
            case .circuit(let handle):
                if let circuit = fleet.circuit(handle) { draw(circuit, y: y, columns, layout, on: &canvas) }
            case .note(let handle):
                if let circuit = fleet.circuit(handle) { drawNote(circuit, y: y, on: &canvas) }
            case .group(let key): drawGroup(key, y: y, columns, layout, on: &canvas)
            }
        }
    }

    private var columnLayout: ColumnLayout {
        let columns = table.columns.compactMap(Column.named).map { column in
            var layout = column.layout
            // The arrow of the order stands behind the title, whole.
            if column.id == table.sortColumn { layout.minimum = max(layout.minimum, column.title.displayWidth + 1) }
            layout.ideal = max(layout.ideal, layout.minimum)
            return layout
        }
        return ColumnLayout(columns, width: size.columns - Self.gutter, gap: 1)
    }

    /// The chosen columns that a screen of this width shows.
    var columnsWithRoom: Set<String> {
        let columns = table.columns.compactMap(Column.named)
        return Set(columnLayout.placements.map { columns[$0.index].id })
    }

    private func drawTitles(_ columns: [Column], _ layout: ColumnLayout, y: Int, on canvas: inout Canvas) {
        for place in layout.placements {
            let column = columns[place.index]
            let isKey = column.id == table.sortColumn
            let arrow = isKey ? (column.isDescending != table.isReversed ? "▼" : "▲") : ""
            let title = [Span(column.title + arrow, isKey ? theme.title : theme.heading)]
            canvas.write(
                title, x: Self.gutter + place.x, y: y, width: place.width, alignment: column.alignment)
        }
    }

    private func draw(
        _ circuit: CircuitView, y: Int, _ columns: [Column], _ layout: ColumnLayout, on canvas: inout Canvas
    ) {
        for place in layout.placements {
            let column = columns[place.index]
            let cell = column.cell(circuit, place.width, theme)
            canvas.write(cell, x: Self.gutter + place.x, y: y, width: place.width, alignment: column.alignment)
        }
        if circuit.isSilent { canvas.restyle(row: y) { _ in theme.quiet } }
        if isBookmarked(circuit.key) { canvas.write("◆", x: 1, y: y, style: theme.accent) }
        if table.marks.contains(circuit.key) { canvas.write("✓", x: 1, y: y, style: theme.accent) }
        if circuit.key == selection { drawCursor(y: y, on: &canvas) }
    }

    private func drawCursor(y: Int, on canvas: inout Canvas) {
        canvas.write("▸", x: 0, y: y, style: theme.title)
        canvas.restyle(row: y) { Style(foreground: $0.foreground, attributes: .reverse) }
    }

    /// Who holds it and why, below its row.
    private func drawNote(_ circuit: CircuitView, y: Int, on canvas: inout Canvas) {
        // While rows hold still, the force that it was about may be over.
        guard circuit.isForced else { return }
        let line = [Span("└ ", theme.quiet)] + OverrideNote(circuit: circuit, theme: theme).spans
        canvas.write(line, x: Self.gutter + 2, y: y, maximumColumns: size.columns - Self.gutter - 3)
    }

    // MARK: - Groups

    private func drawGroup(
        _ key: GroupKey, y: Int, _ columns: [Column], _ layout: ColumnLayout, on canvas: inout Canvas
    ) {
        guard let group = roster.group(key) else { return }
        var end: Int?
        for place in layout.placements.reversed() {
            guard let sum = columns[place.index].sum else { continue }
            canvas.write(
                sum(group.totals, place.width, theme).map { Span($0.text, $0.style.bold) }, x: Self.gutter + place.x,
                y: y, width: place.width, alignment: columns[place.index].alignment)
            end = place.x
        }
        let fold = table.folded.contains(key) ? "▸" : "▾"
        let room = max(20, end ?? layout.placements.last.map { $0.x + $0.width } ?? 0) - 1
        let head =
            [Span("\(fold) \(key.title) ", theme.title)] + breakdown(group.totals)
            + [Span("  of \(Format.count(Int64(group.totals.circuits)))", theme.quiet)]
        canvas.write(head, x: Self.gutter, y: y, maximumColumns: room)
        if table.selected == .group(key) { drawCursor(y: y, on: &canvas) }
    }

    /// How many are in which state, the urgent first; what there is none of is left out.
    func breakdown(_ totals: FleetTotals) -> [Span] {
        let all: [(Int, CircuitStanding)] = [
            (totals.open, .calculated(.open)), (totals.halfOpen, .calculated(.halfOpen)),
            (totals.forced, .forced(.forcedOpen, calculated: nil)), (totals.unknown, .stale(nil, .none)),
            (totals.closed, .calculated(.closed)), (totals.stopped, .stopped),
        ]
        return all.filter { $0.0 > 0 }.map { count, standing in
            Span(" \(Format.count(Int64(count))) \(theme.glyph(standing))", theme.style(standing))
        }
    }

    /// On the rule under the table: how many lines are out of sight, whether the order is that of a moment ago, and what
    /// the cursor lost.
    func drawTableNotes(on canvas: inout Canvas, under area: Rect) {
        let y = area.y + area.rows
        let below = table.rows.count - table.scroll - area.rows
        let hidden = [
            table.scroll > 0 ? "↑ \(Format.count(Int64(table.scroll))) above" : nil,
            below > 0 ? "↓ \(Format.count(Int64(below))) below" : nil,
        ].compactMap(\.self).joined(separator: " ")
        let end = size.columns - (hidden.isEmpty ? 0 : hidden.displayWidth + 3)
        if !hidden.isEmpty, area.rows > 0 { canvas.write(" \(hidden) ", x: end, y: y, style: theme.quiet) }
        var notes: [Span] = []
        if let left = table.left {
            notes.append(Span(" \(left.displayName) is no longer in the filter ", theme.attention))
        }
        if table.isBehind { notes.append(Span(" rows held since the key ", theme.quiet)) }
        canvas.write(notes, x: 2, y: y, maximumColumns: max(0, end - 3))
    }

    private func drawNothing(on canvas: inout Canvas, in area: Rect) {
        for (offset, line) in reasonForNothing.prefix(area.rows).enumerated() {
            canvas.write(line, x: 2, y: area.y + offset, style: offset == 0 ? theme.title : theme.quiet)
        }
    }

    private var reasonForNothing: [String] {
        if let problem { return [problem.sanitizedForDisplay(maxColumns: size.columns - 4)] }
        if table.isFiltered, roster.totals.circuits > 0 {
            return ["no circuit matches the filter", filterRemark, "Esc shows all again"].compactMap(\.self)
        }
        let failing = fleet.sources.values.sorted { $0.id < $1.id }.compactMap { source -> String? in
            guard case .lost(let reason) = source.phase else { return nil }
            return "\(source.id.name): \(reason)".sanitizedForDisplay(maxColumns: size.columns - 4)
        }
        if !failing.isEmpty { return ["no circuits: the services found do not answer as they should"] + failing }
        return ["no service publishes its circuits yet; looking in"]
            + configuration.places.map { "  " + $0.sanitizedForDisplay(maxColumns: size.columns - 6) }
            + ["a service that starts shows up here by itself; demo/run starts some to look at"]
    }
}

extension GroupKey {
    /// The group's name as its head says it.
    var title: String {
        let (service, name) = (service.sanitizedForDisplay(maxColumns: 40), name.sanitizedForDisplay(maxColumns: 60))
        return switch grouping {
        case .none: ""
        case .service: service
        case .circuit: "\(service) / \(name)"
        case .target: name.isEmpty ? "target not told" : "→ \(name)"
        case .state: name
        }
    }
}

/// What holds a circuit by force, in one line: who and why, how long yet, and what it does.
struct OverrideNote {
    let circuit: CircuitView
    let theme: Theme

    var spans: [Span] {
        let slot = circuit.description.override
        guard slot.mode != .none else { return [Span("by whom is not known yet", theme.quiet)] }
        let who = slot.shownAuthor
        let reason = slot.reason.isEmpty ? "" : ": “\(slot.reason.sanitizedForDisplay(maxColumns: 60))”"
        let end = circuit.overrideLeft.map { "\(Format.countdown($0)) left" } ?? "until cleared"
        return [Span("by \(who)\(reason), \(end)", theme.plain), Span(effect, theme.quiet)]
    }

    private var effect: String {
        let calculated = circuit.row.state.map { "; calculated: \($0.word)" } ?? ""
        guard circuit.row.overrideMode == .forcedOpen, let effect = circuit.circuit.overrideEffect else {
            return calculated
        }
        return
            ", \(Format.count(effect.admitted)) admitted, \(Format.count(effect.refused)) refused since seen\(calculated)"
    }
}
