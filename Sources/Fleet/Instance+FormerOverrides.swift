// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// An override that held in the process before, for as long as it is not known whether it holds in the next one.
package struct FormerOverride: Sendable {
    /// The slot as it was, on the clocks of the process that died, its texts cut to what an operator may write.
    package var slot: CircuitOverride
    /// When it would have ended by itself, in milliseconds since 1970; `nil` = until cleared.
    package var end: Milliseconds?
    /// The same on the monitor's monotonic clock.
    var endUp: Milliseconds?
    /// From when on its absence is a loss, on the monitor's monotonic clock.
    var isLostFrom: Milliseconds
    /// Whether its loss was told.
    var isTold = false

    /// What a process held that is not there any more.
    init(_ slot: CircuitOverride, of instance: Instance, at now: Milliseconds, isLostFrom: Milliseconds) {
        self.slot = slot
        self.isLostFrom = isLostFrom
        self.slot.principal = String(slot.principal.prefix(Command.maximumTextLength))
        self.slot.claimed = String(slot.claimed.prefix(Command.maximumTextLength))
        self.slot.reason = String(slot.reason.prefix(Command.maximumTextLength))
        guard let until = slot.until, let up = instance.up(at: now) else { return }
        end = instance.clock?.wallClock(ofUp: until)
        endUp = now.saturatingSum(until.saturatingDifference(up))
    }
}

extension Instance {
    /// The most former overrides that are remembered; a service that restarts for ever would fill the memory.
    package static let maximumFormerOverrides = 10_000

    /// Remembers what the process before held, and what was lost before it and never settled.
    ///
    /// - Parameter grace: how long this one may need, in milliseconds, to take over what the last one kept.
    mutating func inherit(from last: Instance, at now: Milliseconds, grace: Milliseconds = 0) {
        isSuccessor = true
        let isLostFrom = now.saturatingSum(grace)
        if grace > 0 { takeoverEnds = isLostFrom }
        let known = last.circuits.values.map { ($0.value.key.name, $0.value.description.override) }
        let settled = Set(known.filter { $0.1.revision != 0 }.map(\.0))
        formerOverrides.merge(last.formerOverrides.filter { !settled.contains($0.key) }) { _, last in last }
        for (name, slot) in known where slot.mode != .none {
            guard formerOverrides.count < Self.maximumFormerOverrides else { return }
            formerOverrides[name] = FormerOverride(slot, of: last, at: now, isLostFrom: isLostFrom)
        }
    }

    /// Whether the process before held a circuit by an override, and this one does not although it has told all: nobody
    /// has decided since, and its time is not over.
    func hasLost(_ circuit: Circuit, at now: Milliseconds) -> Bool {
        guard isComplete, circuit.description.override.revision == 0, let former = formerOverrides[circuit.key.name]
        else { return false }
        return former.isLostFrom <= now && former.endUp.map { $0 > now } ?? true
    }

    /// A circuit's lost override, the first time that this is asked when it is certain.
    mutating func newLoss(of id: Int64, at now: Milliseconds) -> FormerOverride? {
        guard !formerOverrides.isEmpty, let circuit = circuits[id]?.value, hasLost(circuit, at: now) else { return nil }
        let former = formerOverrides[circuit.key.name]
        guard former?.isTold == false else { return nil }
        formerOverrides[circuit.key.name]?.isTold = true
        return former
    }
}
