// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// An override as a state file holds it: in wall-clock time, the only one that means something to the next process.
struct StoredOverride: Sendable, Hashable {
    /// The instants and numbers that a file may hold: what every reader of JSON takes exactly.
    static let range: ClosedRange<Int64> = 0...((1 << 53) - 1)
    /// The longest principal, claimed name or reason, in bytes of UTF-8; longer ones are cut.
    static let maximumTextBytes = 1_024

    /// Never ``OverrideMode/none``.
    var mode: OverrideMode
    var revision: Int64
    var principal = ""
    var claimed = ""
    var reason = ""
    /// In milliseconds since 1970.
    var since: Milliseconds
    /// In milliseconds since 1970, not before `since`; `nil` = until cleared.
    var until: Milliseconds?
}

extension StoredOverride {
    /// What is to be stored of a slot that was read at a moment; `nil` for a free one.
    init?(_ slot: CircuitOverride, readAt now: TelemetryInstant) {
        guard slot.mode != .none else { return nil }
        mode = slot.mode
        revision = slot.revision.clamped(to: Self.range)
        principal = slot.principal.cut(toBytes: Self.maximumTextBytes)
        claimed = slot.claimed.cut(toBytes: Self.maximumTextBytes)
        reason = slot.reason.cut(toBytes: Self.maximumTextBytes)
        let since = now.wallClock(ofUp: slot.since ?? now.up).clamped(to: Self.range)
        self.since = since
        until = slot.until.map { max(since, now.wallClock(ofUp: $0).clamped(to: Self.range)) }
    }

    /// An override on the clocks of a new boot.
    struct Resumed: Sendable, Hashable {
        var stored: StoredOverride
        /// In milliseconds since this boot, below 0 before it.
        var since: Milliseconds
        /// What is left of it, above 0; `nil` = until cleared.
        var remaining: Milliseconds?

        /// What a service's log says of it: its calls are refused, or let through, by the word of somebody long gone.
        func sentence(of circuit: String) -> String {
            let mode = stored.mode == .forcedOpen ? "open" : "closed"
            let names = [stored.claimed, stored.principal].filter { !$0.isEmpty }
            let end = remaining.map { "for another \(Duration.milliseconds($0).brief)" } ?? "until cleared"
            return "\(String(reflecting: circuit)) is forced \(mode) again after the restart, \(end): by "
                + "\(names.first.map { String(reflecting: $0) } ?? "somebody"), reason \(String(reflecting: stored.reason))"
        }
    }

    /// This override in a process that starts now; `nil` when its time is over.
    ///
    /// A clock that jumped back since makes it no longer than it was meant to last, and begin no later than now.
    func resumed(at now: TelemetryInstant) -> Resumed? {
        let wall = now.t.clamped(to: Self.range)
        let remaining = until.map { min($0 - wall, $0 - since) }
        if let remaining, remaining <= 0 { return nil }
        return Resumed(stored: self, since: now.up.clamped(to: Self.range) - max(0, wall - since), remaining: remaining)
    }
}

extension Int64 {
    fileprivate func clamped(to range: ClosedRange<Int64>) -> Int64 {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}

extension String {
    fileprivate func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var kept = String.UnicodeScalarView()
        var bytes = 0
        for scalar in unicodeScalars {
            bytes += UTF8.width(scalar)
            if bytes > limit { break }
            kept.append(scalar)
        }
        return String(kept)
    }
}
