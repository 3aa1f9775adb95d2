// SPDX-License-Identifier: Apache-2.0

/// How chance spreads retries, so that callers who failed together do not come back together.
///
/// With *b* the pause of the ``Backoff`` and U a uniform draw (names after Marc Brooker, “Exponential Backoff And
/// Jitter”, AWS Architecture Blog, 2015):
///
/// | jitter | pause |
/// |---|---|
/// | ``none`` | b |
/// | ``full`` | U(0, b) |
/// | ``equal`` | b/2 + U(0, b/2) |
/// | ``proportional(_:)`` | b × (1 + U(−f, +f)) |
public struct Jitter: Sendable, Hashable {
    private enum Shape: Sendable, Hashable {
        case none, full, equal
        case proportional(Double)
    }

    private let shape: Shape

    /// No chance: every pause is exactly the backoff's.
    public static let none = Jitter(shape: .none)
    /// Anything between nothing and the whole pause.
    public static let full = Jitter(shape: .full)
    /// Half of the pause for sure, the other half by chance.
    public static let equal = Jitter(shape: .equal)

    /// The pause, give or take a fraction of it.
    ///
    /// - Parameter factor: The fraction, 0…1.
    public static func proportional(_ factor: Double) -> Jitter {
        precondition((0...1).contains(factor), "a jitter factor must lie within 0…1 (is \(factor))")
        return Jitter(shape: .proportional(factor))
    }

    /// Spreads a pause by one draw.
    public func spread(_ pause: Duration, using random: RandomSource) -> Duration {
        let whole = pause.nanoseconds
        var generator = random
        switch shape {
        case .none:
            return pause
        case .full:
            return Duration(nanoseconds: .random(in: 0...whole, using: &generator))
        case .equal:
            let half = whole / 2
            return Duration(nanoseconds: whole - half + .random(in: 0...half, using: &generator))
        case .proportional(let factor):
            let reach = UInt64(Double(min(whole, UInt64.max / 4)) * factor)
            let drawn = UInt64.random(in: 0...(2 * reach), using: &generator)
            return Duration(nanoseconds: whole.subtractingSaturated(reach).addingSaturated(drawn))
        }
    }
}
