// SPDX-License-Identifier: Apache-2.0

/// Milliseconds, as every `_ms`, `t` and `up_ms` of the protocol.
public typealias Milliseconds = Int64

/// One moment as a service tells it: the same instant on two clocks.
public struct TelemetryInstant: Sendable, Hashable {
    /// Milliseconds since 1970 by the service's wall clock. For display only; it may jump.
    public var t: Milliseconds
    /// Milliseconds since the service's boot, monotonic. The only clock to do arithmetic with.
    public var up: Milliseconds

    /// Creates an instant from both clocks' readings.
    public init(t: Milliseconds, up: Milliseconds) {
        self.t = t
        self.up = up
    }

    /// The wall-clock time of another instant of the same boot, given on the monotonic clock.
    public func wallClock(ofUp other: Milliseconds) -> Milliseconds {
        let (difference, overflow) = up.subtractingReportingOverflow(other)
        guard !overflow else { return t }
        let (moment, overflowed) = t.subtractingReportingOverflow(difference)
        return overflowed ? t : moment
    }
}
