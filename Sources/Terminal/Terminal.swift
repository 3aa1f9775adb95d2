// SPDX-License-Identifier: Apache-2.0
import CNcurses
package import Canvas
import Synchronization

/// The terminal during `withTerminal`: events come from it, canvases go to it. All of it from any task or thread.
package final class Terminal: Sendable {
    /// What cannot change while it runs.
    package struct Traits: Hashable, Sendable {
        /// The terminfo entry in use: another than TERM when that is not known.
        package let type: String
        package let hasColor: Bool
        /// ASCII unless the locale is UTF-8.
        package let glyphs: GlyphSet
    }

    /// The least time between two frames that answer keys, and between two that do not.
    package static let frameInterval = FramePacing.interval

    package let traits: Traits
    /// Everything that happens at the terminal, in order, for one consumer. It ends with the session, or with the task
    /// that iterates. Bounded: what is not taken in time is dropped, mouse movements first, and keys beyond 1,024.
    package let events: TerminalEvents
    private let shared: TerminalState

    init(traits: Traits, state: TerminalState) {
        self.traits = traits
        self.shared = state
        events = TerminalEvents(queue: state.events)
    }

    /// Whether more has happened already than was taken from ``events``.
    package var isMoreWaiting: Bool { shared.events.isMoreWaiting }

    /// The size as last reported; draw for this.
    package var size: Size { shared.size }

    package var statistics: TerminalStatistics { shared.statistics }

    /// The greatest mark of a canvas that the terminal took whole, and when that was first so; `nil` = it took none yet.
    package var shown: (mark: Int, at: ContinuousClock.Instant)? { shared.shown }

    /// Hands over the newest screen, and returns at once.
    ///
    /// A canvas that was handed over before and not shown yet is forgotten. The first one after a pause is shown at
    /// once, further ones at most 60 times a second; one that equals what is shown writes nothing. Another size than
    /// the screen's is clipped, or leaves blanks.
    ///
    /// - Parameters:
    ///   - mark: what ``shown`` tells of it; never less than that of the one before.
    ///   - answering: whether it shows what a key did, and so waits for other answers only.
    package func present(_ canvas: Canvas, mark: Int = 0, answering: Bool = false) {
        // A stack overflow of a thread that draws shall restore the terminal too: its handler needs another stack.
        cn_alternate_stack(true)
        let drawable = traits.glyphs == .ascii ? canvas.transliterated : canvas
        shared.mailbox.put { mail in
            (mail.canvas, mail.mark) = (drawable, mark)
            mail.isAnswer = mail.isAnswer || answering
        }
    }

    /// Clears and draws everything again, for when something else has written on the screen.
    package func repaint() {
        shared.mailbox.put { $0.repaint = true }
    }

    package func bell() {
        shared.mailbox.put { $0.bell = true }
    }

    /// Switches mouse reports on or off; off, the terminal's own selection works without Shift.
    package func setMouse(_ enabled: Bool) {
        shared.mailbox.put { $0.mouse = enabled }
    }
}

/// What happens at the terminal, handed to whoever waits for it without a detour over any other executor.
package struct TerminalEvents: AsyncSequence, Sendable {
    let queue: EventQueue

    package struct Iterator: AsyncIteratorProtocol {
        let queue: EventQueue

        package mutating func next() async -> TimedEvent? { await queue.next() }

        package mutating func next(isolation: isolated (any Actor)?) async -> TimedEvent? { await queue.next() }
    }

    package func makeAsyncIterator() -> Iterator { Iterator(queue: queue) }
}

/// What the session's two sides share.
final class TerminalState: Sendable {
    let events = EventQueue()
    let mailbox = Mailbox()
    private let known = Mutex(Known())

    private struct Known {
        var size = Size(columns: 0, rows: 0)
        var statistics = TerminalStatistics()
        var shown: (mark: Int, at: ContinuousClock.Instant)?
    }

    var size: Size {
        get { known.withLock(\.size) }
        set { known.withLock { $0.size = newValue } }
    }

    var statistics: TerminalStatistics {
        get { known.withLock(\.statistics) }
        set { known.withLock { $0.statistics = newValue } }
    }

    var shown: (mark: Int, at: ContinuousClock.Instant)? {
        get { known.withLock(\.shown) }
        set { known.withLock { $0.shown = newValue } }
    }
}
