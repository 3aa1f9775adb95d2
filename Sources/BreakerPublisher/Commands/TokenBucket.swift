// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// Lets so many through a second, and as many at once after a pause.
struct TokenBucket: Sendable {
    enum Outcome: Sendable, Hashable {
        case granted
        /// Refused, and the first to be refused since one was granted.
        case exceeded
        /// Refused like the one before.
        case stillExceeded
    }

    private let perSecond: Int64
    // Thousandths of a token, so that whole milliseconds need no fractions.
    private var level: Int64
    private var filled: Milliseconds
    private var isExceeded = false

    /// A full bucket. `perSecond` lies within 1…1,000,000.
    init(perSecond: Int64, now: Milliseconds) {
        self.perSecond = perSecond
        level = perSecond * 1_000
        filled = now
    }

    /// Whether it is as good as a new one.
    func isFull(at now: Milliseconds) -> Bool { level(at: now) == perSecond * 1_000 }

    mutating func take(now: Milliseconds) -> Outcome {
        level = level(at: now)
        filled = max(filled, now)
        guard level >= 1_000 else {
            defer { isExceeded = true }
            return isExceeded ? .stillExceeded : .exceeded
        }
        level -= 1_000
        isExceeded = false
        return .granted
    }

    private func level(at now: Milliseconds) -> Int64 {
        // Within a second it is full, whatever it held; capped, so that a clock's jump cannot overflow.
        let elapsed = min(max(now - filled, 0), 1_000)
        return min(level + elapsed * perSecond, perSecond * 1_000)
    }
}
