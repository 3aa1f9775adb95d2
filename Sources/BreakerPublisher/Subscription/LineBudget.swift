// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// How much a monitor may still ask on one connection: a token a line, and one for each histogram that the line calls for.
///
/// Nothing is refused for it. A line that was read is dealt with, if need be on credit, and the next one waits for the
/// debt to be paid: in the socket, and then at the monitor.
struct LineBudget: Sendable {
    /// Lines that are read at once after a pause: a command each for hundreds of circuits, and their repetition.
    static let burst: Int64 = 1_024
    /// Lines a second over time: five times the commands that a principal may send.
    static let perSecond: Int64 = 100

    // Thousandths of a token, so that whole milliseconds need no fractions; below 0 is debt.
    private var level = Self.burst * 1_000
    private var filled: Milliseconds

    /// A full budget.
    init(now: Milliseconds) { filled = now }

    /// Pays for a line, and for at most as many histograms as one may call for.
    mutating func pay(histograms: Int, now: Milliseconds) {
        // Long before that it is full, whatever it lacked; capped, so that a clock's jump cannot overflow.
        let elapsed = min(max(now - filled, 0), 1_000_000)
        filled = max(filled, now)
        level = min(level + elapsed * Self.perSecond, Self.burst * 1_000)
        level -= Int64(1 + histograms) * 1_000
    }

    /// How long to wait after the last payment before the next line is read, in milliseconds.
    var pause: Milliseconds {
        guard level < 0 else { return 0 }
        return (Self.perSecond - 1 - level) / Self.perSecond
    }
}
