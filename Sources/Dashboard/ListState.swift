// SPDX-License-Identifier: Apache-2.0

/// Where the operator is in a list of lines.
package struct ListState: Sendable, Hashable {
    /// The line under the cursor.
    package var index = 0
    /// The first line in sight.
    package var scroll = 0
    /// Whether it stays with the newest line as lines come.
    package var isFollowing = true

    package init() {}

    /// Moves the cursor in a list of so many lines, of which so many are in sight.
    package mutating func move(_ movement: Movement, count: Int, rows: Int) {
        let page = max(1, rows - 1)
        switch movement {
        case .up: index -= 1
        case .down: index += 1
        case .pageUp: index -= page
        case .pageDown: index += page
        case .first: index = 0
        case .last: index = count - 1
        }
        settle(count: count, rows: rows)
    }

    /// Keeps the cursor on a line, and in sight.
    package mutating func settle(count: Int, rows: Int) {
        index = max(0, min(index, count - 1))
        scroll = max(0, min(max(scroll, index - max(1, rows) + 1), index, max(0, count - rows)))
    }
}

/// A list whose cursor sticks to what it is on, while lines come, go and change their places.
struct StickyList<ID: Hashable & Sendable>: Sendable {
    private(set) var ids: [ID] = []
    /// What the cursor is on; `nil` = there is nothing.
    private(set) var selected: ID?
    var state = ListState()

    var index: Int { state.index }

    /// Takes the lines as they are now.
    ///
    /// - Parameter holdsStill: whether the line under the cursor stays where it is on the screen, too.
    mutating func refresh(_ ids: [ID], holdsStill: Bool = false) {
        self.ids = ids
        if let selected, let index = ids.firstIndex(of: selected) {
            if holdsStill { state.scroll += index - state.index }
            state.index = index
        }
        select(state.index)
    }

    /// Puts the cursor on a line, or on the last where there are fewer.
    mutating func select(_ index: Int) {
        state.index = max(0, min(index, ids.count - 1))
        selected = ids.isEmpty ? nil : ids[state.index]
    }

    mutating func move(_ movement: Movement, rows: Int) {
        let before = state.index
        state.move(movement, count: ids.count, rows: rows)
        if movement == .first { state.isFollowing = true } else if state.index != before { state.isFollowing = false }
        select(state.index)
    }

    /// Puts the cursor on a line that is pointed at, and stays there; what is no line is nothing.
    mutating func point(at index: Int) {
        guard ids.indices.contains(index) else { return }
        state.isFollowing = false
        select(index)
    }

    /// Goes to the first line, and stays with whatever is first.
    mutating func follow() {
        state = ListState()
        select(0)
    }

    /// As it is seen in so many rows.
    func inSight(rows: Int) -> ListState {
        var state = state
        state.settle(count: ids.count, rows: rows)
        return state
    }
}
