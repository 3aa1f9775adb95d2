// SPDX-License-Identifier: Apache-2.0
import CNcurses
import Canvas
import Synchronization

/// What the program wants of the terminal's thread: the newest canvas only, and a few flags. Never blocks for long,
/// since no more than a few words are moved under its lock.
final class Mailbox: Sendable {
    struct Contents: Sendable {
        var canvas: Canvas?
        /// The canvas's.
        var mark = 0
        /// Whether the canvas shows what a key did.
        var isAnswer = false
        var repaint = false
        var bell = false
        var mouse: Bool?
        var stop = false

        fileprivate var wakeSent = false
    }

    private let contents = Mutex(Contents())

    /// Changes the contents, and wakes the thread unless a wake is under way already.
    func put(_ change: (inout Contents) -> Void) {
        let wake = contents.withLock { contents in
            change(&contents)
            defer { contents.wakeSent = true }
            return !contents.wakeSent
        }
        if wake { cn_wake() }
    }

    /// Takes everything out.
    func take() -> Contents {
        contents.withLock { contents in
            defer { contents = Contents() }
            return contents
        }
    }
}
