// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
package import Fleet

/// The table of circuits: which it shows, in which order, and where the operator is in it.
package struct TableState: Sendable {
    /// A line of the table.
    package enum Row: Sendable, Hashable {
        /// The head of a group.
        case group(GroupKey)
        case circuit(CircuitHandle)
        /// More about the circuit above; never selected.
        case note(CircuitHandle)

        var isCircuit: Bool {
            if case .circuit = self { true } else { false }
        }
    }

    /// What the cursor is on. A circuit is known by its names, so that it is found again after a restart.
    package enum Selected: Sendable, Hashable {
        case circuit(CircuitKey)
        case group(GroupKey)
    }

    /// From top to bottom.
    package internal(set) var rows: [Row] = []
    package internal(set) var selected: Selected?
    /// The first row in sight.
    var scroll = 0
    /// By the ``Column/id`` of its columns, from left to right.
    package internal(set) var columns = Column.standard
    package internal(set) var sortColumn = Column.all[0].id
    package internal(set) var isReversed = false
    package internal(set) var grouping = Grouping.none
    package internal(set) var folded: Set<GroupKey> = []
    /// What was typed last that is a filter.
    package internal(set) var filter = CircuitQuery()
    package internal(set) var isFaultsOnly = false
    package internal(set) var marks: Set<CircuitKey> = []
    /// In the order in which they were set; a circuit is found again after a restart.
    package internal(set) var bookmarks: [CircuitKey] = []
    /// Words to go from match to match by.
    var find = ""
    /// Whether the details of the selected circuit show below; `nil` = as the size suggests.
    package internal(set) var showsDetails: Bool?

    private var index = 0
    /// Whether the operator put the cursor where it is; until then it is on the first row, the worst.
    private var isPlaced = false
    /// Whether the rows are not what a survey made of them, since they hold still.
    private(set) var isBehind = false
    /// The circuit that the cursor was on until it left the filter; `nil` once the operator went on.
    private(set) var left: CircuitKey?
    /// Of the fleet, when the rows were last brought up to date.
    private var membership = -1
    /// Rows hold still until then, in the monitor's monotonic time: nothing moves under the cursor in the moment of a key.
    private var heldUntil: Milliseconds = .min

    /// Beyond this, rows that hold still are looked through only when circuits came or went: a key must not wait for it.
    private static let largeTable = 5_000
    /// How long rows hold still after a key.
    static let holdTime: Milliseconds = 1_500

    package init() {}

    // MARK: - What is shown

    /// What a survey shall look for.
    var plan: SurveyPlan {
        let column = Column.named(sortColumn) ?? Column.all[0]
        return SurveyPlan(
            query: filter, isFaultsOnly: isFaultsOnly, isDescending: column.isDescending != isReversed,
            grouping: grouping, value: column.value)
    }

    /// Whether something that is there may not be shown.
    var isFiltered: Bool { !filter.isEmpty || isFaultsOnly }

    /// The operator pressed a key: what is seen now is known.
    mutating func hold(from now: Milliseconds) {
        heldUntil = now.saturatingSum(Self.holdTime)
        left = nil
    }

    mutating func release() { heldUntil = .min }

    mutating func forgetLeft() { left = nil }

    func isHeld(at now: Milliseconds) -> Bool { now < heldUntil }

    /// Brings the rows up to date, unless they hold still; then only new ones are added and gone ones leave.
    ///
    /// - Parameter now: on the monitor's monotonic clock, whatever moment the fleet is of.
    mutating func arrange(_ roster: Roster, in fleet: FleetModel, at now: Milliseconds) {
        defer { membership = fleet.membership }
        if !isHeld(at: now) {
            rows = lines(of: roster)
            isBehind = false
        } else if rows.count <= Self.largeTable || membership != fleet.membership {
            // What no longer matches the filter stays as well, as long as it is there at all.
            rows = rows.filter { isThere($0, fleet) }
            if grouping == .none { append(newcomersOf: roster) }
            isBehind = rows != lines(of: roster)
        } else {
            isBehind = true
        }
        keepSelection(in: fleet)
    }

    private func lines(of roster: Roster) -> [Row] {
        var lines: [Row] = []
        lines.reserveCapacity(roster.count + roster.groups.count)
        for group in roster.groups {
            if grouping != .none { lines.append(.group(group.key)) }
            guard !folded.contains(group.key) else { continue }
            for member in group.members {
                lines.append(.circuit(member.handle))
                if member.isForced { lines.append(.note(member.handle)) }
            }
        }
        return lines
    }

    private func isThere(_ row: Row, _ fleet: FleetModel) -> Bool {
        switch row {
        case .group: true
        case .circuit(let handle), .note(let handle): fleet.contains(handle)
        }
    }

    private mutating func append(newcomersOf roster: Roster) {
        let known = Set(rows)
        for line in lines(of: roster) where !known.contains(line) {
            // What is told about a circuit stands below it.
            if case .note(let handle) = line, let place = rows.firstIndex(of: .circuit(handle)) {
                rows.insert(line, at: place + 1)
            } else {
                rows.append(line)
            }
        }
    }

    /// Which of these circuits have a row.
    func shown(of handles: [CircuitHandle]) -> Set<CircuitHandle> {
        let wanted = Set(handles)
        var found: Set<CircuitHandle> = []
        for case .circuit(let handle) in rows where wanted.contains(handle) { found.insert(handle) }
        return found
    }

    // MARK: - Selection

    /// The circuit under the cursor.
    package var selection: CircuitKey? {
        if case .circuit(let key) = selected { key } else { nil }
    }

    /// The selection sticks to its circuit, over restarts of its service too, once the operator has chosen it.
    private mutating func keepSelection(in fleet: FleetModel) {
        if !isPlaced {
            put(0, in: fleet)
        } else if let place = place(of: selected, in: fleet) {
            index = place
        } else if case .circuit(let key) = selected, let place = successor(of: key, in: fleet) {
            put(place, in: fleet)
        } else {
            if isFiltered, let key = selection, fleet.handle(of: key) != nil { left = key }
            put(min(index, rows.count - 1), in: fleet)
        }
    }

    /// The operator means the row under the cursor: it sticks to that.
    mutating func stick() { isPlaced = true }

    private func place(of selected: Selected?, in fleet: FleetModel) -> Int? {
        switch selected {
        case nil: nil
        case .group(let key): rows.firstIndex(of: .group(key))
        case .circuit(let key): fleet.handle(of: key).flatMap { rows.firstIndex(of: .circuit($0)) }
        }
    }

    private func successor(of key: CircuitKey, in fleet: FleetModel) -> Int? {
        rows.firstIndex { row in
            guard case .circuit(let handle) = row else { return false }
            return fleet.key(of: handle)?.isSameCircuit(as: key) ?? false
        }
    }

    /// Where the cursor is, as of the last time that anything moved.
    var selectedIndex: Int { index }

    /// Finds the place of what was selected by name.
    mutating func locateSelection(in fleet: FleetModel) {
        stick()
        index = place(of: selected, in: fleet) ?? index
    }

    /// The operator puts the cursor on a row, or on the one above where it is a note.
    mutating func select(_ place: Int, in fleet: FleetModel) {
        stick()
        put(place, in: fleet)
    }

    private mutating func put(_ place: Int, in fleet: FleetModel) {
        guard !rows.isEmpty else {
            selected = nil
            index = 0
            return
        }
        index = min(max(0, place), rows.count - 1)
        if case .note = rows[index] { index = max(0, index - 1) }
        switch rows[index] {
        case .group(let key): selected = .group(key)
        case .circuit(let handle), .note(let handle): selected = fleet.key(of: handle).map(Selected.circuit)
        }
    }

    /// Moves the cursor by so many rows; over a note it goes on in its direction.
    mutating func move(by step: Int, in fleet: FleetModel) {
        var place = min(max(0, index + step), max(0, rows.count - 1))
        if step > 0, rows.indices.contains(place), case .note = rows[place], place + 1 < rows.count { place += 1 }
        select(place, in: fleet)
    }

    /// Brings the cursor into the part that is in sight.
    mutating func keepInSight(rows visible: Int) {
        let visible = max(1, visible)
        // The note of a selected circuit is seen with it.
        var last = index
        if rows.indices.contains(index + 1), case .note = rows[index + 1], visible > 1 { last += 1 }
        scroll = min(max(scroll, last - visible + 1), index)
        scroll = max(0, min(scroll, rows.count - visible))
    }
}
