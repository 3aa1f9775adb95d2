// SPDX-License-Identifier: Apache-2.0

/// How long to wait before each retry, before jitter.
public struct Backoff: Sendable, Hashable {
    private enum Growth: Sendable, Hashable {
        case constant
        case exponential(cap: UInt64)
    }

    private let first: UInt64
    private let growth: Growth

    /// No pause at all.
    public static let none = Backoff(first: 0, growth: .constant)

    /// The same pause each time; zero or more.
    public static func constant(_ pause: Duration) -> Backoff {
        precondition(pause >= .zero, "a pause must not be negative (is \(pause.brief))")
        return Backoff(first: pause.nanoseconds, growth: .constant)
    }

    /// A pause that doubles: before retry *n* (from 1) it is min(cap, first × 2^(n − 1)).
    ///
    /// - Parameters:
    ///   - first: The pause before the first retry; above zero.
    ///   - cap: The longest pause; at least `first`.
    public static func exponential(first: Duration, cap: Duration = .seconds(30)) -> Backoff {
        precondition(first > .zero, "the first pause must be positive (is \(first.brief))")
        precondition(cap >= first, "cap must be at least the first pause, \(first.brief) (is \(cap.brief))")
        return Backoff(first: first.nanoseconds, growth: .exponential(cap: cap.nanoseconds))
    }

    /// The pause before a retry, counted from 1.
    public func pause(beforeRetry retry: Int) -> Duration {
        Duration(nanoseconds: nanoseconds(beforeRetry: retry))
    }

    private func nanoseconds(beforeRetry retry: Int) -> UInt64 {
        guard case .exponential(let cap) = growth else { return first }
        let doublings = max(retry - 1, 0)
        // Where the doubling would shift bits out, the cap is long passed.
        guard doublings < first.leadingZeroBitCount else { return cap }
        return min(first << UInt64(doublings), cap)
    }
}
