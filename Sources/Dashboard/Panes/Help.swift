// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Dashboard {
    /// The help: every key, sign, column, term of the filter and command, from the tables that define them.
    var helpLines: [[Span]] {
        var lines = about(Screen.named(screen))
        lines += section(
            "Keys",
            "any other key leaves this help; further down: signs, columns\(filtersCircuits ? ", filter" : ""), commands"
        )
        lines += bindings.map { [Span("  " + $0.names.padded(toColumns: 14), theme.key), Span($0.help)] }
        if transport == nil {
            lines += section("Keys of the past", "while the screen is paused, or shows a recording")
            lines += Keymap.all.filter(\.isOfThePast).map {
                [Span("  " + $0.names.padded(toColumns: 14), theme.key), Span($0.help)]
            }
        }
        lines += section("Signs", "what stands on the screen")
        lines += Sign.all.map { [Span("  " + $0.text.padded(toColumns: 16), $0.style(theme)), Span($0.meaning)] }
        lines += section("Columns", "of the view Circuits")
        lines += Column.all.map { [Span("  " + $0.title.padded(toColumns: 14), theme.key), Span($0.help)] }
        if filtersCircuits { lines += filterLines }
        lines += section("Commands", "behind : , each for itself")
        lines += commands.map { [Span("  " + $0.usage.padded(toColumns: 30), theme.key), Span($0.help)] }
        return lines + [[], [Span("  this is breakertop \(configuration.version)", theme.quiet)]]
    }

    /// The same as this screen has room for.
    var helpPage: [[Span]] { helpLines.flatMap { $0.wrapped(toColumns: size.columns - 3, indent: 6) } }

    /// The keys that do something in the present view; with `--read-only`, none that would only be refused.
    var bindings: [Binding] {
        Keymap.all.filter { binding in
            binding.applies(on: screen) && !(binding.isOrder && (operations.isReadOnly || transport != nil))
                && (transport == nil ? !binding.isOfThePast : isInThePast(binding))
        }
    }

    /// Whether it does what it says while a moment before is shown: some of its keys do, and the first of them.
    private func isInThePast(_ binding: Binding) -> Bool {
        binding.isOfThePast || !(binding.keys.first.map(Keymap.keysOfThePast.contains) ?? false)
    }

    /// The commands that do something anywhere; with `--read-only`, none that would only be refused.
    var commands: [PaletteCommand] { PaletteCommand.all.filter { !(operations.isReadOnly && $0.isOrder) } }

    /// Whether `/` asks for a filter of the circuits here.
    private var filtersCircuits: Bool { screen == .circuits || Screen.named(screen).filter == nil }

    /// What `/` understands, from the tables of its fields and operators.
    private var filterLines: [[Span]] {
        let terms =
            QueryField.all.map { (([$0.name] + $0.aliases).joined(separator: " "), $0.example, $0.help) }
            + QueryOperator.all.map { ($0.text, $0.example, $0.help) }
        return section("Filter", "behind / ; Tab completes") + QueryField.notes.map { [Span("  " + $0)] }
            + terms.map { name, example, help in
                [
                    Span("  " + name.padded(toColumns: 20), theme.key),
                    Span(example.padded(toColumns: 25), theme.accent), Span(help),
                ]
            }
    }

    private func section(_ title: String, _ note: String) -> [[Span]] {
        [[], [Span(title, theme.title), Span("   \(note)", theme.quiet)]]
    }

    private func about(_ screen: Screen) -> [[Span]] {
        [[Span(screen.title, theme.title)]] + screen.help.map { [Span("  " + $0)] }
    }

    func drawHelp(scroll: Int, on canvas: inout Canvas) {
        let top = headerRows + 1
        let rows = size.rows - top - 2
        canvas.fill(Rect(x: 0, y: top, columns: size.columns, rows: rows + 1))
        let lines = helpPage
        let first = min(scroll, max(0, lines.count - rows))
        for (offset, line) in lines.dropFirst(first).prefix(rows).enumerated() {
            canvas.write(line, x: 2, y: top + offset, maximumColumns: size.columns - 3)
        }
        let below = lines.count - first - rows
        if below > 0 { canvas.write("↓ \(below) more", x: 2, y: size.rows - 2, style: theme.quiet) }
    }
}
