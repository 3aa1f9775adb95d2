// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Dashboard {
    /// The rows in sight under their titles; only these are drawn.
    func drawTable(on canvas: inout Canvas) {
        let columns = ColumnLayout(Column.all.map(\.layout), width: size.columns - 2, gap: 1)
        for place in columns.placements {
            let column = Column.all[place.index]
            let title = [Span(column.title, theme.heading)]
            canvas.write(title, x: 2 + place.x, y: headerRows + 1, width: place.width, alignment: column.alignment)
        }
        let area = layout.table
        guard !order.isEmpty else { return drawNothing(on: &canvas, in: area) }
        for (offset, key) in order.dropFirst(scroll).prefix(area.rows).enumerated() {
            guard let circuit = fleet.circuit(key) else { continue }
            drawRow(circuit, y: area.y + offset, columns, on: &canvas)
        }
        drawScrollNote(on: &canvas, in: area)
    }

    private func drawRow(_ circuit: CircuitView, y: Int, _ columns: ColumnLayout, on canvas: inout Canvas) {
        for place in columns.placements {
            let column = Column.all[place.index]
            let cell = column.cell(circuit, place.width, theme)
            canvas.write(cell, x: 2 + place.x, y: y, width: place.width, alignment: column.alignment)
        }
        if circuit.isSilent { canvas.restyle(row: y) { _ in theme.quiet } }
        if circuit.key == selection {
            canvas.write("▸", x: 0, y: y, style: theme.title)
            canvas.restyle(row: y) { Style(foreground: $0.foreground, attributes: .reverse) }
        }
    }

    private func drawScrollNote(on canvas: inout Canvas, in area: Rect) {
        let below = order.count - scroll - area.rows
        guard scroll > 0 || below > 0, area.rows > 0 else { return }
        let note = " \(scroll > 0 ? "↑ \(scroll) " : "")\(below > 0 ? "↓ \(below) " : "")more "
        canvas.write(note, x: size.columns - note.displayWidth - 1, y: area.y + area.rows, style: theme.quiet)
    }

    private func drawNothing(on canvas: inout Canvas, in area: Rect) {
        for (offset, line) in reasonForNothing.prefix(area.rows).enumerated() {
            canvas.write(line, x: 2, y: area.y + offset, style: offset == 0 ? theme.title : theme.quiet)
        }
    }

    private var reasonForNothing: [String] {
        if let problem { return [problem.sanitizedForDisplay(maxColumns: size.columns - 4)] }
        if !query.isEmpty { return ["no circuit matches the filter", "Esc shows all again"] }
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
