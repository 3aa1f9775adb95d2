// SPDX-License-Identifier: Apache-2.0

/// A key as a person sees it, whatever bytes the terminal sent for it.
package enum Key: Hashable, Sendable {
    case character(Character)
    /// Control with a letter, in lower case, or with one of `space @ [ \\ ] ^ _`.
    case control(Character)
    /// Alt (Meta) with a character; with a key that has none, the control that it sends: Backspace is DEL.
    case alt(Character)
    case enter, escape, tab, backTab, backspace, delete, insert
    case up, down, left, right, home, end, pageUp, pageDown
    /// F1 is 1.
    case function(Int)
}
