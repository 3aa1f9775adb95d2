// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Screen {
    static let circuit = Screen(
        id: .circuit, title: "Circuit",
        help: ["all about one circuit: why it opened, what holds it, what it counted, how it is set"],
        draw: { dashboard, canvas, area in dashboard.drawCircuit(on: &canvas, in: area) },
        move: { dashboard, movement, _ in dashboard.moveInTable(movement, rows: 10) }
    )
}

extension Dashboard {
    func drawCircuit(on canvas: inout Canvas, in area: Rect) {
        guard let circuit = selection.flatMap({ fleet.circuit($0) }) else {
            canvas.write("no circuit is selected; 1 shows them all", x: 2, y: area.y + 1, style: theme.quiet)
            return
        }
        let lines = DetailsPane(circuit: circuit, theme: theme, wallClock: clock, columns: size.columns).lines
        for (offset, line) in lines.prefix(area.rows).enumerated() {
            canvas.write(line, x: 0, y: area.y + offset, maximumColumns: size.columns - 1)
        }
    }
}
