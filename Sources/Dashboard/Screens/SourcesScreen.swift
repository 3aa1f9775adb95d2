// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Screen {
    static let sources = Screen(
        id: .sources, title: "Sources",
        help: ["each connection, how it is, and what it can do"],
        draw: { dashboard, canvas, area in dashboard.drawSources(on: &canvas, in: area) },
        move: { dashboard, movement, area in
            dashboard.lists[.sources, default: ListState()].move(
                movement, count: dashboard.fleet.sources.count, rows: area.rows)
        }
    )
}

extension Dashboard {
    func drawSources(on canvas: inout Canvas, in area: Rect) {
        let list = lists[.sources] ?? ListState()
        let sources = fleet.sources.keys.sorted().dropFirst(list.scroll).prefix(area.rows)
        for (offset, id) in sources.enumerated() {
            canvas.write(id.name.sanitizedForDisplay(maxColumns: size.columns - 4), x: 2, y: area.y + offset)
        }
    }
}
