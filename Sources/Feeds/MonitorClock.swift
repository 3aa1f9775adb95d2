// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import Fleet
package import Resilience

/// The monitor's own clocks, by which observations are dated.
package struct MonitorClock: Sendable {
    /// The present moment: `t` for display, `up` in milliseconds since this clock was made, after what it began with.
    package var now: @Sendable () -> TelemetryInstant

    package init(now: @escaping @Sendable () -> TelemetryInstant) { self.now = now }

    /// Clocks read from a timeline.
    ///
    /// - Parameter start: what `up` begins with; as the wall clock stood then, it is a recording's clock too.
    package init(_ timeline: Timeline = .system, startingAt start: Milliseconds = 0) {
        let origin = timeline.now()
        now = {
            let reading = timeline.now()
            let elapsed = reading > origin ? reading - origin : 0
            return TelemetryInstant(t: timeline.wallClock(), up: start.saturatingSum(Milliseconds(elapsed / 1_000_000)))
        }
    }
}
