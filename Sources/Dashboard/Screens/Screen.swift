// SPDX-License-Identifier: Apache-2.0

import Canvas
import Fleet

/// A view of the fleet. Each is one value in a file of its own; keys, tabs and help derive from ``all``.
package struct Screen: Sendable {
    package enum ID: String, Sendable, Hashable, CaseIterable {
        case circuits, circuit, map, events, sources, audit
    }

    package let id: ID
    /// One word, for the tab.
    package let title: String
    /// What it shows and how to read it, sentences for its help.
    package let help: [String]
    /// Draws it into a block of the screen.
    let draw: @Sendable (Dashboard, inout Canvas, Rect) -> Void
    /// Moves its cursor; the block is where it is drawn.
    let move: @Sendable (inout Dashboard, Movement, Rect) -> Void
    /// A click at a place of the screen.
    var click: @Sendable (inout Dashboard, Point, Rect) -> Void = { _, _, _ in }

    /// What `/` does there; `nil` = it filters the circuits.
    var filter: Filter?

    /// How a view shows only what matches a text.
    struct Filter: Sendable {
        /// What holds now.
        let text: @Sendable (Dashboard) -> String
        /// Lets a text take effect if it is right.
        let take: @Sendable (inout Dashboard, String) throws(QueryError) -> [Dashboard.Effect]
        /// What words may become, given the names that there are.
        let complete: @Sendable (_ text: String, _ cursor: Int, QueryCompletions.Names) -> Completions
    }

    /// Every view in the order of its number key. A view is one value here.
    package static let all: [Screen] = [circuits, circuit, map, events, sources, audit]

    package static func named(_ id: ID) -> Screen { all.first { $0.id == id } ?? circuits }

    /// The number key that leads there.
    var digit: Character { Character(String((Self.all.firstIndex { $0.id == id } ?? 0) + 1)) }
}
