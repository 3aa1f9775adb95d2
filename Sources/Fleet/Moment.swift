// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// All that a monitor knew at a moment. Recorder and player go from moment to moment by the same steps, so that what is
/// recorded of one is what playing makes of it.
package struct Moment: Sendable {
    package private(set) var fleet: FleetModel
    package private(set) var flows: FlowHistory
    /// On the monitor's clock that never goes back; of a recording, on the recording's.
    package private(set) var at: Milliseconds

    /// Whether all circuits are summed up each second.
    private var keepsFlows = true

    /// How often time goes by of itself.
    static let step: Milliseconds = 1_000
    /// The most steps in a row: after a longer silence all that was is long forgotten.
    private static let maximumSteps: Int64 = 1_200

    package init(at: Milliseconds = 0) { (fleet, flows, self.at) = (FleetModel(), FlowHistory(), at) }

    package init(fleet: FleetModel, flows: FlowHistory, at: Milliseconds) {
        (self.fleet, self.flows, self.at) = (fleet, flows, at)
    }

    /// What flows is forgotten, and summed up no more: in a large fleet that takes longer than a key may wait.
    package mutating func leaveOutFlows() { (flows, keepsFlows) = (FlowHistory(), false) }

    /// Time goes by until a moment, on a clock that is so far ahead of `at`.
    package mutating func advance(to target: Milliseconds, clockOffset: Milliseconds) {
        guard target > at else { return }
        var step = (at / Self.step + 1) * Self.step
        if target - step > Self.maximumSteps * Self.step { step = (target / Self.step - Self.maximumSteps) * Self.step }
        while step <= target {
            fleet.tick(at: TelemetryInstant(t: step + clockOffset, up: step))
            if keepsFlows { flows.record(fleet.totals(), at: step) }
            step += Self.step
        }
        at = target
    }

    /// Takes what was observed. What is dated before this moment happened now.
    package mutating func apply(_ observation: Observation) {
        let offset = observation.at.t - observation.at.up
        advance(to: observation.at.up, clockOffset: offset)
        var observation = observation
        observation.at = TelemetryInstant(t: at + offset, up: at)
        fleet.apply(observation)
    }
}
