// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

extension CircuitBreakerStateMachine {
    /// Writes the breaker's figures into a row; changes nothing here. Percentiles are left to whoever has time.
    func fill(_ row: inout CircuitRow, at reading: UInt64) {
        row.state = state
        row[.stateSince] = up(since)
        row[.generation] = generation
        row.overrideMode = slot.mode
        row[.overrideRevision] = slot.revision
        row[.openUntil] = state == .open ? up(openUntil) : nil
        row[.calls] = totals.calls
        row[.ok] = totals.ok
        row[.failed] = totals.failed
        row[.timeouts] = totals.timeouts
        row[.ignored] = totals.ignored
        row[.late] = totals.late
        row[.rejected] = totals.rejected
        row[.rejectedForced] = totals.rejectedForced
        row[.inFlight] = inFlight
        let counts = window?.counts(at: max(reading, clock))
        row[.windowCalls] = counts?.calls
        row[.windowFailed] = counts?.failed
        row[.consecutiveFailed] = consecutiveFailed
        row[.probesInFlight] = probesInFlight
        row[.probesOk] = probesOk
        row[.opened] = totals.opened
        row[.lastCall] = lastCall.map(up)
        row[.outageSince] = outageSince.map(up)
    }
}
