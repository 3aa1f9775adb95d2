// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// How much a client may still ask: a token a line, some for a `subscribe`, and one for each histogram that a line calls for.
///
/// Nothing is refused for it. A line that was read is dealt with, if need be on credit, and the next one waits for the
/// debt to be paid: in the socket, and then at the monitor. The debt has a limit, so that whoever shares the client with
/// one that floods, behind the same address, waits no longer than that once the flood is over.
struct LineBudget: Sendable {
    /// Lines that are read at once after a pause: a command each for hundreds of circuits, and their repetition.
    static let burst: Int64 = 1_024
    /// Lines a second over time: five times the commands that a principal may send.
    static let perSecond: Int64 = 100
    /// What a `subscribe` costs, for the whole picture that it brings: all monitors of one client may come at once.
    static let subscribe: Int64 = 10
    /// The longest that anybody waits for the next line, in milliseconds.
    static let longestPause: Milliseconds = 10_000
    /// Who would have to wait longer is turned away when he comes again, in milliseconds.
    static let patience: Milliseconds = 5_000

    // Thousandths of a token, so that whole milliseconds need no fractions; below 0 is debt.
    private var level = Self.burst * 1_000
    private var filled: Milliseconds

    /// A full budget.
    init(now: Milliseconds) { filled = now }

    /// Whether it is as good as a new one.
    func isFull(at now: Milliseconds) -> Bool { level(at: now) == Self.burst * 1_000 }

    /// Pays for a line with all that it calls for, or only looks, with 0.
    mutating func pay(_ tokens: Int64, now: Milliseconds) {
        level = max(level(at: now) - tokens * 1_000, -Self.longestPause * Self.perSecond)
        filled = max(filled, now)
    }

    private func level(at now: Milliseconds) -> Int64 {
        // Long before that it is full, whatever it lacked; capped, so that a clock's jump cannot overflow.
        let elapsed = min(max(now - filled, 0), 1_000_000)
        return min(level + elapsed * Self.perSecond, Self.burst * 1_000)
    }

    /// How long to wait after the last payment before the next line is read, in milliseconds.
    var pause: Milliseconds {
        guard level < 0 else { return 0 }
        return (Self.perSecond - 1 - level) / Self.perSecond
    }
}
