// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Dashboard {
    /// Above the footer: a notice, or how the last order stands; else a thin rule. What is too long for one line takes
    /// others from the view: none of it is cut where there is room.
    func drawStatus(on canvas: inout Canvas) {
        let lines = statusLines
        guard !lines.isEmpty else { return canvas.rule(y: statusRow, style: theme.rule) }
        let top = statusRow + 1 - lines.count
        canvas.fill(Rect(x: 0, y: top, columns: size.columns, rows: lines.count))
        for (offset, line) in lines.enumerated() {
            canvas.write(line, x: 1, y: top + offset, maximumColumns: size.columns - 1)
        }
    }

    private var statusLines: [[Span]] {
        // On the lowest screen the view keeps some lines of its own.
        var most = max(2, min(5, body.rows / 2))
        let columns = size.columns - 2
        if let notice {
            return [Span(notice, theme.attention)].wrapped(toColumns: columns, indent: 2, maximumLines: most)
        }
        guard let status = orderStatus else { return [] }
        // What the list says already is not said again, only what can be done about it.
        if isStatusListed { return offers.isEmpty ? [] : [offers] }
        if screen == .audit { most = 1 + auditFreeRows }
        if most < 2 || (status.isKnown && size.rows < Self.fewRows) {
            return [shortLine(status, columns: columns)]
        }
        let whole = ([status.text, status.offer].filter { !$0.isEmpty }.joined(separator: [Span(" ")]))
        let lines = Array(whole).wrapped(toColumns: columns, indent: 2)
        if lines.count <= most { return lines }
        guard !status.offer.isEmpty else {
            return status.text.wrapped(toColumns: columns, indent: 2, maximumLines: most)
        }
        // What can be done about it has its own line: what is cut, if anything, is the explanation.
        let rest = status.text.wrapped(toColumns: columns, indent: 2, maximumLines: most - 1)
        return rest + [status.offer]
    }

    private var offers: [Span] {
        let again = operations.holds.urgent.map { _ in
            [Span(Keymap.key(for: "again"), theme.key), Span(" apply again  ", theme.quiet)]
        }
        let undo = operations.undo(at: now.up).map { offer in
            [Span(Keymap.key(for: "undo"), theme.key), Span(" undo: \(offer.words)", theme.quiet)]
        }
        return (again ?? []) + (undo ?? [])
    }

    /// Below so many rows a message has one: circuits need the others.
    private static let fewRows = 18
    /// The columns of a message that stay before what can be done about it.
    private static let leastWords = 20

    /// The beginning of a message, what can be done about it, and where the rest of it stands.
    private func shortLine(_ status: Operations.Status, columns: Int) -> [Span] {
        var end = status.offer.isEmpty ? [] : [Span(" ")] + status.offer
        let audit = [Span(" "), Span(String(Screen.named(.audit).digit), theme.key), Span(" all", theme.quiet)]
        let isWhole = (status.text + end).displayWidth <= columns
        if !isWhole, screen != .audit, (end + audit).displayWidth + Self.leastWords <= columns { end += audit }
        let room = max(Self.leastWords, columns - end.displayWidth)
        return status.text.wrapped(toColumns: room, maximumLines: 1).flatMap(\.self) + end
    }

    /// The useful keys, or the filter while it is typed.
    func drawFooter(on canvas: inout Canvas) {
        let y = footerRow
        if case .prompt(let prompt) = mode { return draw(prompt, y: y, on: &canvas) }
        canvas.write(usefulKeys, x: 0, y: y, maximumColumns: size.columns)
        guard showsCosts else { return }
        let note = " " + costNote
        canvas.write(note, x: size.columns - note.displayWidth, y: y, style: theme.quiet)
    }

    /// As many as there is room for; commands, help and quit always are.
    private var usefulKeys: [Span] {
        let some = transport == nil ? bindings : bindings.filter(\.isOfThePast) + bindings.filter { !$0.isOfThePast }
        let all = some.compactMap { binding -> [Span]? in
            guard let label = binding.footer, let key = binding.names.split(separator: " ").first else { return nil }
            return [Span(String(key), theme.key), Span(" \(label)  ", theme.quiet)]
        }
        let last = all.suffix(3).flatMap(\.self)
        var line = [Span(" ")]
        for item in all.dropLast(3) where line.displayWidth + item.displayWidth + last.displayWidth <= size.columns {
            line += item
        }
        return line + last
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
            prompt.problem.map { Span("   \($0)", theme.alarm) }
            ?? (isFilterTyped && hasNoMatch && table.isFiltered
                ? Span("   \(filterRemark ?? "nothing matches so far: the rows stay")", theme.attention)
                : Span("   \(prompt.kind.keys)", theme.quiet))
        let line = [Span(mark, theme.key)] + typed + [hint]
        if prompt.kind == .command, notice == nil { drawUsage(of: prompt, on: &canvas) }
        let isTooLong = line.displayWidth > size.columns && prompt.problem != nil
        canvas.write(line, x: 0, y: y, maximumColumns: size.columns)
        canvas.cursor = Point(x: mark.displayWidth + cursor, y: y)
        // What is wrong is read as a whole, or else what the word may become.
        if isTooLong, let problem = prompt.problem {
            canvas.fill(Rect(x: 0, y: statusRow, columns: size.columns, rows: 1))
            canvas.write([Span(" " + problem, theme.alarm)], x: 0, y: statusRow, maximumColumns: size.columns)
        } else if !prompt.candidates.isEmpty, notice == nil {
            drawCandidates(prompt, on: &canvas)
        }
    }

    private func drawCandidates(_ prompt: Prompt, on canvas: inout Canvas) {
        canvas.fill(Rect(x: 0, y: statusRow, columns: size.columns, rows: 1))
        var line = [Span(" Tab ", theme.key)]
        // The one that stands in the text is always in sight.
        let first = max(0, (prompt.candidate ?? 0) - 2)
        for (index, word) in prompt.candidates.enumerated().dropFirst(first) {
            let isTaken = index == prompt.candidate
            let shown = word.sanitizedForDisplay(maxColumns: 40)
            line += [Span(" "), Span(isTaken ? "[\(shown)]" : shown, isTaken ? theme.title.reversed : theme.plain)]
        }
        canvas.write(line, x: 0, y: statusRow, maximumColumns: size.columns)
    }
}
