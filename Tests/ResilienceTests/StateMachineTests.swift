// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import ResilienceTesting
import Testing

@testable import Resilience

@Suite("The breaker's states")
struct StateMachineTests {
    static let threeInARow = CircuitBreaker.Configuration(
        rule: .consecutiveFailures(3), openFor: .seconds(4), probeLimit: 2, probeNeed: 2)
    static let ratio = CircuitBreaker.Configuration(
        rule: .failureRatio(0.6, minimumCalls: 5, window: .seconds(10)), openFor: .seconds(4))

    @Test(
        "Failures in a row",
        arguments: [
            "f f C f O",
            "f f o f f C f O",
            "f f i f O",
            "f t f O",
            // Refused until the open time is over to the nanosecond; the first call after it probes.
            "f f f O +3999 x O +1 O o H o C",
            // A probe that fails opens again, for the whole open time.
            "f f f +4000 o H f O x +3999 x +1 o o C",
            // Two probes at once, no third; an ignored one frees its slot and decides nothing.
            "f f f +4000 <1 <2 H x 1i <3 x 2o H 3o C",
            // What was admitted before the state changed is late and decides nothing, in either direction.
            "<1 <2 f f f O 1o 2f O +4000 o H o C",
            "<1 f f f +4000 <2 H 1f H 2o o C",
            "f f f +4000 <1 <2 1f O 2o O +4000 o o C",
            // The streak starts anew after closing.
            "f f f +4000 o o C f f C f O",
        ])
    func consecutiveFailures(_ line: String) throws {
        var script = BreakerScript(Self.threeInARow)
        try script.play(line)
    }

    @Test(
        "The failure ratio",
        arguments: [
            // Not before five calls, and 3 of 5 is exactly 0.6.
            "f f f f C f O",
            "o o f f C f O",
            "o o o f f C f C",
            // A success never opens, though the ratio is reached with it: the next failure does.
            "f f f f o C f O",
            // Ignored calls are not in the ratio.
            "f f f f i i C f O",
            // The window forgets: buckets of a second, ten of them.
            "f f f f +10000 f C",
            "f f f f +9000 f O",
            // Skipped buckets are empty, one by one and all at once.
            "f f +5000 o o +4999 f O",
            "f f +5000 o o +5000 f f C f O",
            "f f f f +100000000 f C f f f C f O",
            // A clock that stands still.
            "o o o o f f f f f f O",
            // After closing, the window is empty.
            "f f f f f O +4000 o o H o C f f f f C f O",
            // Three probes at once by default.
            "f f f f f +4000 <1 <2 <3 x H 1o 2o H 3o C",
        ])
    func failureRatio(_ line: String) throws {
        var script = BreakerScript(Self.ratio)
        try script.play(line)
    }

    @Test("An outage lasts from the first opening until it is closed again, whatever its probes do")
    func outage() throws {
        var script = BreakerScript(Self.threeInARow)
        try script.play("+1000 f f C")
        #expect(script.row[.outageSince] == nil)
        try script.play("f O")
        #expect(script.row[.outageSince] == 1_000)
        try script.play("+4000 f O +4000 o H")
        #expect(script.row[.outageSince] == 1_000)
        #expect(script.row[.stateSince] == 9_000)
        try script.breaker.forceOpen(for: nil)
        try script.breaker.clear()
        #expect(script.row[.outageSince] == 1_000)
        try script.play("o o C")
        #expect(script.row[.outageSince] == nil)
        try script.play("+500 f f f O")
        #expect(script.row[.outageSince] == 9_500)
    }

    @Test("A thousandth decides a ratio, exactly", arguments: [(0.599, true), (0.6, true), (0.601, false)])
    func exactRatio(ratio: Double, opens: Bool) throws {
        var script = BreakerScript(.init(rule: .failureRatio(ratio, minimumCalls: 5)))
        try script.play("o o f f f")
        #expect((script.breaker.state == .open) == opens)
    }

    @Test("The notes' sequence: three timeouts, then refused for five seconds, then one probe that fails")
    func goResiliencySequence() throws {
        // breaker.New(3, 1, 5*time.Second); each call takes 2 s and fails, with 500 ms between calls.
        var script = BreakerScript(
            .init(rule: .consecutiveFailures(3), openFor: .seconds(5), probeLimit: 1, probeNeed: 1))
        let timeout = "<1 +2000 1f +500 "
        let refused = String(repeating: "x +500 ", count: 9)
        try script.play(timeout + timeout + "<1 +2000 1f O +500 " + refused)
        try script.play("<1 H x +2000 1f O +500 " + refused + "o C")
        #expect(script.row[.opened] == 2)
        #expect(script.row[.rejected] == 19)
    }

    @Test("A clock that goes back is taken as standing still")
    func clockGoesBack() {
        let settings = CircuitBreakerStateMachine.Settings(
            rule: .failureRatio(0.5, minimumCalls: 2), openFor: 1_000, probeLimit: 1, probeNeed: 1)
        var machine = CircuitBreakerStateMachine(settings: settings, origin: 5_000, now: 5_000)
        let note = ErrorNote(type: "E", message: "e")
        for now: UInt64 in [5_000, 4_000] {
            guard case .admitted(let ticket) = machine.admit(at: now).admission else {
                Issue.record("refused")
                return
            }
            _ = machine.finish(ticket, .failed(note, timedOut: false), at: 0)
        }
        #expect(machine.state == .open)
        guard case .refused(_, let retryAfter) = machine.admit(at: 1).admission else {
            Issue.record("admitted")
            return
        }
        #expect(retryAfter == 1_000)
    }

    @Test("A trip tells the rule, the counts that it saw, and the last errors, redacted, equal ones counted")
    func trip() async throws {
        var configuration = Self.ratio
        configuration.redact = { $0.replacing("secret", with: "…") + String(repeating: "y", count: 300) }
        let clock = ManualClock()
        let breaker = CircuitBreaker("test", configuration, timeline: clock.timeline)
        let recorder = EventRecorder()
        breaker.onEvent(recorder.record)
        let errors = ["old", "secret 1", "b", "secret 1", "secret 1"].map { ScriptedError($0) }
        clock.advance(by: .seconds(1))
        for (index, error) in errors.enumerated() {
            // The first failure leaves the window before the others come.
            if index == 1 { clock.advance(by: .seconds(20)) }
            try? await breaker.run { throw error }
        }
        try? await breaker.run { throw ScriptedError("last") }
        let trip = try #require(recorder.stateChanges.first?.trip)
        #expect(trip.rule == "failure_ratio")
        #expect(trip.calls == 5)
        #expect(trip.failed == 5)
        #expect(trip.threshold == 600)
        #expect(trip.consecutiveFailed == 6)
        #expect(trip.at == 21_000)
        #expect(trip.errors.map(\.count) == [1, 3, 1])
        #expect(trip.errors.map { String($0.message.prefix(4)) } == ["last", "… 1y", "byyy"])
        #expect(trip.errors.allSatisfy { $0.type == "ScriptedError" && $0.message.count == 200 })
        #expect(breaker.description.trip == trip)
    }

    @Test("A rejection says which circuit, which state and when to try again")
    func rejections() async throws {
        var script = BreakerScript(Self.threeInARow)
        try script.play("f f f +1500")
        let breaker = script.breaker
        let open = await #expect(throws: ResilienceError.self) { try await breaker.run { Issue.record("started") } }
        #expect(open?.code == .rejected)
        #expect(open?.retryAfter == .milliseconds(2_500))
        #expect(open?.description == "circuit test is open; try again in 2.5 s")
        try script.play("+2500 <1 <2")
        let probes = await #expect(throws: ResilienceError.self) { try await breaker.run { Issue.record("started") } }
        #expect(probes?.code == .tooManyProbes)
        #expect(probes?.isRejection == true)
    }

    @Test("Cancellation is ignored, a timeout is a failure and counted as timeout, by default")
    func classification() async throws {
        let breaker = CircuitBreaker("test")
        await #expect(throws: CancellationError.self) { try await breaker.run { throw CancellationError() } }
        let timeout = ResilienceError(.timedOut, message: "no answer")
        await #expect(throws: ResilienceError.self) { try await breaker.run { throw timeout } }
        #expect(try await breaker.run { 7 } == 7)
        var row = CircuitRow(id: 1)
        breaker.fill(&row)
        #expect(row[.ignored] == 1)
        #expect(row[.failed] == 1)
        #expect(row[.timeouts] == 1)
        #expect(row[.ok] == 1)
    }

    @Test("A permit counts once, and one that is dropped is ignored")
    func permits() throws {
        let breaker = CircuitBreaker("test")
        try breaker.acquire().succeed()
        try breaker.acquire().fail(ScriptedError())
        try breaker.acquire().ignore()
        do { _ = try breaker.acquire() }
        var row = CircuitRow(id: 1)
        breaker.fill(&row)
        #expect([row[.calls], row[.ok], row[.failed], row[.ignored], row[.inFlight]] == [4, 1, 1, 2, 0])
    }

    @Test("A listener may call the breaker, and still hears everything in order")
    func listenerCallsBack() async throws {
        let clock = ManualClock()
        let breaker = CircuitBreaker("test", Self.threeInARow, timeline: clock.timeline)
        let recorder = EventRecorder()
        breaker.onEvent { event in
            recorder.record(event)
            if case .state(let change) = event.kind, change.to == .open {
                try? breaker.forceClosed(for: .seconds(1))
                try? breaker.probe()
            }
        }
        for _ in 1...3 { try? await breaker.run { throw ScriptedError() } }
        #expect(recorder.stateChanges.map(\.to) == [.open, .halfOpen])
        #expect(recorder.events.map(\.seq) == [1, 2, 3])
        #expect(breaker.override.mode == .forcedClosed)
    }

    @Test("Reading changes nothing")
    func reading() throws {
        var script = BreakerScript(Self.threeInARow)
        try script.play("f f f +60000")
        let before = script.row
        #expect(script.breaker.state == .open)
        #expect(script.row == before)
        #expect(script.row[.openUntil] == 4_000)
    }
}
