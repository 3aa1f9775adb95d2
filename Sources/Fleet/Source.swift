// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// One connection of the monitor: a fact like any other, so that nobody mistakes silence for health.
package struct Source: Sendable {
    package let id: SourceID
    package var phase: SourcePhase = .connecting
    /// Whether it was lost or stopped, and has not greeted since.
    package var isDown = false
    /// When it said goodbye, on the monitor's monotonic clock; `nil` = it has greeted since, or never did.
    var stoppedAt: Milliseconds?
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

    /// Whether it said goodbye not long ago. A source that is followed on and on is expected back: who stays away longer
    /// than his rows stay in sight is missing.
    package func isStopped(at now: Milliseconds) -> Bool {
        stoppedAt.map { now.saturatingDifference($0) <= FleetModel.stoppedRetention } ?? false
    }

    /// Whether what it told is what holds now.
    package func isFresh(at now: Milliseconds) -> Bool {
        phase == .ready && now.saturatingDifference(lastHeard) <= staleAfter
    }
}
