// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// A timeline with the reading at which this boot began: what turns nanoseconds into published times.
struct BootClock: Sendable {
    let timeline: Timeline
    let origin: UInt64

    init(_ timeline: Timeline) {
        self.timeline = timeline
        origin = timeline.now()
    }

    func instant() -> TelemetryInstant {
        let up = timeline.now().subtractingSaturated(origin) / 1_000_000
        return TelemetryInstant(t: timeline.wallClock(), up: Milliseconds(clamping: up))
    }
}
