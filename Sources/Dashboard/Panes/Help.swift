// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Dashboard {
    /// The help: every key, every command and every column, from the tables that define them, and what the glyphs mean.
    var helpLines: [[Span]] {
        var lines: [[Span]] = [
            [
                Span("Keys", theme.title),
                Span("   any other key leaves this help; this is breakertop \(configuration.version)", theme.quiet),
            ]
        ]
        lines.insert(contentsOf: about(Screen.named(screen)), at: 0)
        lines += Keymap.all.filter { $0.applies(on: screen) }.map { binding in
            [Span("  " + binding.names.padded(toColumns: 14), theme.key), Span(binding.help)]
        }
        lines += [[], [Span("Commands", theme.title), Span("   behind : , each for itself", theme.quiet)]]
        lines += PaletteCommand.all.map { command in
            [Span("  " + command.usage.padded(toColumns: 30), theme.key), Span(command.help)]
        }
        lines += [[], [Span("States", theme.title)]]
        let standings: [(CircuitStanding, String)] = [
            (.calculated(.closed), "calls pass and are counted"),
            (.calculated(.halfOpen), "a few probe calls decide whether it closes or opens again"),
            (.calculated(.open), "calls are refused until the open time is over and a call comes to probe"),
            (
                .forced(.forcedOpen, calculated: nil),
                "an operator's override holds; the calculated state is in brackets"
            ),
            (.stale(nil, .none), "nothing heard for 3 intervals (at least 2 s): never counted as closed"),
            (.stopped, "the service said goodbye"),
        ]
        lines += standings.map { standing, text in
            let word = "  \(theme.glyph(standing)) \(standing.word)".padded(toColumns: 16)
            return [Span(word, theme.style(standing)), Span(text)]
        }
        lines += [[], [Span("Columns", theme.title)]]
        lines += Column.all.map { column in
            [Span("  " + column.title.padded(toColumns: 14), theme.key), Span(column.help)]
        }
        return screen == .circuits ? lines + filterLines : lines
    }

    /// What `/` understands, from the table of its fields.
    private var filterLines: [[Span]] {
        let fields = QueryField.all.map { field in
            let names = ([field.name] + field.aliases).joined(separator: " ")
            return [
                Span("  " + names.padded(toColumns: 20), theme.key),
                Span(field.example.padded(toColumns: 20), theme.accent),
                Span(field.help),
            ]
        }
        return [[], [Span("Filter", theme.title)]] + QueryField.notes.map { [Span("  " + $0)] } + fields
    }

    private func about(_ screen: Screen) -> [[Span]] {
        [[Span(screen.title, theme.title)]] + screen.help.map { [Span("  " + $0)] } + [[]]
    }

    func drawHelp(scroll: Int, on canvas: inout Canvas) {
        let top = headerRows + 1
        let rows = size.rows - top - 2
        canvas.fill(Rect(x: 0, y: top, columns: size.columns, rows: rows + 1))
        let lines = helpLines
        let first = min(scroll, max(0, lines.count - rows))
        for (offset, line) in lines.dropFirst(first).prefix(rows).enumerated() {
            canvas.write(line, x: 2, y: top + offset, maximumColumns: size.columns - 3)
        }
        let below = lines.count - first - rows
        if below > 0 { canvas.write("↓ \(below) more", x: 2, y: size.rows - 2, style: theme.quiet) }
    }
}
