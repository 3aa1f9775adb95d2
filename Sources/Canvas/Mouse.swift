// SPDX-License-Identifier: Apache-2.0

/// A report of the mouse; wheel steps are actions, not buttons.
package struct Mouse: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        case press, release, drag, wheelUp, wheelDown
    }

    package enum Button: Hashable, Sendable {
        case left, middle, right, none
    }

    package struct Modifiers: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        package static let shift = Modifiers(rawValue: 1)
        package static let alt = Modifiers(rawValue: 2)
        package static let control = Modifiers(rawValue: 4)
    }

    package var action: Action
    package var button: Button
    /// Counted from 0; may lie beyond the canvas.
    package var position: Point
    package var modifiers: Modifiers

    package init(_ action: Action, button: Button = .none, position: Point, modifiers: Modifiers = []) {
        self.action = action
        self.button = button
        self.position = position
        self.modifiers = modifiers
    }
}
