// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import ResilienceTesting
import Testing

@testable import Resilience

/// Plays a line of steps against a breaker on a manual clock:
///
/// | step | meaning |
/// |---|---|
/// | `o` `f` `t` `i` | a call is admitted and succeeds, fails, times out, is ignored |
/// | `x` | a call is refused |
/// | `<1` | call 1 is admitted and stays in flight |
/// | `1o` `1f` `1i` | call 1 ends so |
/// | `+250` | so many milliseconds pass |
/// | `C` `O` `H` | the state must be closed, open, half-open |
struct BreakerScript {
    let clock = ManualClock()
    let breaker: CircuitBreaker
    private var held: [Character: CircuitBreakerStateMachine.Ticket] = [:]

    init(_ configuration: CircuitBreaker.Configuration) {
        breaker = CircuitBreaker("test", configuration, timeline: clock.timeline)
    }

    var row: CircuitRow {
        var row = CircuitRow(id: 1)
        breaker.fill(&row)
        return row
    }

    mutating func play(_ line: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        var done = ""
        for step in line.split(separator: " ") {
            done += (done.isEmpty ? "" : " ") + step
            try play(step: step, after: done, sourceLocation)
            let row = row
            let ended = [Field.ok, .failed, .ignored, .late, .inFlight].reduce(0) { $0 + (row[$1] ?? 0) }
            #expect(row[.calls] == ended, "calls = ok + failed + ignored + late + in flight, after \(done)")
        }
    }

    private mutating func play(step: Substring, after done: String, _ location: SourceLocation) throws {
        let first = try #require(step.first)
        switch first {
        case "C": expect(.closed, after: done, location)
        case "O": expect(.open, after: done, location)
        case "H": expect(.halfOpen, after: done, location)
        case "+": clock.advance(by: .milliseconds(try #require(Int(step.dropFirst()))))
        case "x":
            #expect(throws: ResilienceError.self, "refused, after \(done)", sourceLocation: location) {
                _ = try breaker.admit()
            }
        case "<": held[try #require(step.last)] = try admit(after: done, location)
        case "o", "f", "t", "i": breaker.finish(try admit(after: done, location), ending(first))
        default:
            let ticket = try #require(held[first], "no call \(first)", sourceLocation: location)
            held[first] = nil
            breaker.finish(ticket, ending(try #require(step.last)))
        }
    }

    private func admit(after done: String, _ location: SourceLocation) throws -> CircuitBreakerStateMachine.Ticket {
        let ticket = try? breaker.admit()
        return try #require(ticket, "admitted, after \(done)", sourceLocation: location)
    }

    private func expect(_ state: CircuitState, after done: String, _ location: SourceLocation) {
        #expect(breaker.state == state, "after \(done)", sourceLocation: location)
    }

    private func ending(_ letter: Character) -> CircuitBreakerStateMachine.Ending {
        switch letter {
        case "o": .succeeded
        case "i": .ignored
        case "t": breaker.ending(for: ResilienceError(.timedOut, message: "no answer"))
        default: breaker.ending(for: ScriptedError("refused"))
        }
    }
}
