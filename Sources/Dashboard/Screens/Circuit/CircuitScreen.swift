// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Screen {
    static let circuit = Screen(
        id: .circuit, title: "Circuit",
        help: [
            "all about one circuit: why it opened, what holds it, what it counted, how it is set",
            "The graphs are of the last 5 minutes, 5 s a column; what is blank is not known.",
            "The strip has the worst of each 5 s: ● ◐ ■, ▣ forced open, ▢ forced closed.",
        ],
        draw: { dashboard, canvas, area in dashboard.drawCircuit(on: &canvas, in: area) },
        move: { dashboard, movement, area in dashboard.scrollCircuit(movement, in: area) }
    )
}

extension Dashboard {
    /// The circuit that the view is about.
    var page: CircuitPage? {
        guard let key = shownCircuit, let circuit = fleet.circuit(key) else { return nil }
        return CircuitPage(
            circuit: circuit, events: fleet.chronicle(of: key).filter(\.isOfItsHistory), theme: theme, clock: clock,
            size: size,
            askedFor: now.up.saturatingDifference(detailedAt))
    }

    func drawCircuit(on canvas: inout Canvas, in area: Rect) {
        guard let page else {
            let gone = shownCircuit.map { "\($0.displayName) is not there any more; 1 shows all circuits" }
            let words = gone ?? "no circuit is selected; 1 shows them all"
            canvas.write(
                words.sanitizedForDisplay(maxColumns: size.columns - 4), x: 2, y: area.y + 1, style: theme.quiet)
            return
        }
        for (offset, line) in page.head.enumerated() {
            canvas.write(line, x: 0, y: area.y + offset, maximumColumns: size.columns - 1)
        }
        let lines = page.lines
        let scroll = CircuitScroll(lines: lines.count, below: page.head.count, in: area, wanted: circuitScroll)
        for (offset, line) in lines[scroll.shown].enumerated() {
            canvas.write(line, x: 0, y: scroll.top + offset, maximumColumns: size.columns - 1)
        }
        canvas.write(scroll.note, x: 1, y: area.y + area.rows - 1, style: theme.quiet)
    }

    mutating func scrollCircuit(_ movement: Movement, in area: Rect) {
        guard let page else { return }
        let scroll = CircuitScroll(lines: page.lines.count, below: page.head.count, in: area, wanted: circuitScroll)
        circuitScroll = scroll.first(after: movement)
    }

    /// Goes to the next circuit of the table, or to the one before.
    mutating func turnCircuit(by step: Int) {
        var place = table.selectedIndex + step
        while table.rows.indices.contains(place) {
            if case .circuit = table.rows[place] {
                table.select(place, in: fleet)
                shownCircuit = selection
                return keepSelectionInSight()
            }
            place += step
        }
        notice = step > 0 ? "this is the last circuit of the table" : "this is the first circuit of the table"
    }

    /// Which circuit's histogram is wanted has changed: another one is looked at, or none.
    mutating func detailAnew(at now: Milliseconds) -> [Effect] {
        let wanted = screen == .circuit ? shownCircuit : nil
        guard wanted != detailed else { return [] }
        // Another boot of the same circuit is read on at the same place.
        let isSame = wanted.flatMap { wanted in detailed.map(wanted.isSameCircuit) } ?? false
        if !isSame { circuitScroll = 0 }
        detailed = wanted
        detailedAt = now
        guard !isReplay else { return [] }
        return [.detail(wanted.map { [DetailedCircuit(boot: $0.instance.boot, circuit: $0.id)] } ?? [])]
    }
}

extension FleetEvent {
    /// Whether it belongs to a circuit's history. A call that gave up does not: there are many, and counters tell of them.
    fileprivate var isOfItsHistory: Bool {
        switch kind {
        case .told(.retryExhausted), .told(.suppressed("retry_exhausted", _)): false
        default: true
        }
    }
}

/// Which lines of the page are in sight: those below the head, less one for the note where not all are.
private struct CircuitScroll {
    let shown: Range<Int>
    let top: Int
    private let last: Int
    private let rows: Int
    private let lines: Int

    init(lines: Int, below head: Int, in area: Rect, wanted: Int) {
        top = area.y + head
        let room = max(0, area.rows - head)
        rows = lines > room ? max(0, room - 1) : room
        last = max(0, lines - rows)
        self.lines = lines
        let first = min(max(0, wanted), last)
        shown = first..<min(lines, first + rows)
    }

    func first(after movement: Movement) -> Int {
        let first =
            switch movement {
            case .up: shown.lowerBound - 1
            case .down: shown.lowerBound + 1
            case .pageUp: shown.lowerBound - max(1, rows - 1)
            case .pageDown: shown.lowerBound + max(1, rows - 1)
            case .first: 0
            case .last: last
            }
        return min(max(0, first), last)
    }

    /// How much is out of sight, and where.
    var note: String {
        let (above, below) = (shown.lowerBound, lines - shown.upperBound)
        return [above > 0 ? "↑ \(above) more" : "", below > 0 ? "↓ \(below) more" : ""].filter { !$0.isEmpty }
            .joined(separator: "   ")
    }
}
