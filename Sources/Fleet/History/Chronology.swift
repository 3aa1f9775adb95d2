// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// What there is of the past, and what happened in it.
package struct Chronology: Sendable, Hashable {
    package var range: ClosedRange<Milliseconds>
    /// Oldest first.
    package var transitions: [Transition]
    /// Whether all of it has been looked through for them, and none had to go for want of room.
    package var isComplete: Bool

    package init(range: ClosedRange<Milliseconds>, transitions: [Transition] = [], isComplete: Bool = false) {
        (self.range, self.transitions, self.isComplete) = (range, transitions, isComplete)
    }
}
