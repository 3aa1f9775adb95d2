// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

/// The circuit breaker's states with what leads from one to the next, the present one standing out:
///
///     ● closed ──≥ 60%──▸ [■ OPEN] ──4.0 s──▸ ◐ half-open
///        ▴                   ▴────a failure────────┤
///        └─────────────3 probes ok─────────────────┘
struct StateDiagram {
    let circuit: CircuitView
    let theme: Theme
    let columns: Int

    /// Three lines, or one more of what holds the circuit, above the calculated states.
    var lines: [[Span]] {
        let closed = box(.closed)
        let opens = arrow(circuit.description.rule.shortText)
        let open = box(.open)
        let probes = arrow(circuit.description.openTime.map { Format.duration($0) } ?? "open time")
        let halfOpen = box(.halfOpen)
        let above = Span("  ")
        let openStart = above.text.displayWidth + [closed, opens].displayWidth
        let halfStart = openStart + [open, probes].displayWidth
        let (toClosed, toOpen, from) = (5, openStart + 3, halfStart + 5)
        let need = circuit.description.probeNeed.map { "\($0) ok" } ?? "probes ok"
        let back = String(repeating: " ", count: toClosed) + "▴" + String(repeating: " ", count: toOpen - toClosed - 1)
        return laidOver + [
            [above, closed, opens, open, probes, halfOpen],
            [Span(back + "▴" + line(" a failure ", toOpen + 1..<from) + "┤", theme.quiet)],
            [
                Span(String(repeating: " ", count: toClosed) + "└", theme.quiet),
                Span(line(" \(need.truncated(toColumns: 14)) ", toClosed + 1..<from) + "┘", theme.quiet),
            ],
        ]
    }

    /// The present state in brackets; in doubt with a question mark.
    private func box(_ state: CircuitState) -> Span {
        let name = "\(theme.glyph(state)) \(state.word)"
        guard circuit.row.state == state else { return Span(" \(name) ", theme.quiet) }
        switch circuit.standing {
        case .calculated: return Span("[\(name)]", theme.style(state).reversed)
        case .forced: return Span("(\(name))", theme.title)
        case .stale, .stopped: return Span("(\(name)?)", theme.title)
        }
    }

    private func arrow(_ label: String) -> Span {
        let room = max(4, min(14, (columns - 48) / 2))
        return Span("──\(label.sanitizedForDisplay(maxColumns: room))──▸", theme.quiet)
    }

    /// A line from column to column with a word in its middle.
    private func line(_ label: String, _ range: Range<Int>) -> String {
        let label = label.truncated(toColumns: range.count)
        let missing = range.count - label.displayWidth
        return String(repeating: "─", count: missing / 2) + label
            + String(repeating: "─", count: missing - missing / 2)
    }

    private var laidOver: [[Span]] {
        let text: [Span]
        switch circuit.standing {
        case .forced(.forcedClosed, _):
            text = [
                Span(" ▣ FORCED CLOSED ", theme.forced.reversed), Span(" every call passes; calculated below it:"),
            ]
        case .forced:
            text = [
                Span(" ▣ FORCED OPEN ", theme.forced.reversed), Span(" every call is refused; frozen below it:"),
            ]
        case .stale:
            text = [
                Span(
                    "◌ nothing heard for \(Format.duration(circuit.silence)); the last that was known:", theme.attention
                )
            ]
        case .stopped: text = [Span("○ the service has stopped; the last that was known:", theme.quiet)]
        case .calculated: return []
        }
        return [[Span("  ")] + text]
    }
}
