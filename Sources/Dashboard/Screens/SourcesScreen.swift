// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Screen {
    static let sources = Screen(
        id: .sources, title: "Sources",
        help: [
            "each connection, how it is, and what it can do",
            "The worst come first. All that is known of the one under the cursor stands below, its last trouble too.",
            "/ filters by words: of its name, state, kind, labels, service, version, role or reason.",
        ],
        draw: { dashboard, canvas, area in dashboard.drawSources(on: &canvas, in: area) },
        move: { dashboard, movement, area in
            dashboard.sourcesState.list.move(movement, rows: dashboard.sourcesLayout(area).rows.rows)
        },
        click: { dashboard, point, area in
            let rows = dashboard.sourcesLayout(area).rows
            guard rows.contains(point) else { return }
            let first = dashboard.sourcesState.list.inSight(rows: rows.rows).scroll
            dashboard.sourcesState.list.point(at: first + point.y - rows.y)
        },
        filter: Screen.Filter(
            text: { $0.sourcesState.filter },
            take: { dashboard, text throws(QueryError) in
                dashboard.filterSources(by: text)
                return []
            },
            complete: { _, _, _ in Completions() })
    )
}

extension Dashboard {
    /// The rows under their titles, all about the one under the cursor below a rule.
    struct SourcesLayout {
        var rows: Rect
        var pane: Rect
        var words: [[Span]]
    }

    private static let gutter = 2

    func sourcesLayout(_ area: Rect) -> SourcesLayout {
        let most = max(2, area.rows - 5)
        let source = sourcesState.list.selected.flatMap { fleet.sources[$0] }
        let words = source.map {
            SourceDetails(facts: SourceFacts($0, in: fleet), theme: theme, clock: clock)
                .lines(columns: size.columns - 2, maximum: most)
        }
        let rows = max(0, min(words?.count ?? 0, area.rows - 2))
        return SourcesLayout(
            rows: Rect(x: 0, y: area.y + 1, columns: area.columns, rows: max(0, area.rows - rows - 2)),
            pane: Rect(x: 0, y: area.y + area.rows - rows, columns: area.columns, rows: rows), words: words ?? [])
    }

    func drawSources(on canvas: inout Canvas, in area: Rect) {
        let layout = sourcesLayout(area)
        let columns = SourceColumn.all
        let places = ColumnLayout(columns.map(\.layout), width: size.columns - Self.gutter - 1, gap: 1)
        for place in places.placements {
            let column = columns[place.index]
            canvas.write(
                [Span(column.title, theme.heading)], x: Self.gutter + place.x, y: area.y, width: place.width,
                alignment: column.alignment)
        }
        let rows = sourcesState.list.ids
        let list = sourcesState.list.inSight(rows: layout.rows.rows)
        if rows.isEmpty {
            let words = fleet.sources.isEmpty ? "no source was found yet" : "no source matches; \\ shows all again"
            canvas.write(words, x: 2, y: layout.rows.y, style: theme.quiet)
        }
        let shown = rows.dropFirst(list.scroll).prefix(layout.rows.rows)
        for (offset, id) in shown.enumerated() {
            guard let source = fleet.sources[id] else { continue }
            let facts = SourceFacts(source, in: fleet)
            let y = layout.rows.y + offset
            for place in places.placements {
                let column = columns[place.index]
                canvas.write(
                    column.text(facts, place.width, theme), x: Self.gutter + place.x, y: y, width: place.width,
                    alignment: column.alignment)
            }
            guard list.scroll + offset == list.index else { continue }
            canvas.write("▸", x: 0, y: y, style: theme.title)
            canvas.restyle(row: y) { Style(foreground: $0.foreground, attributes: .reverse) }
        }
        canvas.rule(y: layout.pane.y - 1, style: theme.rule)
        canvas.write(sourcesNote, x: 1, y: layout.pane.y - 1, maximumColumns: size.columns - 2)
        for (offset, line) in layout.words.prefix(layout.pane.rows).enumerated() {
            canvas.write(line, x: 1, y: layout.pane.y + offset, maximumColumns: size.columns - 1)
        }
    }

    private var sourcesNote: [Span] {
        let (shown, all) = (sourcesState.list.ids.count, fleet.sources.count)
        guard !sourcesState.filter.isEmpty else { return [Span(" \(all.of("source")) ", theme.quiet)] }
        let text = sourcesState.filter.sanitizedForDisplay(maxColumns: 30)
        return [
            Span(" \(shown) of \(all.of("source")) ", theme.quiet), Span("─", theme.rule),
            Span(" filter: \(text) ", theme.attention),
        ]
    }
}

/// A column of the sources.
struct SourceColumn: Sendable {
    let title: String
    let layout: ColumnLayout.Column
    var alignment = Alignment.leading
    let text: @Sendable (SourceFacts, Int, Theme) -> [Span]

    /// From left to right.
    static let all: [SourceColumn] = [
        SourceColumn(title: "STATE", layout: .init(minimum: 12, priority: 100)) { facts, _, theme in
            [Span("\(facts.standing.glyph) \(facts.standing.word)", facts.standing.style(theme))]
        },
        SourceColumn(title: "SERVICE", layout: .init(minimum: 12, ideal: 20, priority: 99)) { facts, width, theme in
            guard let name = facts.identity?.displayName ?? facts.service else {
                return [Span("not told", theme.quiet)]
            }
            return [Span(name.sanitizedForDisplay(maxColumns: width), theme.plain)]
        },
        SourceColumn(title: "VERSION", layout: .init(minimum: 8, ideal: 10, priority: 40)) { facts, width, theme in
            [Span((facts.identity?.version ?? "").sanitizedForDisplay(maxColumns: width), theme.plain)]
        },
        SourceColumn(title: "KIND", layout: .init(minimum: 6, priority: 60)) { facts, _, theme in
            [Span(facts.source.origin?.kind.rawValue ?? "–", theme.plain)]
        },
        SourceColumn(title: "ROLE", layout: .init(minimum: 8, priority: 90)) { facts, _, theme in
            guard facts.source.instance != nil else { return [Span("–", theme.quiet)] }
            return facts.source.mayOperate ? [Span("operator", theme.plain)] : [Span("observer", theme.attention)]
        },
        SourceColumn(title: "LAG", layout: .init(minimum: 7, priority: 85), alignment: .trailing) { facts, _, theme in
            [Span(facts.source.health.lag.map { Format.lag($0) } ?? "–", theme.plain)]
        },
        SourceColumn(title: "BYTES/s", layout: .init(minimum: 7, priority: 80), alignment: .trailing) {
            facts, _, theme in
            [Span(Format.rate(facts.source.health.bytesPerSecond(at: facts.now.up)), theme.plain)]
        },
        SourceColumn(title: "MISSED", layout: .init(minimum: 6, priority: 70), alignment: .trailing) {
            facts, _, theme in
            let missed = facts.source.health.missedEvents
            return [Span(Format.count(missed), missed > 0 ? theme.attention : theme.quiet)]
        },
        SourceColumn(title: "RECON", layout: .init(minimum: 5, priority: 65), alignment: .trailing) { facts, _, theme in
            let count = facts.source.health.reconnects
            return [Span(Format.count(count), count > 0 ? theme.attention : theme.quiet)]
        },
        SourceColumn(title: "CERT", layout: .init(minimum: 7, priority: 50), alignment: .trailing) { facts, _, theme in
            guard let left = facts.certificateLeft else { return [] }
            let text = left <= 0 ? "EXPIRED" : Format.duration(left)
            return [Span(text, facts.isCertificateNear ? theme.alarm : theme.plain)]
        },
        SourceColumn(title: "WHERE AND WHY", layout: .init(minimum: 26, flexible: true, priority: 95)) {
            facts, width, theme in
            let reason = facts.reason.sanitizedForDisplay(maxColumns: width)
            guard reason.isEmpty else { return [Span(reason, facts.standing.style(theme))] }
            return [Span(facts.source.id.name.sanitizedForDisplay(maxColumns: width), theme.quiet)]
        },
    ]
}

extension Format {
    /// How late samples come: `0 ms`, `340 ms`, `1.2 s`.
    static func lag(_ value: Milliseconds) -> String { value < 1_000 ? "\(max(0, value)) ms" : duration(value) }
}

/// All that is known of a source, wrapped, nothing cut.
struct SourceDetails {
    let facts: SourceFacts
    let theme: Theme
    let clock: WallClock

    private var source: Source { facts.source }

    func lines(columns: Int, maximum: Int) -> [[Span]] {
        let all = [title, place, agreement, traffic, certificate, trouble].filter { !$0.isEmpty }
            .flatMap { $0.wrapped(toColumns: columns, indent: 11, maximumLines: maximum) }
        guard all.count > maximum else { return all }
        return all.prefix(maximum - 1) + [
            [Span("\(all.count - maximum + 1) more lines: the screen is too low", theme.quiet)]
        ]
    }

    private func clean(_ text: String, _ columns: Int = 1_000) -> String {
        text.sanitizedForDisplay(maxColumns: columns)
    }

    private func label(_ text: String) -> Span { Span(text.padded(toColumns: 11), theme.quiet) }

    private var title: [Span] {
        let state = Span("\(facts.standing.glyph) \(facts.standing.word)", facts.standing.style(theme))
        let why = facts.reason.isEmpty ? "" : ": \(clean(facts.reason))"
        guard let identity = facts.identity else { return [label("service"), Span("not told  "), state, Span(why)] }
        let parts = [
            identity.version.isEmpty ? "" : "version \(identity.version)",
            identity.environment.isEmpty ? "" : "environment \(identity.environment)",
            identity.host.isEmpty ? "" : "on \(identity.host)", identity.pid > 0 ? "pid \(identity.pid)" : "",
            "boot \(identity.boot.prefix(8))",
        ].filter { !$0.isEmpty }.map { clean($0, 80) }.joined(separator: " · ")
        return [
            label("service"), Span(clean(identity.displayName, 200), theme.title), Span("  "), state, Span(why),
            Span("  \(parts)", theme.quiet),
        ]
    }

    private var place: [Span] {
        guard let origin = source.origin else { return [label("source"), Span(clean(source.id.name))] }
        let labels = origin.labels.sorted { $0.key < $1.key }.prefix(40).map {
            "\(clean($0.key, 60))=\(clean($0.value, 100))"
        }
        let parts = [
            origin.kind.rawValue, origin.isFound ? "found in a folder" : "named as a target",
            origin.owner.map { "owned by uid \($0)" } ?? "", labels.joined(separator: " "),
        ].filter { !$0.isEmpty }.joined(separator: " · ")
        return [label("source"), Span(clean(source.id.name)), Span("  \(parts)", theme.quiet)]
    }

    private var agreement: [Span] {
        guard source.instance != nil else { return [] }
        let actions = source.actions.prefix(20).map { clean($0, 40) }.joined(separator: ", ")
        let role =
            source.mayOperate
            ? Span("operator", theme.plain) : Span("observer: it takes no commands from here", theme.attention)
        let keeps =
            switch facts.identity?.keepsOverrides {
            case nil: "whether overrides survive a restart is not told"
            case true?: "keeps overrides over a restart"
            case false?: "a restart loses overrides"
            }
        return [
            label("agreed"), role, Span(" · \(actions.isEmpty ? "no actions" : "can \(actions)") · \(keeps)"),
            Span(" · a sample each \(Format.lag(source.interval))", theme.quiet),
        ]
    }

    private var traffic: [Span] {
        let health = source.health
        let lag = health.lag.map(Format.lag) ?? "not known"
        let heard = Format.duration(facts.now.up.saturatingDifference(source.lastHeard))
        let missed = Span(
            " · \(Format.count(health.missedEvents)) events missed",
            health.missedEvents > 0 ? theme.attention : theme.plain)
        return [
            label("traffic"),
            Span(
                "\(Format.rate(health.bytesPerSecond(at: facts.now.up))) bytes/s, \(Format.count(health.lines)) lines"),
            missed, Span(" · \(Format.count(health.reconnects)) reconnects · lag \(lag) · last heard \(heard) ago"),
        ]
    }

    private var certificate: [Span] {
        guard let link = source.health.link, link.certificateExpires != nil || link.ownCertificateExpires != nil else {
            return []
        }
        let names = link.certificateNames.prefix(10).map { clean($0, 80) }.joined(separator: ", ")
        let style = facts.isCertificateNear ? theme.alarm : theme.plain
        return [
            label("TLS"), Span("its certificate \(names) \(end(link.certificateExpires))", style),
            Span(
                "; \(link.ownCertificateExpires == nil ? "none of ours was shown" : "ours \(end(link.ownCertificateExpires))")",
                style),
        ]
    }

    private func end(_ end: Milliseconds?) -> String {
        guard let left = end?.saturatingDifference(facts.now.t) else { return "ends at a time not known" }
        return left <= 0
            ? "EXPIRED \(Format.duration(Milliseconds(0).saturatingDifference(left))) ago"
            : "ends in \(Format.duration(left))"
    }

    private var trouble: [Span] {
        var line: [Span] = []
        if let trouble = source.health.trouble {
            line = [label("trouble"), Span("\(clock.zoned(trouble.t)) \(clean(trouble.reason))", theme.attention)]
        }
        if let complaint = source.complaint, complaint != source.health.trouble?.reason {
            line += line.isEmpty ? [label("trouble")] : [Span(" · ")]
            line.append(Span("complaint: \(clean(complaint))", theme.attention))
        }
        return line
    }
}
