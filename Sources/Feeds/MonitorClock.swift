// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
package import Resilience

/// The monitor's own clocks, by which observations are dated.
package struct MonitorClock: Sendable {
    /// The present moment: `t` for display, `up` in milliseconds since this clock was made.
    package var now: @Sendable () -> TelemetryInstant

    package init(now: @escaping @Sendable () -> TelemetryInstant) { self.now = now }

    /// Clocks read from a timeline.
    package init(_ timeline: Timeline = .system) {
        let origin = timeline.now()
        now = {
            let reading = timeline.now()
            let elapsed = reading > origin ? reading - origin : 0
            return TelemetryInstant(t: timeline.wallClock(), up: Milliseconds(elapsed / 1_000_000))
        }
    }
}
