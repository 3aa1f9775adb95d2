// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

@testable import Resilience

/// A breaker written to be obviously right and slow: it keeps every result with its time and counts anew each time it
/// is asked.
struct ReferenceBreaker {
    enum Verdict: Equatable { case admitted, rejected, forcedOpen, tooManyProbes }
    enum End { case ok, failed, ignored }

    private struct Call { var generation: Int, isProbe: Bool }
    private struct Result { var bucket: UInt64, failed: Bool }

    let configuration: CircuitBreaker.Configuration
    var state = CircuitState.closed
    var generation = 1
    var openedAt: UInt64 = 0
    var mode = OverrideMode.none
    var until: UInt64?
    var revision = 0
    var counts: [Field: Int64] = [:]
    private var calls: [Int: Call] = [:]
    private var results: [Result] = []
    private var streak: [Bool] = []
    private var probeResults: [Bool] = []

    init(_ configuration: CircuitBreaker.Configuration) { self.configuration = configuration }

    var inFlight: Int { calls.count }
    var probesInFlight: Int { calls.values.count { $0.isProbe && $0.generation == generation } }
    var probesOk: Int { probeResults.count }
    var failuresInARow: Int { streak.reversed().prefix { $0 }.count }

    func window(_ now: UInt64) -> (calls: Int, failed: Int)? {
        guard case .failureRatio(_, _, let length) = configuration.rule.kind else { return nil }
        let bucket = now / (length / 10)
        let recent = results.filter { $0.bucket + 10 > bucket }
        return (recent.count, recent.count { $0.failed })
    }

    mutating func expire(_ now: UInt64) {
        if mode != .none, let end = until, now >= end { drop() }
    }

    mutating func drop() {
        let wasOpen = mode == .forcedOpen
        set(.none, nil)
        if wasOpen { go(.halfOpen, 0) }
    }

    mutating func set(_ next: OverrideMode, _ end: UInt64?) {
        mode = next
        until = end
        revision += 1
    }

    mutating func reset() {
        if mode != .none { set(.none, nil) }
        go(.closed, 0)
        streak = []
    }

    mutating func arrive(_ call: Int, _ now: UInt64) -> Verdict {
        expire(now)
        if mode == .forcedOpen { return tally(.rejectedForced, .forcedOpen) }
        if state == .open, now >= openedAt + configuration.openFor.nanoseconds { go(.halfOpen, now) }
        let isFull = probesInFlight >= configuration.probeLimit
        if mode == .none, state == .open { return tally(.rejected, .rejected) }
        if mode == .none, state == .halfOpen, isFull { return tally(.rejected, .tooManyProbes) }
        calls[call] = Call(generation: generation, isProbe: state == .halfOpen && !isFull)
        return tally(.calls, .admitted)
    }

    mutating func finish(_ id: Int, _ end: End, _ now: UInt64) {
        guard let call = calls.removeValue(forKey: id) else { return }
        if call.generation != generation {
            counts[.late, default: 0] += 1
            return
        }
        counts[end == .ok ? .ok : end == .failed ? .failed : .ignored, default: 0] += 1
        if mode == .forcedOpen || end == .ignored { return }
        let failed = end == .failed
        streak.append(failed)
        if state == .closed {
            guard case .failureRatio(let thousandths, let minimum, let length) = configuration.rule.kind else {
                if case .consecutiveFailures(let most) = configuration.rule.kind, failuresInARow >= most {
                    go(.open, now)
                }
                return
            }
            results.append(Result(bucket: now / (length / 10), failed: failed))
            guard failed, let seen = window(now), seen.calls >= minimum else { return }
            if Int64(seen.failed) * 1_000 >= thousandths * Int64(seen.calls) { go(.open, now) }
        } else if state == .halfOpen, call.isProbe {
            if failed { return go(.open, now) }
            probeResults.append(true)
            if probesOk >= configuration.probeNeed { go(.closed, now) }
        }
    }

    mutating func go(_ next: CircuitState, _ now: UInt64) {
        if next == .open { counts[.opened, default: 0] += 1 }
        state = next
        generation += 1
        openedAt = now
        results = []
        probeResults = []
    }

    private mutating func tally(_ field: Field, _ verdict: Verdict) -> Verdict {
        counts[field, default: 0] += 1
        return verdict
    }
}
