// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Dashboard {
    /// The line above the footer: how the last command stands, or a notice; else a thin rule.
    func drawStatus(on canvas: inout Canvas) {
        let y = statusRow
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
        let y = footerRow
        if case .prompt(let prompt) = mode { return draw(prompt, y: y, on: &canvas) }
        var line = [Span(" ")]
        for binding in Keymap.all where binding.applies(on: screen) {
            guard let label = binding.footer else { continue }
            let key = String(binding.names.split(separator: " ").first ?? "")
            line += [Span(key, theme.key), Span(" \(label)  ", theme.quiet)]
        }
        canvas.write(line, x: 0, y: y, maximumColumns: size.columns)
        guard showsCosts else { return }
        let note = " " + costNote
        canvas.write(note, x: size.columns - note.displayWidth, y: y, style: theme.quiet)
    }

    private func draw(_ prompt: Prompt, y: Int, on canvas: inout Canvas) {
        let mark = " " + prompt.kind.mark
        let (text, cursor) = prompt.field.visible(columns: max(10, size.columns - mark.displayWidth - 38))
        let hint =
            prompt.problem.map { Span("   \($0)", theme.alarm) } ?? Span("   Enter keeps, Esc as before", theme.quiet)
        canvas.write([Span(mark, theme.key), Span(text), hint], x: 0, y: y, maximumColumns: size.columns)
        canvas.cursor = Point(x: mark.displayWidth + cursor, y: y)
    }
}
