// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Transport {
    static func words(_ speed: Double) -> String {
        speed == speed.rounded() ? "\(Int(speed))×" : "\(speed)×"
    }
}

/// The line of moments: from when to when there is something, what happened when, and where the screen is.
struct TransportBar {
    let transport: Transport
    let marks: TimeMarks
    let theme: Theme

    /// The moment that a column of so many stands for: its first.
    func moment(of column: Int, columns: Int) -> Milliseconds {
        let span = transport.range.upperBound - transport.range.lowerBound
        let share = Double(max(0, min(column, columns - 1))) / Double(max(1, columns - 1))
        return transport.range.lowerBound + Milliseconds(Double(span) * share)
    }

    func column(of moment: Milliseconds, columns: Int) -> Int {
        let span = Double(max(1, transport.range.upperBound - transport.range.lowerBound))
        let share = Double(moment.saturatingDifference(transport.range.lowerBound)) / span
        return Int((min(max(0, share), 1) * Double(max(0, columns - 1))).rounded())
    }

    /// So many cells: the line, over it transitions, the worst of each column, then marks, the loop, and the moment shown.
    func cells(columns: Int) -> [Span] {
        var cells = Array(repeating: Span("┄", theme.quiet), count: columns)
        if let loop = transport.loop {
            let end = column(of: loop.to ?? transport.position, columns: columns)
            let start = column(of: loop.from, columns: columns)
            for index in min(start, end)...max(start, end) { cells[index] = Span("═", theme.accent) }
        }
        for (column, what) in worst(columns: columns) {
            cells[column] = Span(theme.glyph(what), theme.style(what))
        }
        for mark in marks.all { cells[column(of: mark.at, columns: columns)] = Span("│", theme.key) }
        cells[column(of: transport.position, columns: columns)] = Span("▮", theme.title.reversed)
        return cells
    }

    private func worst(columns: Int) -> [Int: Transition.What] {
        var worst: [Int: Transition.What] = [:]
        for transition in transport.transitions {
            let column = column(of: transition.at, columns: columns)
            if worst[column].map({ $0.severity < transition.what.severity }) ?? true { worst[column] = transition.what }
        }
        return worst
    }

    /// The mark at the moment that is shown, or the last one before.
    var label: TimeMarks.Mark? { marks.all.last { $0.at <= transport.position } }
}

extension Transition.What {
    fileprivate var severity: Int {
        switch self {
        case .state(.open): 6
        case .forced: 5
        case .gone: 4
        case .state(.halfOpen): 3
        case .restarted: 2
        case .released: 1
        case .state(.closed): 0
        }
    }
}

extension Theme {
    fileprivate func glyph(_ what: Transition.What) -> String {
        switch what {
        case .state(let state): glyph(state)
        case .forced: "▣"
        case .released: "▢"
        case .gone: "✗"
        case .restarted: "↻"
        }
    }

    fileprivate func style(_ what: Transition.What) -> Style {
        switch what {
        case .state(let state): style(state)
        case .forced: forced
        case .released: good
        case .gone: alarm
        case .restarted: attention
        }
    }
}

extension Dashboard {
    /// That the screen shows another moment than now, and which; `nil` = it shows now.
    var pastWord: String? {
        guard let transport else { return nil }
        switch transport.tape {
        case .recording(let name): return "REPLAY \(name.sanitizedForDisplay(maxColumns: size.columns < 100 ? 20 : 40))"
        case .recent:
            let age = Format.duration(now.up.saturatingDifference(transport.position))
            let unseen = max(0, present.events.total - fleet.events.total)
            return "\(transport.isPlaying ? "PLAYING" : "PAUSED") −\(age), \(unseen.of("event")) behind"
        }
    }

    private var transportBar: TransportBar? {
        transport.map { TransportBar(transport: $0, marks: marks, theme: theme) }
    }

    func drawTransport(on canvas: inout Canvas) {
        guard let transport, let bar = transportBar else { return }
        canvas.fill(Rect(x: 0, y: transportRow, columns: size.columns, rows: 1))
        let columns = transportColumns
        let from = Span(" " + clock.time(wallClock(of: transport.range.lowerBound)) + " ", theme.quiet)
        let to = Span(" " + clock.time(wallClock(of: transport.range.upperBound)) + "  ", theme.quiet)
        canvas.write(
            [from] + bar.cells(columns: columns.count) + [to] + transportState(transport, bar), x: 0, y: transportRow,
            maximumColumns: size.columns)
    }

    private func transportState(_ transport: Transport, _ bar: TransportBar) -> [Span] {
        let word =
            transport.isPlaying ? "▶ " + Transport.words(transport.speed) : "∥ " + Transport.words(transport.speed)
        var line = [
            Span(clock.zoned(wallClock(of: transport.position)), theme.plain),
            Span("  \(word)", transport.isPlaying ? theme.good : theme.attention),
        ]
        if transport.skipsQuiet { line.append(Span(" skips quiet", theme.accent)) }
        if let loop = transport.loop { line.append(Span(loop.to == nil ? " loop …" : " loop", theme.accent)) }
        if transport.isUnderWay, !transport.isPlaying { line.append(Span(" …", theme.attention)) }
        if let mark = bar.label {
            line.append(Span("  │ \(mark.label.sanitizedForDisplay(maxColumns: 24))", theme.key))
        }
        return line
    }

    /// Where the moments are drawn on their row.
    private var transportColumns: Range<Int> {
        // Before it when it begins, behind it when it ends and all that is said of the moment.
        10..<max(20, size.columns - (size.columns < 100 ? 36 : 60))
    }

    /// The moment that is pointed at; `nil` = none is.
    func transportMoment(at place: Point) -> Milliseconds? {
        guard let bar = transportBar, place.y == transportRow, transportColumns.contains(place.x) else { return nil }
        return bar.moment(of: place.x - transportColumns.lowerBound, columns: transportColumns.count)
    }
}
