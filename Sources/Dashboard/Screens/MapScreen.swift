// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Screen {
    static let map = Screen(
        id: .map, title: "Map",
        help: [
            "who calls whom, from the edge inwards, and where a cascade of failures likely began",
            "A line is a call: its circuits over all instances of the caller, 2/3 = so many of them are so.",
            "2 callers → x stands for all calls to x that fail as one root, also while they are forced: orders there are for all.",
            "◂ root: it failed first and nothing behind it explains it; unknown: it cannot be told, the reason says why;",
            "  follows: from what failed behind it; may follow (follow?): as far as services' names tell, no fact shows it;",
            "  over: it is well again, and what it made fail is not yet; idle: it failed, and nobody calls it any more.",
            "What a service calls stands once, under the first call to it, and is made for all who call it:",
            "↑ its calls stand further up · ↓ further down · ↺ it calls, over others, itself.",
        ],
        draw: { dashboard, canvas, area in dashboard.drawMap(on: &canvas, in: area) },
        move: { dashboard, movement, area in
            dashboard.mapState.list.move(movement, rows: dashboard.mapLayout(area).lines.rows)
        },
        click: { dashboard, point, area in
            let lines = dashboard.mapLayout(area).lines
            guard lines.contains(point) else { return }
            let first = dashboard.mapState.list.inSight(rows: lines.rows).scroll
            dashboard.mapState.list.point(at: first + point.y - lines.y)
        }
    )
}

extension Dashboard {
    /// Lines above, what explains them below a rule.
    struct MapLayout {
        var lines: Rect
        var causes: Rect
        var words: [[Span]]
    }

    /// The columns left of the tree.
    private static let gutter = 2

    func mapLayout(_ area: Rect) -> MapLayout {
        // What the tree leaves free is theirs as well.
        let most = max(1, area.rows * 2 / 5, area.rows - 2 - mapState.lines.count)
        let words = MapWords(state: mapState, theme: theme).lines(columns: size.columns - 2, maximum: most)
        let rows = max(0, area.rows - words.count - 2)
        return MapLayout(
            lines: Rect(x: 0, y: area.y + 1, columns: area.columns, rows: rows),
            causes: Rect(x: 0, y: area.y + area.rows - words.count, columns: area.columns, rows: words.count),
            words: words)
    }

    func drawMap(on canvas: inout Canvas, in area: Rect) {
        let layout = mapLayout(area)
        let columns = MapColumn.all
        let places = ColumnLayout(columns.map(\.layout), width: size.columns - Self.gutter - 1, gap: 1)
        for place in places.placements {
            let column = columns[place.index]
            canvas.write(
                [Span(column.title, theme.heading)], x: Self.gutter + place.x, y: area.y, width: place.width,
                alignment: column.alignment)
        }
        draw(mapState.lines, columns, places, on: &canvas, in: layout.lines)
        canvas.rule(y: layout.causes.y - 1, style: theme.rule)
        for (offset, line) in layout.words.enumerated() {
            canvas.write(line, x: 1, y: layout.causes.y + offset, maximumColumns: size.columns - 1)
        }
    }

    private func draw(
        _ lines: [MapLine], _ columns: [MapColumn], _ places: ColumnLayout, on canvas: inout Canvas, in area: Rect
    ) {
        let list = mapState.list.inSight(rows: area.rows)
        let inSight = lines.dropFirst(list.scroll).prefix(area.rows)
        let calls = Dictionary(
            grouping: inSight.lazy.filter { $0.group == nil }.compactMap { $0.edge?.key }, by: \.caller)
        for (offset, line) in inSight.enumerated() {
            let y = area.y + offset
            let finding = line.edge.flatMap { mapState.causes[$0.key] }.map { mapState.picture?.cascade.findings[$0] }
            let role = line.edge.flatMap { mapState.picture?.cascade.roles[$0.key] }
            let cell = MapCell(
                line: line, verdict: line.group?.verdict ?? finding??.verdict, role: role,
                neighbours: line.edge.flatMap { edge in calls[edge.key.caller]?.filter { $0 != edge.key } } ?? [],
                now: mapState.picture?.map.now ?? 0, theme: theme)
            for place in places.placements {
                let column = columns[place.index]
                canvas.write(
                    column.text(cell, place.width), x: Self.gutter + place.x, y: y, width: place.width,
                    alignment: column.alignment)
            }
            guard list.scroll + offset == list.index else { continue }
            canvas.write("▸", x: 0, y: y, style: theme.title)
            canvas.restyle(row: y) { Style(foreground: $0.foreground, attributes: .reverse) }
        }
        let below = lines.count - list.scroll - area.rows
        guard below > 0 || list.scroll > 0, area.rows > 0 else { return }
        let note = " \(list.scroll > 0 ? "↑ \(list.scroll) " : "")\(below > 0 ? "↓ \(below) " : "")more "
        canvas.write(note, x: size.columns - note.displayWidth - 1, y: area.y + area.rows, style: theme.quiet)
    }
}

/// The names of calls in so many columns: the circuit's is whole if it fits, what it calls gets the rest.
///
/// Where another call in sight has the same circuit's name and calls somebody else, both get half.
struct MapNames {
    let circuit: String
    /// Empty where there is no room for it.
    let target: String

    private static let arrow = 3

    init(_ key: DependencyMap.EdgeKey, columns: Int, apartFrom others: [DependencyMap.EdgeKey]) {
        let (circuit, target) = (Self.clean(key.circuit), key.shownTarget)
        let (own, called) = (circuit.displayWidth, target.displayWidth)
        let twins = others.filter { $0.circuit == key.circuit }
        let names = others.map { Self.clean($0.circuit) }.filter { $0 != circuit }
        var room = columns
        if own + Self.arrow + called > columns, !twins.isEmpty {
            let half = max(1, (columns - Self.arrow) / 2)
            room = called < half ? columns - Self.arrow - called : half
        }
        self.circuit = circuit.shortened(toColumns: max(1, room), apartFrom: names)
        let left = columns - Self.arrow - self.circuit.displayWidth
        self.target = left < 1 ? "" : target.shortened(toColumns: left, apartFrom: twins.map(\.shownTarget))
    }

    private static func clean(_ text: String) -> String { text.sanitizedForDisplay(maxColumns: 60) }
}

extension DependencyMap.EdgeKey {
    fileprivate var isTargetKnown: Bool { if case .service = target { true } else { false } }

    fileprivate var shownTarget: String { isTargetKnown ? target.name.sanitizedForDisplay(maxColumns: 60) : "?" }
}

extension String {
    /// The text in at most so many columns, cut with `…` at its end, or in the middle or at its beginning where that leaves
    /// what tells it from others.
    fileprivate func shortened(toColumns columns: Int, apartFrom others: [String]) -> String {
        guard displayWidth > columns else { return self }
        for head in [columns - 1, (columns - 1) / 3, 0] {
            let short = cut(toColumns: columns, head: head)
            if others.allSatisfy({ $0.cut(toColumns: columns, head: head) != short }) { return short }
        }
        return cut(toColumns: columns, head: columns - 1)
    }

    /// So many columns of its beginning, `…`, and as much of its end as there is room for.
    private func cut(toColumns columns: Int, head: Int) -> String {
        guard displayWidth > columns else { return self }
        var tail = self[endIndex...]
        let room = columns - 1 - head
        while tail.startIndex > startIndex {
            let longer = self[index(before: tail.startIndex)...]
            guard String(longer).displayWidth <= room else { break }
            tail = longer
        }
        return truncated(toColumns: head + 1) + tail
    }
}

/// What a line of the map is made of.
struct MapCell {
    let line: MapLine
    /// What the analysis found it to be, where it is a beginning.
    let verdict: CascadeAnalysis.Finding.Verdict?
    let role: CascadeAnalysis.Role?
    /// The other calls of the same caller that are in sight.
    let neighbours: [DependencyMap.EdgeKey]
    let now: Milliseconds
    let theme: Theme
}

/// A column of the map.
struct MapColumn: Sendable {
    let title: String
    let layout: ColumnLayout.Column
    var alignment = Alignment.leading
    let text: @Sendable (MapCell, Int) -> [Span]

    /// From left to right. What is called gives way before states do, and a circuit's own name last.
    static let all: [MapColumn] = [
        MapColumn(title: "WHO CALLS WHOM", layout: .init(minimum: 22, ideal: 30, flexible: true, priority: 100)) {
            cell, width in
            cell.tree(width)
        },
        MapColumn(title: "STATE", layout: .init(minimum: 15, ideal: 19, priority: 99)) { cell, _ in cell.state },
        MapColumn(title: "CAUSE", layout: .init(minimum: 7, ideal: 10, priority: 98)) { cell, width in
            cell.cause(width)
        },
        MapColumn(title: "CALLS/s", layout: .init(minimum: 7, priority: 80), alignment: .trailing) { cell, _ in
            cell.rate(cell.line.edge?.callsPerSecond, cell.theme.plain)
        },
        MapColumn(title: "REFUSED/s", layout: .init(minimum: 9, priority: 90), alignment: .trailing) { cell, _ in
            cell.rate(cell.line.edge?.refusedPerSecond, cell.theme.alarm)
        },
        MapColumn(title: "RETRY/s", layout: .init(minimum: 7, priority: 60), alignment: .trailing) { cell, _ in
            cell.rate(cell.line.edge?.retriesPerSecond, cell.theme.attention)
        },
        MapColumn(title: "FOR", layout: .init(minimum: 8, priority: 70), alignment: .trailing) { cell, _ in
            cell.age
        },
    ]
}

extension MapCell {
    /// The line's place in the tree: guides, then the circuit and what it calls; a root is the service alone.
    func tree(_ width: Int) -> [Span] {
        guard let edge = line.edge else { return [Span(clean(line.node.place.name, width), theme.title)] }
        let glyph = Span(theme.glyph(edge.worst) + " ", theme.style(edge.worst))
        if let group = line.group {
            return [
                glyph, Span(clean("\(group.callers.of("caller")) → \(line.node.place.name)", width - 2), theme.title),
            ]
        }
        let step = width >= 60 ? 3 : 2
        let pad = String(repeating: " ", count: step - 1)
        let branch = (line.isLast ? "└" : "├") + String(repeating: "─", count: step - 1)
        var guides = line.guides.map { ($0 ? "│" : " ") + pad }.joined() + branch
        // However deep it lies, half of the room is for names.
        if guides.displayWidth > width / 2 { guides = "…" + String(guides.suffix(max(0, width / 2 - 1))) }
        let mark = reference.isEmpty ? "" : " " + reference
        let room = width - guides.displayWidth - 2 - mark.displayWidth
        return [
            Span(guides, theme.quiet), glyph,
        ] + names(edge.key, room) + [Span(mark, theme.quiet)]
    }

    private var reference: String {
        switch line.reference {
        case .none: ""
        case .shownAbove: "↑"
        case .shownBelow: "↓"
        case .cycle: "↺"
        }
    }

    /// The circuit and what it calls, so that no two of a caller's lines in sight look alike.
    private func names(_ key: DependencyMap.EdgeKey, _ room: Int) -> [Span] {
        let names = MapNames(key, columns: room, apartFrom: neighbours)
        guard !names.target.isEmpty else { return [Span(names.circuit, theme.plain)] }
        return [
            Span(names.circuit, theme.plain), Span(" → ", theme.quiet),
            Span(names.target, key.isTargetKnown ? theme.title : theme.quiet),
        ]
    }

    private func clean(_ text: String, _ columns: Int) -> String {
        text.sanitizedForDisplay(maxColumns: max(1, columns))
    }

    /// Glyph and word of the worst, and how many are so; first that a restart took a force away.
    var state: [Span] {
        guard let edge = line.edge else { return [] }
        let word =
            switch edge.worst {
            case .forced(.forcedClosed, _): "FORCED CLSD"
            case .forced: "FORCED OPEN"
            default: edge.worst.word
            }
        let share = edge.circuits.total > 1 ? " \(edge.circuits.count(of: edge.worst))/\(edge.circuits.total)" : ""
        let lost = edge.circuits.lost > 0 ? [Span("LOST! ", theme.alarm)] : []
        return lost + [Span("\(theme.glyph(edge.worst)) \(word)\(share)", theme.style(edge.worst))]
    }

    func cause(_ width: Int) -> [Span] {
        switch (verdict, role) {
        case (.root, _), (nil, .root): [Span("◂ ROOT", theme.alarm)]
        case (.forced, _): [Span("forced", theme.forced)]
        case (.over, _): [Span("◂ over", theme.attention)]
        case (.idle, _): [Span("idle", theme.quiet)]
        case (.unknown, _), (nil, .unknown): [Span("unknown", theme.attention)]
        case (nil, .explained): [Span("follows", theme.quiet)]
        case (nil, .mayFollow): [Span(width < 10 ? "follow?" : "may follow", theme.quiet)]
        default: []
        }
    }

    func rate(_ value: Double?, _ style: Style) -> [Span] {
        guard line.edge != nil else { return [] }
        return [Span(Format.rate(value), value ?? 0 > 0 ? style : theme.quiet)]
    }

    /// How long it has failed or been forced open, by what it shows as.
    var age: [Span] {
        guard let edge = line.edge, let onset = edge.isHeld ? edge.force?.onset : edge.fault?.onset else { return [] }
        let age = CircuitAge(span: now.saturatingDifference(onset.latest), isAtLeast: !onset.isExact)
        // A closed one that fails has done so for nobody knows how long.
        return age.isAtLeast && age.span == 0 ? [] : [Span(Format.age(age), theme.plain)]
    }
}

extension MapCounts {
    /// How many are as the worst one is.
    fileprivate func count(of standing: CircuitStanding) -> Int {
        switch standing {
        case .calculated(.open): open
        case .calculated(.halfOpen): halfOpen
        case .calculated(.closed): closed
        case .forced(.forcedClosed, _): forcedClosed
        case .forced: forcedOpen
        case .stale: stale
        case .stopped: stopped
        }
    }
}

/// Where failures began and why, in words: first of what is under the cursor, then of all else.
struct MapWords {
    let state: MapState
    let theme: Theme

    /// At most so many lines; what they leave out is said.
    func lines(columns: Int, maximum: Int) -> [[Span]] {
        guard let picture = state.picture else { return [[Span("looking at all circuits", theme.quiet)]] }
        let paragraphs = selected(picture) + losses(picture) + findings(picture) + notes(picture)
        let all = paragraphs.flatMap { $0.wrapped(toColumns: columns, indent: 4, maximumLines: maximum) }
        guard all.count > maximum else { return all }
        let rest = all.count - maximum + 1
        return all.prefix(maximum - 1) + [[Span("↓ \(rest) more lines: n goes to the next root", theme.quiet)]]
    }

    /// What the line under the cursor is, all that the columns had no room for.
    private func selected(_ picture: MapPicture) -> [[Span]] {
        if let line = state.groupLine, let edge = line.edge, let title = state.chosenTitle {
            let words = Span(" · O and C here are for all of them", theme.quiet)
            return [[Span(title, theme.title), Span("  ")] + counts(edge.circuits) + [words]]
        }
        guard let key = state.call, let place = picture.tree.lines.firstIndex(where: { $0.edge?.key == key }),
            let edge = picture.tree.lines[place].edge
        else { return [] }
        var line = [Span(name(key), theme.title), Span("  ")] + counts(edge.circuits)
        switch picture.cascade.roles[key] {
        case .explained(let cause): line += [Span(" · follows from ", theme.quiet), Span(name(cause))]
        case .mayFollow(let cause):
            line += [
                Span(" · may follow from ", theme.quiet), Span(name(cause)),
                Span(", as far as services' names tell", theme.quiet),
            ]
        case .root, .unknown, nil: break
        }
        if let node = picture.map.node(key.target), !node.isPublishing, case .service = key.target {
            line.append(Span(" · nobody publishes for \(clean(key.target.name, 60))", theme.quiet))
        }
        if let words = whatStandsBelow(place, picture.tree.lines) { line.append(Span(" · \(words)", theme.quiet)) }
        return [line]
    }

    /// Whose calls stand below a line, where that is not only what it leads to.
    private func whatStandsBelow(_ place: Int, _ lines: [MapLine]) -> String? {
        guard let target = lines[place].edge?.key.target else { return nil }
        let name = clean(target.name, 40)
        switch lines[place].reference {
        case .shownAbove: return "↑ what \(name) calls stands further up, once for all who call it"
        case .shownBelow: return "↓ what \(name) calls stands further down"
        case .cycle: return "↺ \(name) calls, over others, itself"
        case .none: break
        }
        let hasOwn = lines.indices.contains(place + 1) && lines[place + 1].depth > lines[place].depth
        guard hasOwn, lines.count(where: { $0.edge?.key.target == target }) > 1 else { return nil }
        return "below it stands what \(name) calls for all who call it"
    }

    /// Forces that a restart took away: whoever gave them takes them to hold.
    private func losses(_ picture: MapPicture) -> [[Span]] {
        let edges = picture.map.edges.filter { $0.circuits.lost > 0 }
        guard !edges.isEmpty else { return [] }
        let names = edges.prefix(3).map { name($0.key) }.joined(separator: ", ") + more(edges.count - 3)
        let words = "  a restart took the override away, and nobody has decided since"
        return [[Span("◂ LOST: ", theme.alarm), Span(names, theme.title), Span(words)]]
    }

    private func counts(_ counts: MapCounts) -> [Span] {
        let all: [(Int, CircuitStanding)] = [
            (counts.open, .calculated(.open)), (counts.halfOpen, .calculated(.halfOpen)),
            (counts.forcedOpen, .forced(.forcedOpen, calculated: nil)),
            (counts.forcedClosed, .forced(.forcedClosed, calculated: nil)), (counts.stale, .stale(nil, .none)),
            (counts.closed, .calculated(.closed)), (counts.stopped, .stopped),
        ]
        let parts = all.filter { $0.0 > 0 }.map { count, standing in
            Span(" \(theme.glyph(standing)) \(count) \(standing.word)", theme.style(standing))
        }
        let lost = counts.lost > 0 ? [Span(" \(counts.lost) LOST", theme.alarm)] : []
        return parts + lost + [Span(" of \(counts.total)", theme.quiet)]
    }

    private func findings(_ picture: MapPicture) -> [[Span]] {
        let all = picture.cascade.findings
        guard !all.isEmpty else { return [calm(picture.map.circuits)] }
        var order = Array(all.indices)
        if let own = state.cause {
            order.removeAll { $0 == own }
            order.insert(own, at: 0)
        }
        return order.prefix(20).map { words(all[$0]) }
    }

    /// That nothing fails, as far as anybody can say so.
    private func calm(_ circuits: MapCounts) -> [Span] {
        guard circuits.total > 0 else { return [Span("no circuit is known, so nothing can be said", theme.attention)] }
        guard circuits.fresh > 0 else {
            return [Span("nobody is heard, so whether calls fail is not known", theme.attention)]
        }
        return [Span("no circuit is seen open, nor forced open: no cascade", theme.quiet)]
    }

    private func words(_ finding: CascadeAnalysis.Finding) -> [Span] {
        let head =
            switch finding.verdict {
            case .root: Span("◂ likely root: ", theme.alarm)
            case .forced: Span("◂ forced: ", theme.forced)
            case .unknown: Span("? unknown: ", theme.attention)
            case .over: Span("◂ over by now: ", theme.attention)
            case .idle: Span("◂ idle: ", theme.quiet)
            }
        let target = target(finding)
        let edges = finding.edges.prefix(3).map { target == nil ? name($0) : circuit($0) }
        let names = edges.joined(separator: ", ") + more(finding.count - 3)
        let line = [
            head, Span(target.map { "\($0): " } ?? "", theme.title), Span(names, theme.title),
            Span("  \(finding.reason.sanitizedForDisplay(maxColumns: 1_000))"),
        ]
        let (sure, unsure) = (
            finding.explains.filter { !finding.mayExplain.contains($0) },
            finding.explains.filter(finding.mayExplain.contains)
        )
        return line + effects("explains", sure) + effects("may explain", unsure)
    }

    private func effects(_ verb: String, _ edges: [DependencyMap.EdgeKey]) -> [Span] {
        guard !edges.isEmpty else { return [] }
        let names = edges.prefix(4).map(name).joined(separator: ", ")
        return [Span("; \(verb) \(edges.count): \(names)\(more(edges.count - 4))", theme.quiet)]
    }

    /// What fails, where it does for more than one circuit.
    private func target(_ finding: CascadeAnalysis.Finding) -> String? {
        guard finding.verdict == .root || finding.verdict == .forced, finding.count > 1,
            case .service(let service)? = finding.edges.first?.target
        else { return nil }
        let who = finding.callers > 1 ? "for \(finding.callers) callers" : "in \(finding.count) circuits of one caller"
        return "\(clean(service, 40)) \(finding.verdict == .root ? "fails" : "is held") \(who)"
    }

    private func more(_ count: Int) -> String { count > 0 ? " and \(count) more" : "" }

    private func notes(_ picture: MapPicture) -> [[Span]] {
        var notes: [String] = []
        let (stale, total) = (picture.map.circuits.stale, picture.map.circuits.total)
        if stale > 0 {
            notes.append("nothing is heard of \(stale) of \(total.of("circuit")): what they are now is not known")
        }
        if picture.map.leftOut > 0 {
            notes.append(
                "\(picture.map.leftOut.of("circuit")) left out: the map holds \(DependencyMap.maximumEdges) kinds of calls"
            )
        }
        if picture.tree.isCut { notes.append("the tree is cut after \(MapTree.maximumLines) lines") }
        return notes.map { [Span($0, theme.attention)] }
    }

    private func name(_ key: DependencyMap.EdgeKey) -> String {
        guard case .service(let target) = key.target else {
            return circuit(key)
        }
        return "\(circuit(key)) → \(clean(target, 40))"
    }

    private func circuit(_ key: DependencyMap.EdgeKey) -> String {
        "\(clean(key.caller, 40))/\(clean(key.circuit, 40))"
    }

    private func clean(_ text: String, _ columns: Int) -> String { text.sanitizedForDisplay(maxColumns: columns) }
}
