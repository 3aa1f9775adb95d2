// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Dashboard {
    /// The line above the footer: how the last command stands, or a notice; else a thin rule.
    func drawStatus(on canvas: inout Canvas) {
        let y = layout.statusRow
        if let notice {
            canvas.write([Span(" " + notice, theme.attention)], x: 0, y: y, maximumColumns: size.columns - 1)
        } else if let last = pending.last {
            let status = last.status(of: fleet.circuit(last.target), at: fleet.now.up, theme)
            canvas.write([Span(" ")] + status, x: 0, y: y, maximumColumns: size.columns - 1)
        } else {
            canvas.rule(y: y, style: theme.rule)
        }
    }

    /// The useful keys, or the filter while it is typed.
    func drawFooter(on canvas: inout Canvas) {
        let y = layout.footerRow
        if case .filter(let field) = mode {
            let (text, cursor) = field.visible(columns: size.columns - 40)
            let line = [Span(" /", theme.key), Span(text), Span("   Enter keeps, Esc shows all", theme.quiet)]
            canvas.write(line, x: 0, y: y, maximumColumns: size.columns)
            canvas.cursor = Point(x: 2 + cursor, y: y)
            return
        }
        var line = [Span(" ")]
        for binding in Keymap.all {
            guard let label = binding.footer else { continue }
            let key = String(binding.names.split(separator: " ").first ?? "")
            line += [Span(key, theme.key), Span(" \(label)  ", theme.quiet)]
        }
        canvas.write(line, x: 0, y: y, maximumColumns: size.columns)
    }
}
