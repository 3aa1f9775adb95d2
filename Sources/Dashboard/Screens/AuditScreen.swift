// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Screen {
    static let audit = Screen(
        id: .audit, title: "Audit",
        help: [
            "what this screen and others did to circuits, and what came of it",
            "Forces of this screen that last stand on top, those that miss a circuit first; then its last orders, circuit by",
            "circuit; then everybody's record, the newest first, of the circuits that the filter lets through.",
            "▸ is what this screen did. The line under the cursor stands below in full; x stops an order or forgets a force.",
        ],
        draw: { dashboard, canvas, area in dashboard.drawAudit(on: &canvas, in: area) },
        move: { dashboard, movement, area in
            dashboard.moveInAudit(movement, in: area)
        },
        click: { dashboard, point, area in dashboard.clickAudit(at: point, in: area) }
    )
}

/// A line of the audit view: what it is about; its text is made when it is drawn.
enum AuditRow: Sendable, Hashable {
    case heading(String)
    /// A line of a hold's sentence, by its place in it.
    case hold(Int, part: Int, String)
    case order(Int)
    /// What came of an order at one circuit, by its place among the order's.
    case target(order: Int, index: Int)
    case line(AuditLine)

    /// What it is, whatever it says by now and wherever it stands.
    var place: AuditPlace {
        switch self {
        case .heading(let title): .heading(title)
        case .hold(let number, let part, _): .hold(number, part: part)
        case .order(let number): .order(number)
        case .target(let order, let index): .target(order: order, index: index)
        case .line(let line): .line(line.number)
        }
    }
}

/// What the cursor of the audit view is on: lines come, change and move under it.
enum AuditPlace: Sendable, Hashable {
    case heading(String)
    case hold(Int, part: Int)
    case order(Int)
    case target(order: Int, index: Int)
    case line(Int)
}

/// The lines of the audit view. There may be very many: what is asked for is made, and nothing else.
struct AuditRows {
    /// The forces with their heading.
    private let forces: [AuditRow]
    /// The orders' numbers with how many targets are listed, the newest first, and the row on which each begins.
    private let orders: [(number: Int, targets: Int, first: Int)]
    /// The oldest first.
    private let record: [AuditLine]
    private let recordTitle: String
    /// The row of the record's heading, or behind the last one.
    private let recordHead: Int
    let count: Int

    init(forces: [AuditRow], orders all: [(number: Int, targets: Int)], record: [AuditLine], title: String) {
        self.forces = forces.isEmpty ? [] : [.heading("Forces of this screen")] + forces
        (self.record, recordTitle) = (record, title)
        var row = self.forces.count + (all.isEmpty ? 0 : 1)
        var orders: [(number: Int, targets: Int, first: Int)] = []
        for order in all {
            orders.append((order.number, order.targets, row))
            row += 1 + order.targets
        }
        self.orders = orders
        recordHead = row
        count = row + (record.isEmpty ? 0 : record.count + 1)
    }

    var isEmpty: Bool { count == 0 }
    var indices: Range<Int> { 0..<count }

    subscript(index: Int) -> AuditRow {
        if index < forces.count { return forces[index] }
        if index == recordHead { return .heading(recordTitle) }
        // The newest line of the record comes first.
        if index > recordHead { return .line(record[record.count - (index - recordHead)]) }
        guard let order = orders.last(where: { $0.first <= index }) else { return .heading("Orders of this screen") }
        return index == order.first
            ? .order(order.number) : .target(order: order.number, index: index - order.first - 1)
    }

    /// Where the row of a place is; `nil` = nowhere any more.
    func index(of place: AuditPlace) -> Int? {
        switch place {
        case .heading, .hold:
            return forces.firstIndex { $0.place == place }
                ?? [forces.count, recordHead].first { indices.contains($0) && self[$0].place == place }
        case .order(let number): return orders.first { $0.number == number }?.first
        case .target(let number, let index):
            return orders.first { $0.number == number && index < $0.targets }.map { $0.first + 1 + index }
        case .line(let number):
            return record.lastIndex { $0.number == number }.map { recordHead + record.count - $0 }
        }
    }
}

/// Where the operator is in the audit view: the cursor stays with its line, and that stays where it is on the screen.
struct AuditCursor: Sendable {
    /// What it is on; `nil` = there is nothing.
    private(set) var selected: AuditPlace?
    var state = ListState()

    var index: Int { state.index }

    /// Takes the rows as they are now.
    mutating func refresh(_ rows: AuditRows) {
        if let selected, let index = rows.index(of: selected) {
            state.scroll += index - state.index
            state.index = index
        }
        select(state.index, of: rows)
    }

    mutating func select(_ index: Int, of rows: AuditRows) {
        state.index = max(0, min(index, rows.count - 1))
        selected = rows.isEmpty ? nil : rows[state.index].place
    }
}

extension Dashboard {
    // MARK: - Rows

    func auditRows(columns: Int) -> AuditRows {
        let holds = operations.holds.all
        let forces = (operations.holds.asking + holds.filter { !$0.needsAttention }).flatMap { hold in
            sentence(of: hold).wrapped(toColumns: columns - 2, indent: 2).enumerated().map { part, text in
                AuditRow.hold(hold.number, part: part, text)
            }
        }
        let orders = operations.orders.all.reversed().map { order in
            (number: order.number, targets: order.targets.count > 1 ? order.targets.count : 0)
        }
        return AuditRows(
            forces: forces, orders: orders, record: record,
            title: table.filter.isEmpty ? "Record" : "Record, of circuits that the filter lets through")
    }

    private func sentence(of hold: GroupHold) -> String {
        let end = hold.end.map { ", for another \(Format.countdown($0.saturatingDifference(now.up)))" }
        let isNext = hold.number == operations.holds.urgent?.number
        return hold.sentence + (hold.needsAttention ? (isNext ? " \(Keymap.key(for: "again"))" : "") : end ?? "")
    }

    /// The oldest first. Who is gone from the fleet passes no filter.
    private var record: [AuditLine] {
        let lines = operations.audit.lines
        guard !table.filter.isEmpty else { return lines }
        // Only circuits that the record names are asked: the fleet may have very many others.
        let named = Dictionary(grouping: Set(lines.map(\.member))) { [$0.service, $0.instance] }
        var shown: Set<GroupHold.Member> = []
        for instance in fleet.instances.values {
            for member in named[[instance.identity.service, instance.identity.instance]] ?? [] {
                guard let key = instance.circuit(named: member.name)?.value.key, let circuit = fleet.circuit(key)
                else { continue }
                if table.filter.matches(circuit) { shown.insert(member) }
            }
        }
        return lines.filter { shown.contains($0.member) }
    }

    private func spans(of row: AuditRow) -> [Span] {
        switch row {
        case .heading(let title): return [Span(title, theme.heading)]
        case .hold(let number, _, let text):
            let isMissing = operations.holds.all.contains { $0.number == number && $0.needsAttention }
            return [Span(text, isMissing ? theme.alarm : theme.forced)]
        case .order(let number): return order(number)?.status(at: now.up, theme) ?? []
        case .target(let number, let index):
            guard let order = order(number), order.targets.indices.contains(index) else { return [] }
            return [Span("  ")] + order.line(of: index, at: now.up, theme)
        case .line(let line): return line.spans(theme, clock)
        }
    }

    private func order(_ number: Int) -> Order? { operations.orders.all.first { $0.number == number } }

    // MARK: - Drawing

    struct AuditLayout {
        var list: Rect
        /// The line under the cursor in full; empty where there is no room.
        var full: Rect
    }

    func auditLayout(_ area: Rect) -> AuditLayout {
        let rows = area.rows >= 12 ? 3 : area.rows >= 7 ? 1 : 0
        return AuditLayout(
            list: Rect(x: area.x, y: area.y, columns: area.columns, rows: area.rows - rows - min(1, rows)),
            full: Rect(x: area.x, y: area.y + area.rows - rows, columns: area.columns, rows: rows))
    }

    /// The cursor with these rows: its line stays where it is on the screen, whatever came above it.
    private func auditList(_ rows: AuditRows, _ layout: AuditLayout) -> AuditCursor {
        var list = auditList
        list.refresh(rows)
        return beside(list, rows, by: 1, layout)
    }

    /// The cursor is on no heading, and the first of these is seen with the line below it.
    private func beside(_ list: AuditCursor, _ rows: AuditRows, by step: Int, _ layout: AuditLayout) -> AuditCursor {
        var list = list
        if rows.indices.contains(list.index), case .heading = rows[list.index] {
            list.select(list.index + (list.index == 0 ? 1 : step), of: rows)
        }
        list.state.settle(count: rows.count, rows: layout.list.rows)
        if list.index == 1 { list.state.scroll = 0 }
        return list
    }

    mutating func moveInAudit(_ movement: Movement, in area: Rect) {
        let rows = auditRows(columns: area.columns)
        let layout = auditLayout(area)
        var list = auditList(rows, layout)
        list.state.move(movement, count: rows.count, rows: layout.list.rows)
        list.select(list.index, of: rows)
        let isUpwards = movement == .up || movement == .pageUp
        auditList = beside(list, rows, by: isUpwards ? -1 : 1, layout)
    }

    /// Whether the view has whole and in sight what the line of status would tell: the force that asks first, or the last order.
    var isStatusListed: Bool {
        guard screen == .audit else { return false }
        let (now, urgent) = (now.up, operations.holds.urgent)
        let orders = operations.orders.all
        var told = urgent.map { [AuditPlace.hold($0.number, part: 0)] } ?? []
        if let last = orders.last, urgent.map({ last.goesBefore($0, at: now) }) ?? true {
            let wrong = orders.dropLast().last { $0.wentWrong(at: now) }
            told = [last, wrong].compactMap { $0.map { .order($0.number) } }
        }
        let (rows, layout) = (auditRows(columns: body.columns), auditLayout(body))
        let cursor = auditList(rows, layout)
        let inSight = cursor.state.scroll..<(cursor.state.scroll + layout.list.rows)
        return told.allSatisfy { place in
            guard let index = rows.index(of: place), inSight.contains(index) else { return false }
            return index == cursor.index && !layout.full.isEmpty || isWhole(rows[index], columns: layout.list.columns)
        }
    }

    /// Whether a line of the list is not cut at the edge.
    private func isWhole(_ row: AuditRow, columns: Int) -> Bool { spans(of: row).displayWidth <= columns - 2 }

    func drawAudit(on canvas: inout Canvas, in area: Rect) {
        let rows = auditRows(columns: area.columns)
        guard !rows.isEmpty else {
            let hidden = table.filter.isEmpty ? "" : " that the filter lets through"
            canvas.write(
                "nothing was done to any circuit\(hidden) since this screen began", x: 2, y: area.y + 1,
                style: theme.quiet)
            return
        }
        let layout = auditLayout(area)
        let list = auditList(rows, layout).state
        for index in rows.indices.dropFirst(list.scroll).prefix(layout.list.rows) {
            let y = layout.list.y + index - list.scroll
            canvas.write([Span(" ")] + spans(of: rows[index]), x: 0, y: y, maximumColumns: area.columns - 1)
            guard index == list.index else { continue }
            canvas.restyle(row: y) { Style(foreground: $0.foreground, attributes: .reverse) }
        }
        guard !layout.full.isEmpty, rows.indices.contains(list.index) else { return }
        drawFull(rows[list.index], list, count: rows.count, on: &canvas, layout)
    }

    private func drawFull(
        _ row: AuditRow, _ list: ListState, count: Int, on canvas: inout Canvas, _ layout: AuditLayout
    ) {
        canvas.rule(y: layout.full.y - 1, style: theme.rule)
        let below = count - list.scroll - layout.list.rows
        if below > 0 { canvas.write(" ↓ \(below) more ", x: 2, y: layout.full.y - 1, style: theme.quiet) }
        let lines = fullLines(of: row, layout)
        for (offset, line) in lines.prefix(layout.full.rows).enumerated() {
            canvas.write([Span(line)], x: 1, y: layout.full.y + offset, maximumColumns: layout.full.columns - 2)
        }
    }

    /// What the list shows whole is not said twice.
    private func fullLines(of row: AuditRow, _ layout: AuditLayout) -> [String] {
        guard !isWhole(row, columns: layout.list.columns) else { return [] }
        return spans(of: row).map(\.text).joined().wrapped(toColumns: layout.full.columns - 2, indent: 2)
    }

    /// The rows at the foot of the view that the line under the cursor does not need.
    var auditFreeRows: Int {
        let layout = auditLayout(body)
        let lines = auditRowAtCursor.map { fullLines(of: $0, layout).count } ?? 0
        return max(0, layout.full.rows - lines)
    }

    // MARK: - Keys

    var auditRowAtCursor: AuditRow? {
        let rows = auditRows(columns: body.columns)
        let index = auditList(rows, auditLayout(body)).index
        return rows.indices.contains(index) ? rows[index] : nil
    }

    /// Enter: to the circuit that the line is about.
    mutating func enterAudit() -> [Effect] {
        guard let row = auditRowAtCursor, let member = member(of: row) else {
            notice = "this line is about no single circuit"
            return []
        }
        let process = InstanceKey(service: member.service, instance: member.instance, boot: "")
        guard let key = fleet.newest(member.name, of: process) else {
            notice = "\(member.instance)/\(member.name)".sanitizedForDisplay(maxColumns: 60) + " is not there any more"
            return []
        }
        return visit(key, on: .circuit)
    }

    private func member(of row: AuditRow) -> GroupHold.Member? {
        switch row {
        case .heading: return nil
        case .hold(let number, _, _):
            return operations.holds.all.first { $0.number == number }?.report.missing.first.map(GroupHold.Member.init)
        case .order(let number):
            let targets = order(number)?.targets ?? []
            return targets.count == 1 ? GroupHold.Member(targets[0].key) : nil
        case .target(let number, let index): return order(number).map { GroupHold.Member($0.targets[index].key) }
        case .line(let line): return line.circuit.isEmpty ? nil : line.member
        }
    }

    /// x: the order under the cursor stops going out; of a force nothing more is said, and it goes on.
    mutating func forgetAtCursor() {
        let now = keyReadAt
        refreshAudit()
        if let lost = auditLostAt, now.saturatingDifference(lost) < Self.lostTime {
            notice = "the line that the cursor was on is gone: look again"
            return
        }
        // A held key is one wish.
        if let last = forgottenAt, now.saturatingDifference(last) < OrderDialog.repeatTime {
            forgottenAt = now
            return
        }
        switch auditRowAtCursor {
        case .hold(let number, _, _):
            guard let hold = operations.holds.all.first(where: { $0.number == number }) else { return }
            operations.drop(number)
            forgottenAt = now
            notice = "nothing more is said of: \(hold.action.title.lowercased()) \(hold.place); it goes on"
        case .order(let number), .target(let number, _):
            let (waiting, sent) = operations.stop(number, at: self.now.up)
            forgottenAt = now
            let rest = sent > 0 ? ", \(sent) without an answer yet" : ""
            notice =
                waiting == 0 && sent == 0
                ? "nothing of that order is on its way" : "stopped: \(waiting.of("command")) not sent\(rest)"
        case .heading, .line, nil: notice = "the cursor is on no force and no order of this screen"
        }
    }

    /// The cursor stays with its line from the moment that it is seen there.
    mutating func refreshAudit() {
        let former = auditList.selected
        auditList = auditList(auditRows(columns: body.columns), auditLayout(body))
        if let former, auditList.selected != former { auditLostAt = now.up }
    }

    /// How long after the line under the cursor has gone a key may still have been meant for that one.
    private static let lostTime: Milliseconds = 1_500

    mutating func clickAudit(at point: Point, in area: Rect) {
        let rows = auditRows(columns: area.columns)
        let layout = auditLayout(area)
        guard layout.list.contains(point) else { return }
        var list = auditList(rows, layout)
        list.select(list.state.scroll + point.y - layout.list.y, of: rows)
        auditList = beside(list, rows, by: 1, layout)
    }
}

extension AuditLine {
    var member: GroupHold.Member { GroupHold.Member(service: service, instance: instance, name: circuit) }
}
