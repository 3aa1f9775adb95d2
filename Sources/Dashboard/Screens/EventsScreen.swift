// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Screen {
    static let events = Screen(
        id: .events, title: "Events",
        help: [
            "all that happened, newest first",
            "At the top it follows: the cursor stays with the newest. Moving down stops that, Home or F takes it up again.",
        ] + EventQuery.notes,
        draw: { dashboard, canvas, area in dashboard.drawEvents(on: &canvas, in: area) },
        move: { dashboard, movement, area in
            dashboard.eventsState.list.move(movement, rows: dashboard.eventsLayout(area).list.rows)
        },
        click: { dashboard, point, area in
            let list = dashboard.eventsLayout(area).list
            guard list.contains(point) else { return }
            let first = dashboard.eventsState.list.inSight(rows: list.rows).scroll
            dashboard.eventsState.list.point(at: first + point.y - list.y)
        },
        filter: Screen.Filter(
            text: { $0.eventsState.filter.text },
            take: { dashboard, text throws(QueryError) in
                dashboard.eventsState.filter(by: try EventQuery(text))
                dashboard.refreshEvents()
                return []
            },
            complete: { text, cursor, names in
                let all = EventQuery.completions(for: text, cursor: cursor, names: names)
                return Completions(place: all.place, words: all.words)
            })
    )
}

extension Dashboard {
    /// The list above, the whole of the event under the cursor below a rule.
    struct EventsLayout {
        var list: Rect
        var pane: Rect
        var words: [[Span]]
    }

    func eventsLayout(_ area: Rect) -> EventsLayout {
        let least = area.rows >= 26 ? 6 : area.rows >= 14 ? 4 : 2
        // Long reasons get the room that they need, as long as a few lines of the list stay.
        let most = max(least, area.rows - 5)
        let words = eventsState.selected.map { row in
            let age = fleet.now.up.saturatingDifference(fleet.moment(of: row.event))
            return EventDetails(row: row, age: age, theme: theme, clock: clock)
                .lines(columns: size.columns - 2, maximum: most)
        }
        let rows = max(0, min(max(least, words?.count ?? 0), area.rows - 1))
        return EventsLayout(
            list: Rect(x: 0, y: area.y, columns: area.columns, rows: max(0, area.rows - rows - 1)),
            pane: Rect(x: 0, y: area.y + area.rows - rows, columns: area.columns, rows: rows), words: words ?? [])
    }

    func drawEvents(on canvas: inout Canvas, in area: Rect) {
        let layout = eventsLayout(area)
        let rows = eventsState.rows
        let list = eventsState.list.inSight(rows: layout.list.rows)
        if rows.isEmpty {
            let words = fleet.events.all.isEmpty ? "nothing has happened yet" : "no event matches; \\ shows all again"
            canvas.write(words, x: 2, y: area.y, style: theme.quiet)
        }
        for (offset, row) in rows.dropFirst(list.scroll).prefix(layout.list.rows).enumerated() {
            let y = layout.list.y + offset
            canvas.write(row.line(theme, clock).spans, x: 1, y: y, maximumColumns: size.columns - 2)
            guard list.scroll + offset == list.index else { continue }
            canvas.write("▸", x: 0, y: y, style: theme.title)
            canvas.restyle(row: y) { Style(foreground: $0.foreground, attributes: .reverse) }
        }
        canvas.rule(y: layout.pane.y - 1, style: theme.rule)
        canvas.write(eventsNote(list), x: 1, y: layout.pane.y - 1, maximumColumns: size.columns - 2)
        for (offset, line) in layout.words.prefix(layout.pane.rows).enumerated() {
            canvas.write(line, x: 1, y: layout.pane.y + offset, maximumColumns: size.columns - 1)
        }
    }

    /// Whether it follows, how many there are, and what hides others.
    private func eventsNote(_ list: ListState) -> [Span] {
        let state =
            list.isFollowing
            ? Span(" following ", theme.good)
            : Span(" \(Format.count(Int64(list.index))) newer, F follows ", theme.attention)
        let (shown, all) = (eventsState.rows.reduce(0) { $0 + $1.events }, fleet.events.all.count)
        let count =
            shown == all
            ? "\(Format.count(Int64(all)))" : "\(Format.count(Int64(shown))) of \(Format.count(Int64(all)))"
        var line = [state, Span("─", theme.rule), Span(" \(count) events ", theme.quiet)]
        if !eventsState.filter.isEmpty {
            let text = eventsState.filter.text.sanitizedForDisplay(maxColumns: 30)
            line += [Span("─", theme.rule), Span(" filter: \(text) ", theme.attention)]
        }
        if eventsState.hidesFrequent {
            line += [Span("─", theme.rule), Span(" frequent ones hidden ", theme.attention)]
        }
        return line
    }
}

/// All that an event tells, nothing cut.
struct EventDetails {
    let row: EventRow
    let age: Milliseconds
    let theme: Theme
    let clock: WallClock

    private var event: FleetEvent { row.event }

    func lines(columns: Int, maximum: Int) -> [[Span]] {
        let place = [event.service, event.instance == event.service ? "" : event.instance, event.circuit ?? ""]
            .filter { !$0.isEmpty }.map(clean).joined(separator: " / ")
        let head = [
            Span("\(clock.zoned(event.t))  ", theme.quiet), Span(place, theme.title),
            Span("  \(Format.duration(age)) ago", theme.quiet),
        ]
        let words = row.line(theme, clock, limit: 2_000).what
        let all = ([head, words] + more).flatMap { $0.wrapped(toColumns: columns, indent: 2, maximumLines: maximum) }
        guard all.count > maximum else { return all }
        return all.prefix(maximum - 1) + [
            [Span("\(all.count - maximum + 1) more lines: the screen is too low", theme.quiet)]
        ]
    }

    private func clean(_ text: String) -> String { text.sanitizedForDisplay(maxColumns: 2_000) }

    /// What the line leaves out.
    private var more: [[Span]] {
        switch event.kind {
        case .told(.state(let change)):
            let errors = (change.trip?.errors ?? []).map { error in
                [Span("×\(error.count) ", theme.quiet), Span("\(clean(error.type)): \(clean(error.message))")]
            }
            return [[Span("cause: \(change.cause.words)", theme.quiet)]] + errors
        case .told(.override(let change)):
            return [[Span("set by \(clean(change.to.principal)), revision \(change.to.revision)", theme.quiet)]]
        case .told(.command(let record)):
            let reason = record.reason.isEmpty ? "no reason given" : "reason: \(clean(record.reason))"
            return [[Span(reason), Span("  command \(clean(record.id))", theme.quiet)]]
        case .told(.retryExhausted) where row.count > 1:
            return [[Span("the first of them; the last at \(clock.zoned(row.lastAt))", theme.quiet)]]
        default: return []
        }
    }
}
