// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import ResilienceTesting
import Testing

@testable import Resilience

@Suite("Overrides")
struct OverrideTests {
    private static let configuration = CircuitBreaker.Configuration(
        rule: .consecutiveFailures(3), openFor: .seconds(4), probeLimit: 2, probeNeed: 2)

    @Test(
        "A forced open refuses for twice the open time and longer, whatever state it found",
        arguments: [
            "C", "f f f O", "f f f +4000 o H",
        ])
    func forcedOpenHolds(_ line: String) throws {
        var script = BreakerScript(Self.configuration)
        try script.play(line)
        let found = script.breaker.state
        let rejected = script.row[.rejected]
        try script.breaker.forceOpen(for: nil, reason: "drill")
        for _ in 1...100 { try script.play("+80 x") }
        try script.play("+60000 x")
        #expect(script.breaker.state == found, "the calculated state is frozen")
        #expect(script.row[.rejectedForced] == 101)
        #expect(script.row[.rejected] == rejected)
        #expect(script.row.overrideMode == .forcedOpen)
    }

    @Test("Ends of earlier calls are counted under a forced open, but decide nothing")
    func forcedOpenFreezes() throws {
        var script = BreakerScript(Self.configuration)
        try script.play("<1 <2 <3 <4")
        try script.breaker.forceOpen(for: nil)
        try script.play("1f 2f 3f 4o C")
        #expect(script.row[.failed] == 3)
        #expect(script.row[.ok] == 1)
        #expect(script.row[.consecutiveFailed] == 0)
        var probing = BreakerScript(Self.configuration)
        try probing.play("f f f +4000 <1 <2 H")
        try probing.breaker.forceOpen(for: nil)
        try probing.play("1f 2o H")
        #expect(probing.row[.probesInFlight] == 0)
        #expect(probing.row[.probesOk] == 0)
    }

    @Test("Clearing a forced open leads to half-open, and calls from before it are late")
    func clearForcedOpen() throws {
        var script = BreakerScript(Self.configuration)
        let recorder = EventRecorder()
        script.breaker.onEvent(recorder.record)
        try script.play("<9 C")
        try script.breaker.forceOpen(for: .seconds(60), reason: "drill", principal: "uid 7", claimed: "ann")
        try script.play("x")
        try script.breaker.clear()
        try script.play("H 9f H <1 <2 x 1o 2o C")
        #expect(script.row[.late] == 1)
        #expect(recorder.stateChanges.map(\.cause) == [.clear, .probeOk])
        #expect(recorder.stateChanges.first?.from == .closed)
    }

    @Test("A forced open ends by itself, with traffic and without", arguments: [true, false])
    func expiry(withTraffic: Bool) throws {
        var script = BreakerScript(Self.configuration)
        let recorder = EventRecorder()
        script.breaker.onEvent(recorder.record)
        try script.breaker.forceOpen(for: .milliseconds(1_500), principal: "uid 7")
        #expect(script.breaker.override.until == 1_500)
        try script.play("x +1499 x")
        script.breaker.advance()
        #expect(script.breaker.override.mode == .forcedOpen)
        script.clock.advance(by: .milliseconds(1))
        if withTraffic { try script.play("o") } else { script.breaker.advance() }
        try script.play("H")
        #expect(script.breaker.override == CircuitOverride(revision: 2))
        let causes = recorder.events.compactMap { event in
            if case .override(let change) = event.kind { change.cause } else { nil }
        }
        #expect(causes == [.command, .expiry])
    }

    @Test("Under a forced closed everything passes while the state goes on being calculated")
    func forcedClosed() throws {
        var script = BreakerScript(Self.configuration)
        try script.breaker.forceClosed(for: nil)
        // Open by calculation; what passes meanwhile decides nothing. Later two at once probe, the third only passes.
        try script.play("f f f O f o o o O +4000 <1 <2 <3 H 3f H 1o 2o C")
        #expect(script.row[.rejected] == 0)
        #expect(script.row[.late] == 0)
        try script.play("f f f O")
        try script.breaker.clear()
        try script.play("O x")
    }

    @Test("A forced closed that ends leaves the calculated state")
    func forcedClosedExpires() throws {
        var script = BreakerScript(Self.configuration)
        try script.breaker.forceClosed(for: .seconds(1))
        try script.play("f f f O o O +1000 x O")
        #expect(script.breaker.override.mode == .none)
    }

    @Test("A forced closed after a forced open unfreezes the state where it stood")
    func forcedOpenThenClosed() throws {
        var script = BreakerScript(Self.configuration)
        try script.play("f f C")
        try script.breaker.forceOpen(for: nil)
        try script.play("x")
        try script.breaker.forceClosed(for: nil)
        try script.play("C f O o")
    }

    @Test(
        "A reset drops the override, empties the window, closes, and keeps the counters",
        arguments: [
            "f f f O", "f f f +4000 <1 H", "f f C",
        ])
    func reset(_ line: String) throws {
        var script = BreakerScript(Self.configuration)
        try script.play(line)
        try script.breaker.forceOpen(for: nil)
        let before = script.row
        try script.breaker.reset()
        try script.play("C f f C f O")
        #expect(script.row[.failed] == (before[.failed] ?? 0) + 3)
        #expect(script.row[.rejected] == before[.rejected])
        #expect(script.breaker.override == CircuitOverride(revision: 2))
    }

    @Test("A reset begins a generation: calls in flight are late")
    func resetIsLate() throws {
        var script = BreakerScript(Self.configuration)
        try script.play("<1 <2 <3")
        try script.breaker.reset()
        try script.play("1f 2f 3f C")
        #expect(script.row[.late] == 3)
    }

    @Test("A probe command lets an open circuit probe at once, and nothing else")
    func probe() throws {
        var script = BreakerScript(Self.configuration)
        let breaker = script.breaker
        #expect(throws: CommandError.self) { try breaker.probe() }
        try script.play("f f f x")
        try script.breaker.probe()
        try script.play("H o o C f f f O")
        try script.breaker.forceOpen(for: nil)
        let error = #expect(throws: CommandError.self) { try breaker.probe() }
        #expect(error?.code == .notApplicable)
        try script.play("O x")
    }

    @Test("Every change of the slot raises its revision, and a stale one is refused with who and when")
    func revisions() throws {
        let script = BreakerScript(Self.configuration)
        let breaker = script.breaker
        #expect(breaker.override.revision == 0)
        try breaker.forceOpen(for: nil, principal: "uid 7", claimed: "ann", ifRevision: 0)
        script.clock.advance(by: .seconds(12))
        let error = #expect(throws: CommandError.self) { try breaker.forceClosed(for: nil, ifRevision: 0) }
        #expect(error?.code == .overrideConflict)
        #expect(error?.message == "the override is at revision 1, not 0: set to forced_open by uid 7 as ann 12 s ago")
        #expect(breaker.override.mode == .forcedOpen)
        try breaker.forceOpen(for: .seconds(1), ifRevision: 1)
        #expect(breaker.override.revision == 2)
        try breaker.clear(ifRevision: 2)
        #expect(breaker.override.revision == 3)
        let none = #expect(throws: CommandError.self) { try breaker.clear() }
        #expect(none?.code == .notApplicable)
        let nothing = #expect(throws: CommandError.self) { try breaker.forceOpen(for: .zero) }
        #expect(nothing?.code == .invalid)
    }
}
