// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

/// What the circuit did in the last minutes, on one axis of time: its state, how many failed, what flowed. Now is at the
/// right edge, a column is a slot of its history, and what is not known is blank.
struct CircuitCharts {
    let circuit: CircuitView
    let theme: Theme
    let clock: WallClock
    let columns: Int
    /// Rows of the graph of failures, at least 3.
    let rows: Int

    /// What stands to the left of every graph: its name, its newest figure, its scale.
    static let margin = 16

    /// How many slots are shown.
    private var width: Int { max(0, min(CircuitHistory.capacity, columns - Self.margin)) }

    private var history: CircuitHistory { circuit.circuit.history }

    var lines: [[Span]] { [states, axis] + ratio + [[]] + flows }

    /// Slots that began after the service was last heard: nothing is known of them.
    private var silentSlots: Int {
        guard circuit.isSilent, let up = circuit.up else { return 0 }
        let period = CircuitHistory.period
        let heard = max(0, up.saturatingDifference(circuit.silence)) / period
        return Int(min(Int64(width), max(0, max(0, up) / period - heard)))
    }

    private func blanked(_ values: [Double?]) -> [Double?] {
        values.dropLast(silentSlots) + Array(repeating: nil, count: min(values.count, silentSlots))
    }

    private func label(_ name: String) -> Span { Span(" " + name.padded(toColumns: Self.margin - 1), theme.quiet) }

    // MARK: - States

    private var states: [Span] {
        let shades = history.shades(count: width, up: circuit.up)
        let shown = shades.dropLast(silentSlots) + Array(repeating: .unknown, count: min(shades.count, silentSlots))
        let cells = Strip(shown.map(theme.mark)).cells(width: width)
        return [label("state")]
            + cells.map { cell in
                var text = ""
                cell.append(to: &text)
                return Span(text, cell.style)
            }.joinedRuns
    }

    /// Where whole minutes are, by the clock on the wall.
    private var axis: [Span] {
        guard let up = circuit.up else { return [label("")] }
        let last = max(0, up) / CircuitHistory.period
        var text = ""
        var former: Milliseconds?
        for column in 0..<width {
            let start = last.saturatingDifference(Int64(width - 1 - column)) * CircuitHistory.period
            let minute = circuit.wallClock(of: start).map { $0 / 60_000 }
            defer { former = minute }
            guard let minute, let former, minute != former, column >= text.count, column + 6 <= width else { continue }
            text += String(repeating: " ", count: column - text.count) + "╵"
            text += clock.time(minute * 60_000).prefix(5)
        }
        return [label(text.isEmpty ? "" : clock.zone), Span(text, theme.quiet)]
    }

    // MARK: - Failures

    private var ratio: [[Span]] {
        let rule = circuit.description.rule
        let values = blanked(history.ratios(count: width, up: circuit.up, window: rule.window))
        let threshold =
            rule.name == RuleDescription.failureRatio ? rule.threshold.map { Double($0) / 1_000 } : nil
        // Two values fit a column: a slot is as wide in dots as it is in the strip above.
        let chart = LineChart(
            values.flatMap { [$0, $0] }, size: Size(columns: width, rows: rows), maximum: 1, threshold: threshold)
        let drawing = chart.drawing()
        let mark = threshold.flatMap { share in
            (0...1).contains(share) ? Int(((1 - share) * Double(4 * rows - 1)).rounded()) / 4 : nil
        }
        return (0..<rows).map { row in
            let scale =
                row == mark
                ? Format.percent(threshold ?? 0) : row == 0 ? "100%" : row == rows - 1 ? "0%" : ""
            return margin(ratioWords, row) + [
                Span(scale.padded(toColumns: 4, alignment: .trailing) + "┤", theme.quiet)
            ] + drawing.spans(row: row, line: row <= mark ?? -1 ? theme.alarm : theme.plain, threshold: theme.quiet)
        }
    }

    private func margin(_ words: [Span], _ row: Int) -> [Span] {
        let word = words.indices.contains(row) ? words[row] : Span("")
        return [Span(" "), Span(word.text.padded(toColumns: Self.margin - 6), word.style)]
    }

    /// The newest figure with its sample, from top to bottom.
    private var ratioWords: [Span] {
        let title = Span("failures", theme.quiet)
        guard !circuit.isSilent, let (failed, calls) = circuit.failures else { return [title, Span("–")] }
        let ratio = Double(failed) / Double(calls)
        let isOver = ratio * 1_000 >= circuit.description.rule.threshold.map(Double.init) ?? .infinity
        let isRatio = circuit.description.rule.name == RuleDescription.failureRatio
        return [
            title, Span(Format.percent(ratio), isOver && isRatio ? theme.alarm : theme.plain),
            Span("\(failed)/\(calls)", theme.plain),
        ]
    }

    // MARK: - Flows

    private var flows: [[Span]] {
        let flow = { flow in blanked(history.values(of: flow, count: width, up: circuit.up)) }
        let failed = flow(.failed)
        // What was admitted and has not failed: in flight, ignored and late ones among them.
        let passed = zip(flow(.calls), failed).map { calls, failed in calls.map { max(0, $0 - (failed ?? 0)) } }
        let rejected = flow(.rejected)
        let retries = circuit.row[.retries] == nil ? [] : flow(.retries)
        let rates = circuit.rates
        let passing = rates.calls.map { max(0, $0 - (rates.failed ?? 0)) }
        // The figures beside the bars are of the last 3 s, the bars of 5 s each: neither may be more than a full bar.
        let now = [passing, rates.failed, rates.rejected, retries.isEmpty ? nil : rates.retries]
        let peak = (passed + failed + rejected + retries + now).lazy.compactMap { $0 }.max() ?? 0
        var lines = [
            [label("calls a second"), Span(peak > 0 ? "a full bar is \(Format.rate(peak))/s" : "", theme.quiet)],
            row("passed", passed, passing, theme.good, peak), row("failed", failed, rates.failed, theme.alarm, peak),
            row("refused", rejected, rates.rejected, theme.alarm, peak),
        ]
        if !retries.isEmpty { lines.append(row("retries", retries, rates.retries, theme.attention, peak)) }
        return lines
    }

    private func row(_ name: String, _ values: [Double?], _ now: Double?, _ style: Style, _ peak: Double) -> [Span] {
        let figure = now.map { "\(Format.rate($0))/s" } ?? "–"
        return [
            Span(" " + name.padded(toColumns: 7), theme.quiet),
            Span(figure.padded(toColumns: 7, alignment: .trailing) + " ", now ?? 0 > 0 ? style : theme.plain),
            Span(Sparkline(values, maximum: peak).text(width: width), style),
        ]
    }
}

extension Theme {
    /// A slot's mark in a strip of states; `nil` = not known.
    func mark(_ shade: CircuitShade) -> Strip.Mark? {
        switch shade {
        case .unknown: nil
        case .closed: Strip.Mark("●", style: good)
        case .halfOpen: Strip.Mark("◐", style: attention)
        case .open: Strip.Mark("■", style: alarm)
        case .forcedClosed: Strip.Mark("▢", style: forced)
        case .forcedOpen: Strip.Mark("▣", style: forced)
        }
    }
}

extension ChartDrawing {
    /// A row as a line of spans.
    func spans(row: Int, line: Style, threshold: Style) -> [Span] {
        guard lines.indices.contains(row) else { return [] }
        return zip(lines[row], 0...).map { glyph, column in
            Span(String(glyph), part(column: column, row: row) == .threshold ? threshold : line)
        }.joinedRuns
    }
}

extension [Span] {
    /// The same with neighbours of one style as one span.
    var joinedRuns: [Span] {
        reduce(into: []) { runs, span in
            if runs.last?.style == span.style {
                runs[runs.count - 1].text += span.text
            } else {
                runs.append(span)
            }
        }
    }
}
