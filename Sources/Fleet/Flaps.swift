// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// How often a circuit opened of late.
package struct Flaps: Sendable, Hashable {
    /// How far back "of late" reaches.
    package static let window: Milliseconds = 600_000

    /// Openings that are known of.
    package let count: Int
    /// Whether there may have been more: what is kept of the circuit's history does not reach back as far.
    package let isAtLeast: Bool
}

extension CircuitView {
    /// How often the calculated state went to open within the last ``Flaps/window``.
    package var flaps: Flaps {
        let start = up?.saturatingDifference(Flaps.window) ?? .min
        var (count, kept) = (0, 0)
        for transition in circuit.transitions where transition.at.up >= start {
            kept += 1
            if case .state(let change) = transition.kind, change.to == .open, change.from != .open { count += 1 }
        }
        return Flaps(count: count, isAtLeast: kept == Circuit.maximumTransitions)
    }
}
