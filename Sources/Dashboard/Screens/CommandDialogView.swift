// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Dashboard {
    /// The dialog names the target, its present state, what will be refused, who holds an override and when this one ends.
    func draw(_ dialog: CommandDialog, on canvas: inout Canvas) {
        let width = min(size.columns - 4, 78)
        let facts = factLines(dialog)
        let box = Rect(
            x: (size.columns - width) / 2, y: max(1, (size.rows - facts.count - 7) / 2), columns: width,
            rows: facts.count + (dialog.action.isForce ? 7 : 6)
        )
        frame(box, title: dialog.action.title, on: &canvas)
        var y = box.y + 1
        for line in facts {
            canvas.write(line, x: box.x + 2, y: y, maximumColumns: width - 4)
            y += 1
        }
        y += 1
        if dialog.action.isForce {
            field(
                "for", dialog.lifetime, dialog.focus == .lifetime, hint: "30s, 10m, 2h, 1d or forever", y, box, &canvas)
            y += 1
        }
        field("reason", dialog.reason, dialog.focus == .reason, hint: "for the others and the log", y, box, &canvas)
        canvas.write([Span(dialog.problem ?? "", theme.alarm)], x: box.x + 2, y: y + 1, maximumColumns: width - 4)
        buttons(dialog, y: y + 2, in: box, on: &canvas)
    }

    private func factLines(_ dialog: CommandDialog) -> [[Span]] {
        let target = dialog.target
        let service = target.instance.service
        let place = target.instance.instance == service ? "" : "on \(target.instance.instance) "
        let name = "\(target.name) \(place)of \(service)"
        var lines = [[Span(name.sanitizedForDisplay(maxColumns: 74), theme.title)]]
        guard let circuit = fleet.circuit(target) else { return lines + [[Span("it is gone by now", theme.alarm)]] }
        lines.append([
            Span("now "),
            Span("\(theme.glyph(circuit.standing)) \(circuit.standing.word)", theme.style(circuit.standing)),
            Span(", \(Format.rate(circuit.rate(of: \.calls))) calls/s admitted over the last 3 s"),
        ])
        let slot = circuit.description.override
        if slot.mode != .none {
            let who = (slot.claimed.isEmpty ? slot.principal : slot.claimed).sanitizedForDisplay(maxColumns: 30)
            let end = circuit.overrideLeft.map { "for another \(Format.countdown($0))" } ?? "until cleared"
            let reason = slot.reason.isEmpty ? "" : ": “\(slot.reason.sanitizedForDisplay(maxColumns: 60))”"
            lines.append([Span("held by \(who) \(end) (r\(slot.revision))\(reason)", theme.forced)])
        }
        lines.append([Span(consequence(dialog.action, circuit), theme.attention)])
        if dialog.action.isForce, circuit.identity.keepsOverrides == false {
            lines.append([Span("the service keeps no overrides: a restart may lose it", theme.attention)])
        }
        return lines
    }

    private func consequence(_ action: CommandAction, _ circuit: CircuitView) -> String {
        let calls = Format.rate(circuit.arrivals)
        switch action {
        case .forceOpen: return "about \(calls) calls/s will be refused until cleared or expired"
        case .forceClosed: return "every call will pass, however many fail"
        case .clear where circuit.row.overrideMode == .forcedOpen:
            return "it goes to half-open: a few probe calls first, then all traffic"
        case .clear: return "the calculated state decides again"
        case .reset: return "it closes at once with an empty window: all traffic returns"
        case .probe: return "it goes to half-open without waiting: the next calls are probes"
        }
    }

    private func frame(_ box: Rect, title: String, on canvas: inout Canvas) {
        canvas.fill(box)
        let inner = String(repeating: "─", count: max(0, box.columns - title.displayWidth - 4))
        canvas.write("┌ \(title) \(inner)┐", x: box.x, y: box.y, style: theme.title)
        for y in (box.y + 1)..<(box.y + box.rows - 1) {
            canvas.write("│", x: box.x, y: y, style: theme.title)
            canvas.write("│", x: box.x + box.columns - 1, y: y, style: theme.title)
        }
        let bottom = String(repeating: "─", count: max(0, box.columns - 2))
        canvas.write("└\(bottom)┘", x: box.x, y: box.y + box.rows - 1, style: theme.title)
    }

    private func field(
        _ label: String, _ field: TextField, _ hasFocus: Bool, hint: String, _ y: Int, _ box: Rect,
        _ canvas: inout Canvas
    ) {
        let width = box.columns - 46
        let (text, cursor) = field.visible(columns: width)
        let x = box.x + 2
        canvas.write(label, x: x, y: y, style: hasFocus ? theme.title : theme.quiet)
        canvas.write(
            text.padded(toColumns: width), x: x + 8, y: y,
            style: hasFocus ? theme.plain.reversed : theme.plain.underlined)
        canvas.write(hint, x: x + 10 + width, y: y, style: theme.quiet, maximumColumns: box.columns - width - 13)
        if hasFocus { canvas.cursor = Point(x: x + 8 + min(cursor, width - 1), y: y) }
    }

    private func buttons(_ dialog: CommandDialog, y: Int, in box: Rect, on canvas: inout Canvas) {
        let confirm = dialog.action.title
        let cancelStyle = dialog.focus == .cancel ? theme.title.reversed : theme.plain
        let confirmStyle = dialog.focus == .confirm ? theme.alarm.reversed : theme.plain
        let hint = Span("Tab moves, Esc cancels", theme.quiet)
        let line = [
            hint, Span("    "),
            Span(dialog.focus == .cancel ? "[ Cancel ]" : "  Cancel  ", cancelStyle), Span("   "),
            Span(dialog.focus == .confirm ? "[ \(confirm) ]" : "  \(confirm)  ", confirmStyle),
        ]
        let x = box.x + box.columns - line.displayWidth - 2
        canvas.write(line, x: x, y: y, maximumColumns: line.displayWidth)
    }
}
