// SPDX-License-Identifier: Apache-2.0

import Canvas
import Fleet

/// A view of the fleet. Each is one value in a file of its own; keys, tabs and help derive from ``all``.
package struct Screen: Sendable {
    /// Every view's name, in the order of the number keys.
    package enum ID: String, Sendable, Hashable, CaseIterable {
        case circuits, circuit, map, events, sources, audit

        /// What it names: a new view is asked for here by the compiler.
        fileprivate var screen: Screen {
            switch self {
            case .circuits: .circuits
            case .circuit: .circuit
            case .map: .map
            case .events: .events
            case .sources: .sources
            case .audit: .audit
            }
        }
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

    /// Every view in the order of its number key.
    package static let all: [Screen] = ID.allCases.map(\.screen)

    package static func named(_ id: ID) -> Screen { id.screen }

    /// The number key that leads there.
    var digit: Character { Character(String((Self.all.firstIndex { $0.id == id } ?? 0) + 1)) }
}
