// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// The one override of a circuit, and who wrote it last.
struct OverrideSlot: Sendable {
    private(set) var mode = OverrideMode.none
    private(set) var revision: Int64 = 0
    /// When it ends by itself, on the machine's clock; `nil` = until cleared.
    private(set) var until: UInt64?
    /// In milliseconds since boot; below 0 for one that is older than the boot.
    private var since: Milliseconds = 0
    private var principal = ""
    private var claimed = ""
    private var reason = ""
    /// Whether somebody made it what it is in this process, rather than time or what was kept.
    private(set) var isDecided = false

    mutating func set(
        _ mode: OverrideMode, until: UInt64?, principal: String, claimed: String, reason: String, since: Milliseconds
    ) {
        self.mode = mode
        self.until = until
        self.principal = principal
        self.claimed = claimed
        self.reason = reason
        self.since = since
        isDecided = true
        revision += 1
    }

    /// Says of the last change that time made it.
    mutating func markExpired() { isDecided = false }

    /// Takes an override over from another process. The revision rises above the one that it had there.
    mutating func restore(_ resumed: StoredOverride.Resumed, until: UInt64?) {
        let stored = resumed.stored
        revision = max(revision, stored.revision)
        set(
            stored.mode, until: until, principal: stored.principal, claimed: stored.claimed, reason: stored.reason,
            since: resumed.since)
        isDecided = false
    }

    /// The slot as monitors see it, with times converted by `up`. A free slot names nobody.
    func published(up: (UInt64) -> Milliseconds) -> CircuitOverride {
        guard mode != .none else { return CircuitOverride(revision: revision) }
        return CircuitOverride(
            mode: mode, revision: revision, principal: principal, claimed: claimed, reason: reason,
            since: since, until: until.map(up))
    }

    /// Who changed the slot last, to what and how long ago, for whoever expected another revision.
    ///
    /// - Parameter now: In milliseconds since boot.
    func lastChange(at now: Milliseconds) -> String {
        guard revision > 0 else { return "nobody has changed it" }
        let who = [principal, claimed.isEmpty ? "" : "as \(claimed)"].filter { !$0.isEmpty }.joined(separator: " ")
        let ago = Duration.milliseconds(max(0, now - since)).brief
        return "set to \(mode.rawValue) by \(who.isEmpty ? "the service" : who) \(ago) ago"
    }
}
