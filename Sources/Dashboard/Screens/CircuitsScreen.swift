// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Screen {
    static let circuits = Screen(
        id: .circuits, title: "Circuits",
        help: [
            "every circuit, what is broken first",
            "Rows hold still for a moment after each key. Stale rows count as unknown, never as closed.",
            "Orders are for what you mark, else for the group or the circuit under the cursor.",
        ],
        draw: { dashboard, canvas, area in dashboard.drawCircuits(on: &canvas, in: area) },
        move: { dashboard, movement, area in
            dashboard.moveInTable(movement, rows: dashboard.circuitsLayout(area).table.rows)
        },
        click: { dashboard, point, area in dashboard.clickTable(at: point, in: area) },
        filter: Screen.Filter(
            text: { $0.table.filter.text },
            take: { dashboard, text throws(QueryError) in
                dashboard.table.filter = try CircuitQuery(text)
                return dashboard.surveyAnew()
            },
            complete: { text, cursor, names in
                let all = QueryCompletions(for: text, cursor: cursor, names: names)
                return Completions(place: all.place, words: all.words)
            })
    )
}

extension Dashboard {
    /// Where things are in the view of all circuits, from top to bottom.
    struct CircuitsLayout {
        var table: Rect
        var details: Rect
        var events: Rect
    }

    /// Whether the details pane is wanted: as asked, else where there is room for it.
    var areDetailsWanted: Bool { table.showsDetails ?? (size.rows >= 34) }

    /// The table keeps at least this many rows beside the details.
    private static let leastTableRows = 3

    func circuitsLayout(_ area: Rect) -> CircuitsLayout {
        // The titles of the columns stand above the rows.
        let top = area.y + 1
        // On the lowest screens circuits need the room.
        let eventRows = size.rows >= 34 ? 6 : size.rows >= 18 ? 3 : size.rows >= 15 ? 1 : 0
        let events = Rect(x: 0, y: area.y + area.rows - eventRows, columns: area.columns, rows: eventRows)
        // A rule stands above the events, and one above the details.
        let room = events.y - 2 - top - Self.leastTableRows
        let detailRows = areDetailsWanted ? max(0, min(DetailsPane.rows, room)) : 0
        let details = Rect(x: 0, y: events.y - 1 - detailRows, columns: area.columns, rows: detailRows)
        let tableEnd = detailRows > 0 ? details.y - 1 : events.y - 1
        let table = Rect(x: 0, y: top, columns: area.columns, rows: max(0, tableEnd - top))
        return CircuitsLayout(table: table, details: details, events: events)
    }

    func drawCircuits(on canvas: inout Canvas, in area: Rect) {
        let layout = circuitsLayout(area)
        drawTable(on: &canvas, in: layout.table)
        if !layout.details.isEmpty { drawDetails(on: &canvas, in: layout.details) }
        drawNews(on: &canvas, in: layout.events)
        drawTableNotes(on: &canvas, under: layout.table)
    }

    private func drawDetails(on canvas: inout Canvas, in area: Rect) {
        canvas.rule(y: area.y - 1, style: theme.rule)
        guard let circuit = selection.flatMap({ fleet.circuit($0) }) else { return }
        let lines = DetailsPane(circuit: circuit, theme: theme, wallClock: clock, columns: size.columns).lines
        for (offset, line) in lines.prefix(area.rows).enumerated() {
            canvas.write(line, x: 0, y: area.y + offset, maximumColumns: size.columns - 1)
        }
    }

    /// The newest events that tell a story, newest first: what is merely frequent has its counters in the table.
    private func drawNews(on canvas: inout Canvas, in area: Rect) {
        canvas.rule(y: area.y - 1, style: theme.rule)
        let rows = EventRow.rows(of: fleet.chronicle(last: 200).filter(\.isNews))
        for (offset, row) in rows.prefix(area.rows).enumerated() {
            canvas.write(row.line(theme, clock).spans, x: 0, y: area.y + offset, maximumColumns: size.columns - 1)
        }
    }

    mutating func toggleDetails() {
        table.showsDetails = !areDetailsWanted
        if areDetailsWanted, circuitsLayout(body).details.isEmpty {
            notice = "no room for the details: the screen is too low"
        }
    }

    /// Enter: the circuit's own view; the head of a group folds.
    mutating func enterCircuit() -> [Effect] {
        switch table.selected {
        case nil: notice = "no circuit is selected"
        case .group(let key): return fold(!table.folded.contains(key))
        case .circuit: show(.circuit)
        }
        return []
    }

    mutating func clickTable(at point: Point, in area: Rect) {
        let rows = circuitsLayout(area).table
        guard rows.contains(point) else { return }
        let place = table.scroll + point.y - rows.y
        if table.rows.indices.contains(place) { table.select(place, in: fleet) }
    }
}
