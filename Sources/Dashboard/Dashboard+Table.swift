// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
package import Fleet

/// What keys do in the table of circuits.
extension Dashboard {
    /// The circuit under the cursor.
    package var selection: CircuitKey? { table.selection }

    /// The circuits that the table shows, from top to bottom.
    package var order: [CircuitKey] {
        table.rows.compactMap { if case .circuit(let handle) = $0 { fleet.key(of: handle) } else { nil } }
    }

    mutating func keepSelectionInSight() { table.keepInSight(rows: circuitsLayout(body).table.rows) }

    mutating func moveInTable(_ movement: Movement, rows: Int) {
        let page = max(1, rows - 1)
        switch movement {
        case .up: table.move(by: -1, in: fleet)
        case .down: table.move(by: 1, in: fleet)
        case .pageUp: table.move(by: -page, in: fleet)
        case .pageDown: table.move(by: page, in: fleet)
        case .first: table.select(0, in: fleet)
        case .last: table.select(table.rows.count - 1, in: fleet)
        }
        keepSelectionInSight()
    }

    // MARK: - Order and groups

    /// Orders by a column; by the same again, the other way round.
    mutating func sort(by column: Column) -> [Effect] {
        table.isReversed = table.sortColumn == column.id && !table.isReversed
        table.sortColumn = column.id
        notice = "ordered by \(column.title)\(table.isReversed ? ", reversed" : "")"
        return surveyAnew()
    }

    /// Orders by the next of the columns in sight, or by the one before.
    mutating func sortByNeighbour(_ step: Int) -> [Effect] {
        let ids = table.columns
        guard !ids.isEmpty else { return [] }
        let index = ids.firstIndex(of: table.sortColumn) ?? 0
        guard let column = Column.named(ids[(index + step + ids.count) % ids.count]) else { return [] }
        table.isReversed = false
        table.sortColumn = ""
        return sort(by: column)
    }

    mutating func reverseOrder() -> [Effect] {
        table.isReversed.toggle()
        return surveyAnew()
    }

    mutating func group(by grouping: Grouping) -> [Effect] {
        table.grouping = grouping
        table.folded = []
        notice = grouping == .none ? "not grouped" : "grouped by \(grouping.words)"
        return surveyAnew()
    }

    mutating func groupByNext() -> [Effect] {
        let all = Grouping.allCases
        return group(by: all[((all.firstIndex(of: table.grouping) ?? 0) + 1) % all.count])
    }

    /// Folds or unfolds the group under the cursor; of a circuit, the group that it is in.
    mutating func fold(_ isFolded: Bool) -> [Effect] {
        guard let group = groupAtCursor else { return [] }
        if isFolded { table.folded.insert(group) } else { table.folded.remove(group) }
        if isFolded { table.selected = .group(group) }
        return surveyAnew()
    }

    mutating func foldAll() -> [Effect] {
        guard table.grouping != .none else { return [] }
        let all = Set(roster.groups.map(\.key))
        if let group = groupAtCursor, table.folded != all { table.selected = .group(group) }
        table.folded = table.folded == all ? [] : all
        return surveyAnew()
    }

    var groupAtCursor: GroupKey? {
        guard table.grouping != .none else { return nil }
        switch table.selected {
        case nil: return nil
        case .group(let key): return key
        case .circuit(let key): return fleet.circuit(key).map(table.grouping.group)
        }
    }

    // MARK: - Filter and search

    mutating func toggleFaultsOnly() -> [Effect] {
        table.isFaultsOnly.toggle()
        notice = table.isFaultsOnly ? "only what wants to be looked at; ! shows all again" : "all circuits"
        return surveyAnew()
    }

    /// Asks for the filter of the view; of the circuits where it has none.
    mutating func openFilter() {
        showFiltered()
        open(Prompt(.filter, text: Screen.named(screen).filter?.text(self) ?? ""))
    }

    /// Goes to the circuits from a view that has no filter of its own.
    mutating func showFiltered() {
        if Screen.named(screen).filter == nil { show(.circuits) }
    }

    func filterCompletions(of text: String, cursor: Int) -> Completions {
        let filter = Screen.named(screen).filter ?? Screen.circuits.filter
        return filter?.complete(text, cursor, queryNames) ?? Completions()
    }

    /// Ends typing a filter: the table shows what matches, even if that is nothing.
    mutating func keepFilter() -> [Effect] {
        guard screen == .circuits else { return [] }
        return surveyAnew()
    }

    /// Whether a filter of the circuits is being typed: as long as nothing matches it, the table stays as it was.
    var isFilterTyped: Bool {
        if case .prompt(let prompt) = mode { screen == .circuits && prompt.kind == .filter } else { false }
    }

    /// What may be meant otherwise in a filter that nothing matches.
    var filterRemark: String? {
        guard hasNoMatch, roster.totals.circuits > 0 else { return nil }
        return table.filter.remark?.sanitizedForDisplay(maxColumns: 200)
    }

    var queryNames: QueryCompletions.Names {
        QueryCompletions.Names { [fleet] kind, prefix in fleet.names(kind, beginningWith: prefix) }
    }

    mutating func clearFilter() -> [Effect] {
        if screen != .circuits, let filter = Screen.named(screen).filter {
            do { return try filter.take(&self, "") } catch { return [] }
        }
        table.filter = CircuitQuery()
        table.isFaultsOnly = false
        return surveyAnew()
    }

    /// Goes to the next circuit of the table that the words looked for are found in, or to the one before; round the ends.
    mutating func find(by step: Int, includingThis: Bool = false) {
        let query = CircuitQuery(plainWords: table.find)
        guard !query.isEmpty else {
            notice = "nothing to find yet: F3 asks for it"
            return
        }
        search = RowSearch(
            query: query, step: step, place: table.selectedIndex + (includingThis ? 0 : step), left: table.rows.count)
        goOnSearching()
    }

    /// Looks at so many rows as no key has to wait for; rows that come or go meanwhile may be missed.
    mutating func goOnSearching() {
        guard var search else { return }
        self.search = nil
        let count = table.rows.count
        for _ in 0..<min(search.left, Self.surveyStep) where count > 0 {
            let place = (search.place % count + count) % count
            if case .circuit(let handle) = table.rows[place],
                let circuit = fleet.circuit(handle), search.query.matches(circuit)
            {
                table.select(place, in: fleet)
                return keepSelectionInSight()
            }
            search.place = place + search.step
            search.left -= 1
        }
        if search.left > 0, count > 0 {
            self.search = search
        } else {
            notice = "no circuit shown matches “\(table.find.sanitizedForDisplay(maxColumns: 40))”"
        }
    }

    // MARK: - Marks

    /// What an action is meant for: the marked circuits if there are any, else the group or the circuit under the cursor.
    var targets: [CircuitKey] {
        if !table.marks.isEmpty { return table.marks.sorted() }
        switch table.selected {
        case nil: return []
        case .circuit(let key): return [key]
        case .group(let group): return members(of: group)
        }
    }

    func members(of group: GroupKey) -> [CircuitKey] {
        roster.group(group)?.members.compactMap { fleet.key(of: $0.handle) } ?? []
    }

    /// The most circuits that can be marked: far more than an order may be meant for.
    static let maximumMarks = 5_000

    /// Marks what is under the cursor, or takes the mark away, and goes on to the next row.
    mutating func toggleMark() {
        switch table.selected {
        case nil: return
        case .circuit(let key): if table.marks.remove(key) == nil { mark([key]) }
        case .group(let group):
            let members = members(of: group)
            if members.allSatisfy(table.marks.contains) {
                table.marks.subtract(members)
            } else {
                mark(members)
            }
        }
        table.move(by: 1, in: fleet)
        keepSelectionInSight()
    }

    /// Marks the circuits whose rows are there: neither what is folded away, nor what came since rows hold still.
    mutating func markAllShown() {
        notice = nil
        // No more than can be marked beside what is marked already.
        let shown = table.rows.lazy.filter(\.isCircuit).prefix(Self.maximumMarks + table.marks.count + 1)
        mark(Array(shown).compactMap { if case .circuit(let handle) = $0 { fleet.key(of: handle) } else { nil } })
        let words = table.marks.isEmpty ? "no circuit is shown" : "\(table.marks.count) marked; U takes all marks away"
        notice = notice ?? words
    }

    private mutating func mark(_ keys: some Sequence<CircuitKey>) {
        for key in keys where !table.marks.contains(key) {
            guard table.marks.count < Self.maximumMarks else {
                return notice = "\(table.marks.count) marked, the most there can be; U takes all marks away"
            }
            table.marks.insert(key)
        }
    }
}

/// Circuits to come back to.
extension Dashboard {
    /// The most bookmarks that are kept.
    private static let maximumBookmarks = 100

    func isBookmarked(_ key: CircuitKey) -> Bool { table.bookmarks.contains { $0.isSameCircuit(as: key) } }

    mutating func toggleBookmark() {
        guard let key = screen == .circuit ? shownCircuit : selection else { return notice = "no circuit is selected" }
        guard !isBookmarked(key) else { return table.bookmarks.removeAll { $0.isSameCircuit(as: key) } }
        guard table.bookmarks.count < Self.maximumBookmarks else {
            return notice = "there are \(Self.maximumBookmarks) bookmarks already"
        }
        table.bookmarks.append(key)
    }

    /// Goes to the bookmark after the one under the cursor, or to the first.
    mutating func visitNextBookmark() {
        guard !table.bookmarks.isEmpty else { return notice = "no bookmark is set: b sets one" }
        let index = selection.flatMap { key in table.bookmarks.firstIndex { $0.isSameCircuit(as: key) } } ?? -1
        let next = (1...table.bookmarks.count).map { step in
            fleet.heir(of: table.bookmarks[(index + step + table.bookmarks.count) % table.bookmarks.count])
        }
        let shown = table.shown(of: next.compactMap(fleet.handle))
        for key in next where fleet.handle(of: key).map(shown.contains) ?? false {
            table.selected = .circuit(key)
            table.locateSelection(in: fleet)
            shownCircuit = key
            return keepSelectionInSight()
        }
        notice = "no bookmarked circuit is shown: \\ drops the filter"
    }
}

extension Grouping {
    /// What circuits are gathered by, in words.
    var words: String {
        switch self {
        case .none: "nothing"
        case .service: "service"
        case .circuit: "circuit, across instances"
        case .target: "the service that is called"
        case .state: "state"
        }
    }
}

/// A way through the table's rows to those that words are found in, gone in steps.
struct RowSearch: Sendable {
    let query: CircuitQuery
    /// 1 = down, -1 = up.
    let step: Int
    /// The row to look at next, before or beyond the ends too.
    var place: Int
    /// The rows that have not been looked at.
    var left: Int
}
