// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// What a subscriber reads by its cursors.
protocol SubscriberSource {
    var identity: ServiceIdentity { get }
    var actions: [CommandAction] { get }
    func circuits(changedAfter revision: UInt64) -> CircuitChanges
    func events(after seq: Int64, limit: Int) -> EventPage
    /// The rows at `now`, read anew unless another subscriber had them read in the same tick.
    func board(at now: Milliseconds) -> SampleBoard
}
