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
