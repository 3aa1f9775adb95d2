// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
package import Canvas
import Fleet

/// What stands in the dialog's list: a line, and whether a circuit begins there.
struct OrderLine {
    var spans: [Span]
    var isTarget = false
}

/// Where the parts of the dialog are on a canvas. The fields and buttons always have room; of the facts, those that do not
/// fit go to the end of the list, which scrolls.
struct OrderDialogLayout {
    let box: Rect
    /// The rows of the list.
    let rows: Int
    /// Empty rows between the list and the facts, where there is room.
    let gap: Int
    let list: [OrderLine]
    let facts: [[Span]]

    init(_ dialog: OrderDialog, size: Size, theme: Theme, clock: WallClock) {
        let columns = min(size.columns - 2, 96)
        let list = dialog.lines(columns: columns - 4, theme)
        let facts = dialog.factLines(columns: columns - 4, clock, theme)
        let most = size.rows - 2 - dialog.fields.count - 2
        // Of the list there is always a line in sight, and one that says how much more there is.
        let pinned = max(0, min(facts.count, most - min(list.count, 2)))
        self.list = list + facts[pinned...].map { OrderLine(spans: $0) }
        self.facts = Array(facts[..<pinned])
        rows = max(0, min(self.list.count, most - pinned))
        gap = pinned > 0 && rows + pinned < most ? 1 : 0
        let height = rows + gap + pinned + dialog.fields.count + 4
        box = Rect(x: (size.columns - columns) / 2, y: max(0, (size.rows - height) / 2), columns: columns, rows: height)
    }
}

extension OrderDialog {
    /// How many lines of the list are in sight on a screen of this size, and how many there are.
    package func page(in size: Size) -> (rows: Int, lines: Int) {
        let layout = OrderDialogLayout(self, size: size, theme: Theme(), clock: WallClock(offset: nil))
        return (layout.rows, layout.list.count)
    }

    /// Draws the dialog in the middle of the canvas.
    package func draw(on canvas: inout Canvas, theme: Theme, clock: WallClock) {
        let layout = OrderDialogLayout(self, size: canvas.size, theme: theme, clock: clock)
        let box = layout.box
        frame(box, on: &canvas, theme)
        var y = drawList(layout, on: &canvas, theme) + layout.gap
        for line in layout.facts {
            canvas.write(line, x: box.x + 2, y: y, maximumColumns: box.columns - 4)
            y += 1
        }
        for (part, label, field, hint) in fields {
            draw(field, label, focus == part, hint: hint, y: y, in: box, on: &canvas, theme)
            y += 1
        }
        let note = problem.map { Span($0, theme.alarm) } ?? Span(hint, theme.quiet)
        canvas.write([note], x: box.x + 2, y: y, maximumColumns: box.columns - 4)
        drawButtons(y: y + 1, in: box, on: &canvas, theme)
    }

    // MARK: - Words

    private var hint: String {
        canConfirm ? "Tab moves, ← \(request.action.title), → Cancel, Esc cancels" : "Esc cancels"
    }

    /// What is chosen, each circuit with its state and holder, then those left out.
    fileprivate func lines(columns: Int, _ theme: Theme) -> [OrderLine] {
        let targets = facts.targets.flatMap { lines($0, columns: columns, theme) }
        let leftOut = facts.leftOut.flatMap { target in
            "left out \(target.key.fullName): \(target.obstacle ?? "")".wrapped(toColumns: columns, indent: 2)
                .enumerated().map { OrderLine(spans: [Span($1, theme.attention)], isTarget: $0 == 0) }
        }
        return targets + leftOut
    }

    private func lines(_ target: OrderFacts.Target, columns: Int, _ theme: Theme) -> [OrderLine] {
        let glyph = "\(theme.glyph(target.standing)) \(target.standing.word)"
        let state = [Span(glyph.padded(toColumns: 15) + " ", theme.style(target.standing)), Span(traffic(target))]
        let name = target.key.fullName
        let room = nameColumns(of: columns)
        var lines: [OrderLine]
        if name.displayWidth <= room {
            let spans = [Span(name.padded(toColumns: room) + "  ", theme.title)] + state
            lines = [OrderLine(spans: spans, isTarget: true)]
        } else {
            // Nobody shall guess which of two circuits is meant.
            lines = name.wrapped(toColumns: columns, indent: 2).enumerated().map { part, text in
                OrderLine(spans: [Span(text, theme.title)], isTarget: part == 0)
            }
            lines.append(OrderLine(spans: [Span("  ")] + state))
        }
        guard let holder = target.holder else { return lines }
        // All of the reason: it is what would stop who reads it.
        let words = "  └ \(holder.sentence(revision: target.revision))".wrapped(toColumns: columns, indent: 4)
        return lines + words.map { OrderLine(spans: [Span($0, theme.forced)]) }
    }

    /// State and traffic take up to 48 columns.
    private func nameColumns(of columns: Int) -> Int {
        min(max(34, columns - 48), facts.targets.map(\.key.fullName.displayWidth).max() ?? 0)
    }

    private func traffic(_ target: OrderFacts.Target) -> String {
        guard let arrivals = target.arrivals else { return "calls/s not known" }
        let refused = target.refused ?? 0
        return "\(Format.rate(arrivals)) calls/s" + (refused >= 0.05 ? ", \(Format.rate(refused)) refused" : "")
    }

    /// What an operator must know, the most important first.
    fileprivate func factLines(columns: Int, _ clock: WallClock, _ theme: Theme) -> [[Span]] {
        // What changed before that, and what would come of it, is of no interest any more.
        guard canConfirm else { return [[Span(nobody, theme.alarm)]] }
        var lines: [[Span]] = []
        if let last = changes.last {
            let more = changes.count > 1 ? " (and \(changes.count - 1) before)" : ""
            let words = "CHANGED: \(last)\(more)".wrapped(toColumns: columns, indent: 2)
            lines += words.map { [Span($0, theme.alarm)] }
        }
        lines.append([Span(consequence, theme.attention)])
        let held = facts.targets.compactMap(\.holder)
        if request.action != .probe, let first = held.first {
            let verb = request.action.isForce ? "replaces" : "drops"
            let whose = Set(held.map(\.name)).count == 1 ? first.name : "\(first.name) and others"
            lines.append([Span("\(verb) \(held.count.of("override")) of \(whose)", theme.forced)])
        }
        if !facts.leftOut.isEmpty {
            lines.append([Span("\(facts.leftOut.count) of \(request.targets.count) are left out", theme.attention)])
        }
        if let end = end(clock) { lines.append([Span(end)]) }
        let forgetful = request.action.isForce ? facts.targets.count { $0.keepsOverrides == false } : 0
        if forgetful > 0 {
            let which = forgetful == facts.targets.count ? "the service keeps" : "the services of \(forgetful) keep"
            lines.append([Span("\(which) no overrides: a restart may lose it", theme.attention)])
        }
        return lines
    }

    private var nobody: String { "no circuit is left that it could be done to: Esc, and ask anew" }

    private var consequence: String {
        switch request.action {
        case .forceOpen: refusals
        case .forceClosed: "every call will pass, however many fail"
        case .clear where facts.targets.contains { $0.holder?.mode == .forcedOpen }:
            "it goes to half-open: a few probe calls first, then all traffic"
        case .clear: "the calculated state decides again"
        case .reset: "it closes at once with an empty window: all traffic returns"
        case .probe: "it goes to half-open without waiting: the next calls are probes"
        }
    }

    private var refusals: String {
        let doubt = facts.unknownArrivals > 0 ? ", not known of \(facts.unknownArrivals)" : ""
        let already = facts.refused >= 0.05 ? " (\(Format.rate(facts.refused)) of them are already)" : ""
        // A retry comes as a call of its own where it is made around the circuit; a refused one is seldom retried.
        let retries = min(facts.retries, facts.arrivals)
        let share = retries >= 0.05 ? ", up to \(Format.rate(retries)) of them retries" : ""
        return "about \(Format.rate(facts.arrivals)) calls/s will be refused\(share)\(already)\(doubt)"
    }

    private func end(_ clock: WallClock) -> String? {
        guard request.action.isForce else { return nil }
        switch typedLifetime {
        case nil: return "how long: 30s, 10m, 2h, 1d or forever"
        case .untilCleared: return "it never ends by itself: somebody has to clear it"
        case .limited(let time):
            return "ends by itself at \(clock.named(facts.at.t.saturatingSum(time))), in \(Format.duration(time))"
        }
    }

    fileprivate var title: String {
        let shown = canConfirm ? facts.targets : facts.leftOut
        let count = shown.count
        if let group = request.group { return "\(request.action.title): \(group) (\(count.of("circuit")))" }
        guard count == 1, let only = shown.first else { return "\(request.action.title): \(count) circuits" }
        return "\(request.action.title): \(only.key.displayName)"
    }

    fileprivate var fields: [(Focus, String, TextField, String)] {
        let time = (Focus.lifetime, "for", lifetime, "30s, 10m, 2h, 1d or forever")
        let reason = (Focus.reason, "reason", reason, "for the others and the log")
        let word = (Focus.word, "type", word, "“\(expectedWord)” to confirm: this is wide")
        return [reason] + (request.action.isForce ? [time] : []) + (isWide ? [word] : [])
    }

    // MARK: - Drawing

    private func frame(_ box: Rect, on canvas: inout Canvas, _ theme: Theme) {
        guard box.columns >= 8, box.rows >= 2 else { return }
        canvas.fill(box)
        let title = title.sanitizedForDisplay(maxColumns: box.columns - 6)
        let line = String(repeating: "─", count: max(0, box.columns - title.displayWidth - 5))
        canvas.write("┌─ \(title) \(line)┐", x: box.x, y: box.y, style: theme.title)
        for y in (box.y + 1)..<(box.y + box.rows - 1) {
            canvas.write("│", x: box.x, y: y, style: theme.title)
            canvas.write("│", x: box.x + box.columns - 1, y: y, style: theme.title)
        }
        let bottom = String(repeating: "─", count: max(0, box.columns - 2))
        canvas.write("└\(bottom)┘", x: box.x, y: box.y + box.rows - 1, style: theme.title)
    }

    /// Returns the row below it. What is out of sight is counted: nothing is cut silently.
    private func drawList(_ layout: OrderDialogLayout, on canvas: inout Canvas, _ theme: Theme) -> Int {
        let box = layout.box
        let isCut = layout.list.count > layout.rows
        let shown = isCut ? max(0, layout.rows - 1) : layout.rows
        let first = max(0, min(scroll, layout.list.count - shown))
        let visible = layout.list[first..<(first + shown)]
        var y = box.y + 1
        for line in visible {
            canvas.write(line.spans, x: box.x + 2, y: y, maximumColumns: box.columns - 4)
            y += 1
        }
        guard isCut, layout.rows > 0 else { return y }
        let below = layout.list[(first + shown)...]
        let words = [more(layout.list[..<first], "above", "PgUp"), more(below, "more", "PgDn")].compactMap(\.self)
        canvas.write(
            [Span(words.joined(separator: "; "), theme.attention)], x: box.x + 2, y: y, maximumColumns: box.columns - 4)
        return y + 1
    }

    private func more(_ lines: ArraySlice<OrderLine>, _ where: String, _ key: String) -> String? {
        guard !lines.isEmpty else { return nil }
        let targets = lines.count(where: \.isTarget)
        return targets > 0 ? "and \(targets) \(`where`): \(key)" : "and \(lines.count.of("line")) \(`where`): \(key)"
    }

    private func draw(
        _ field: TextField, _ label: String, _ hasFocus: Bool, hint: String, y: Int, in box: Rect,
        on canvas: inout Canvas, _ theme: Theme
    ) {
        let room = box.columns - 12
        let width = max(8, min(room - 2 - hint.displayWidth, 48))
        let (text, cursor) = field.visible(columns: width)
        let x = box.x + 2
        canvas.write(label, x: x, y: y, style: hasFocus ? theme.title : theme.quiet)
        canvas.write(
            text.padded(toColumns: width), x: x + 8, y: y,
            style: hasFocus ? theme.plain.reversed : theme.plain.underlined)
        canvas.write([Span(hint, theme.quiet)], x: x + 10 + width, y: y, maximumColumns: room - width - 2)
        if hasFocus { canvas.cursor = Point(x: x + 8 + min(cursor, width - 1), y: y) }
    }

    private func drawButtons(y: Int, in box: Rect, on canvas: inout Canvas, _ theme: Theme) {
        let count = facts.targets.count
        let confirm = request.action.title + (count > 1 ? " (\(count))" : "")
        let action = Span(
            focus == .confirm ? "[ \(confirm) ]" : "  \(confirm)  ",
            focus == .confirm ? theme.alarm.reversed : theme.plain)
        let cancel = Span(
            focus == .cancel ? "[ Cancel ]" : "  Cancel  ", focus == .cancel ? theme.title.reversed : theme.plain)
        let line = canConfirm ? [action, Span("   "), cancel] : [cancel]
        canvas.write(line, x: box.x + box.columns - line.displayWidth - 2, y: y, maximumColumns: line.displayWidth)
    }
}

extension Int {
    /// A count with its noun: `1 circuit`, `3 circuits`.
    package func of(_ noun: String) -> String { self == 1 ? "1 \(noun)" : "\(self) \(noun)s" }
}
