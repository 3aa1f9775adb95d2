// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Screen {
    static let events = Screen(
        id: .events, title: "Events",
        help: ["all that happened, newest first"],
        draw: { dashboard, canvas, area in dashboard.drawEvents(on: &canvas, in: area) },
        move: { dashboard, movement, area in
            dashboard.lists[.events, default: ListState()].move(
                movement, count: dashboard.fleet.events.all.count, rows: area.rows)
        }
    )
}

extension Dashboard {
    func drawEvents(on canvas: inout Canvas, in area: Rect) {
        let list = lists[.events] ?? ListState()
        let events = fleet.chronicle().dropFirst(list.scroll).prefix(area.rows)
        for (offset, event) in events.enumerated() {
            let y = area.y + offset
            canvas.write(
                EventLine(event: event, theme: theme, clock: clock).spans, x: 0, y: y, maximumColumns: size.columns - 1)
            guard list.scroll + offset == list.index else { continue }
            canvas.restyle(row: y) { Style(foreground: $0.foreground, attributes: .reverse) }
        }
    }
}
