// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Synchronization

/// What a circuit counts beside its breaker: retries and fallbacks, since boot.
final class CircuitCounters: Sendable {
    let retries = Atomic<Int64>(0)
    let retriesSaved = Atomic<Int64>(0)
    let retriesExhausted = Atomic<Int64>(0)
    let retriesDenied = Atomic<Int64>(0)
    let fallbacks = Atomic<Int64>(0)
    let fallbacksFailed = Atomic<Int64>(0)

    /// Writes the counters into a row; those of a retry that is not there stay unknown.
    func fill(_ row: inout CircuitRow, hasRetry: Bool) {
        if hasRetry {
            row[.retries] = retries.load(ordering: .relaxed)
            row[.retriesSaved] = retriesSaved.load(ordering: .relaxed)
            row[.retriesExhausted] = retriesExhausted.load(ordering: .relaxed)
            row[.retriesDenied] = retriesDenied.load(ordering: .relaxed)
        }
        row[.fallbacks] = fallbacks.load(ordering: .relaxed)
        row[.fallbacksFailed] = fallbacksFailed.load(ordering: .relaxed)
    }
}

/// Counts for a circuit what its retry does, and logs calls that failed on every attempt.
struct CircuitRetryObserver: RetryObserver {
    let counters: CircuitCounters
    let log: EventLog
    let circuit: Int64
    let clock: BootClock
    let redact: @Sendable (String) -> String

    func retrying() { counters.retries.wrappingAdd(1, ordering: .relaxed) }
    func saved() { counters.retriesSaved.wrappingAdd(1, ordering: .relaxed) }
    func denied() { counters.retriesDenied.wrappingAdd(1, ordering: .relaxed) }

    func exhausted(attempts: Int, error: any Error) {
        counters.retriesExhausted.wrappingAdd(1, ordering: .relaxed)
        let note = ErrorNote(error, redact: redact)
        let event = Event.Kind.retryExhausted(attempts: Int64(attempts), error: note.message)
        log.append([event], circuit: circuit, at: clock.instant())
        log.deliver()
    }
}
