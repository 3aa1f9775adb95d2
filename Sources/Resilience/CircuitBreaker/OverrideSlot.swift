// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// The one override of a circuit, and who wrote it last.
struct OverrideSlot: Sendable {
    private(set) var mode = OverrideMode.none
    private(set) var revision: Int64 = 0
    /// When it ends by itself, on the machine's clock; `nil` = until cleared.
    private(set) var until: UInt64?
    private var since: UInt64 = 0
    private var principal = ""
    private var claimed = ""
    private var reason = ""

    mutating func set(
        _ mode: OverrideMode, until: UInt64?, principal: String, claimed: String, reason: String, at now: UInt64
    ) {
        self.mode = mode
        self.until = until
        self.principal = principal
        self.claimed = claimed
        self.reason = reason
        since = now
        revision += 1
    }

    /// The slot as monitors see it, with times converted by `up`. A free slot names nobody.
    func published(up: (UInt64) -> Milliseconds) -> CircuitOverride {
        guard mode != .none else { return CircuitOverride(revision: revision) }
        return CircuitOverride(
            mode: mode, revision: revision, principal: principal, claimed: claimed, reason: reason,
            since: up(since), until: until.map(up))
    }

    /// Who changed the slot last, to what and how long ago, for whoever expected another revision.
    func lastChange(at now: UInt64) -> String {
        guard revision > 0 else { return "nobody has changed it" }
        let who = [principal, claimed.isEmpty ? "" : "as \(claimed)"].filter { !$0.isEmpty }.joined(separator: " ")
        let ago = Duration(nanoseconds: now.subtractingSaturated(since)).brief
        return "set to \(mode.rawValue) by \(who.isEmpty ? "the service" : who) \(ago) ago"
    }
}
