// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// One connection of the monitor: a fact like any other, so that nobody mistakes silence for health.
package struct Source: Sendable {
    package let id: SourceID
    package var phase: SourcePhase = .connecting
    /// Whether it was lost or stopped, and has not greeted since.
    package var isDown = false
    /// Whether it said goodbye, and has not greeted since.
    package var isStopped = false
    /// Which boot it speaks for, once it said so.
    package var instance: InstanceKey?
    /// What the service agreed to.
    package var interval: Milliseconds = 1_000
    package var mayOperate = false
    package var actions: [String] = []
    /// When anything was last heard, on the monitor's monotonic clock.
    package var lastHeard: Milliseconds
    /// The last complaint about something that this monitor sent.
    package var complaint: String?
    /// What it is; `nil` while the feed has not said.
    package var origin: SourceOrigin?
    package var health = SourceHealth()

    package init(id: SourceID, at now: Milliseconds) {
        self.id = id
        lastHeard = now
    }

    /// Silence beyond this makes what is known stale: 3 intervals, at least 2 s.
    package var staleAfter: Milliseconds {
        let (product, overflow) = interval.multipliedReportingOverflow(by: 3)
        return overflow ? .max : max(product, 2_000)
    }

    /// Whether what it told is what holds now.
    package func isFresh(at now: Milliseconds) -> Bool {
        phase == .ready && now.saturatingDifference(lastHeard) <= staleAfter
    }
}
