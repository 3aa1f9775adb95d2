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
        let room = max(10, size.columns - mark.displayWidth - 2)
        let (text, cursor) = prompt.field.visible(columns: room)
        let start = prompt.field.firstVisible(columns: room)
        let typed = text.enumerated().map { offset, character in
            let isWrong = prompt.problemPlace?.contains(start + offset) ?? false
            return Span(String(character), isWrong ? theme.alarm.underlined : theme.plain)
        }
        let hint =
            prompt.problem.map { Span("   \($0)", theme.alarm) } ?? Span("   Enter keeps, Esc as before", theme.quiet)
        let line = [Span(mark, theme.key)] + typed + [hint]
        let isTooLong = line.displayWidth > size.columns && prompt.problem != nil
        canvas.write(line, x: 0, y: y, maximumColumns: size.columns)
        canvas.cursor = Point(x: mark.displayWidth + cursor, y: y)
        // What is wrong is read as a whole, or else what the word may become.
        if isTooLong, let problem = prompt.problem {
            canvas.fill(Rect(x: 0, y: statusRow, columns: size.columns, rows: 1))
            canvas.write([Span(" " + problem, theme.alarm)], x: 0, y: statusRow, maximumColumns: size.columns)
        } else if !prompt.candidates.isEmpty {
            drawCandidates(prompt, on: &canvas)
        }
    }

    private func drawCandidates(_ prompt: Prompt, on canvas: inout Canvas) {
        canvas.fill(Rect(x: 0, y: statusRow, columns: size.columns, rows: 1))
        var line = [Span(" Tab ", theme.key)]
        // The one that stands in the text is always in sight.
        let first = max(0, (prompt.candidate ?? 0) - 2)
        for (index, word) in prompt.candidates.enumerated().dropFirst(first) {
            let style = index == prompt.candidate ? theme.title.reversed : theme.plain
            line += [Span(" "), Span(word.sanitizedForDisplay(maxColumns: 40), style)]
        }
        canvas.write(line, x: 0, y: statusRow, maximumColumns: size.columns)
    }
}
