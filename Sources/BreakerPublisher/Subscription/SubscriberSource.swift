// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// What a subscriber reads by its cursors.
protocol SubscriberSource {
    var identity: ServiceIdentity { get }
    var actions: [CommandAction] { get }
    /// This moment on the service's clocks.
    var instant: TelemetryInstant { get }
    /// All descriptions as they are now.
    func descriptions() -> DescriptionBoard
    func events(after seq: Int64, limit: Int) -> EventPage
    /// The rows at `now`, with the effects of all events up to `seq`: read anew unless such were read in the same tick.
    func board(at now: Milliseconds, including seq: Int64) -> SampleBoard
    func histogram(of circuit: Int64) -> LatencyHistogram?
}
