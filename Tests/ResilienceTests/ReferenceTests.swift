// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import ResilienceTesting
import Testing

@testable import Resilience

@Suite("The breaker against the reference model")
struct ReferenceTests {
    static let configurations: [CircuitBreaker.Configuration] = [
        .init(rule: .failureRatio(0.6), openFor: .seconds(4), probeLimit: 3, probeNeed: 3),
        .init(
            rule: .failureRatio(0.333, minimumCalls: 3, window: .milliseconds(100)), openFor: .milliseconds(30),
            probeLimit: 1, probeNeed: 2),
        .init(rule: .consecutiveFailures(1), openFor: .milliseconds(1), probeLimit: 4, probeNeed: 1),
        .init(rule: .consecutiveFailures(3), openFor: .seconds(1), probeLimit: 2, probeNeed: 3),
    ]

    @Test("Any interleaving of calls, time and operators", arguments: 0..<4, [1, 2, 3, UInt64.random(in: 4 ... .max)])
    func interleavings(configuration: Int, seed: UInt64) throws {
        var duel = Duel(Self.configurations[configuration], seed: seed)
        for step in 1...4_000 {
            let action = duel.step()
            if let difference = duel.difference() {
                Issue.record("seed \(seed), step \(step), \(action): \(difference)")
                return
            }
        }
        #expect(duel.reached == Set(CircuitState.allCases), "seed \(seed) went through every state")
    }
}

/// The breaker and its reference side by side, driven by one seed.
private struct Duel {
    private typealias Machine = CircuitBreakerStateMachine

    private var random: SeededRandom
    private var machine: Machine
    private var model: ReferenceBreaker
    private var now: UInt64 = 1_000_000_000
    private var tickets: [Int: Machine.Ticket] = [:]
    private var nextCall = 0
    private var mismatch: String?
    private(set) var reached: Set<CircuitState> = []

    init(_ configuration: CircuitBreaker.Configuration, seed: UInt64) {
        random = SeededRandom(seed: seed)
        let settings = Machine.Settings(
            rule: configuration.rule, openFor: configuration.openFor.nanoseconds,
            probeLimit: Int64(configuration.probeLimit), probeNeed: Int64(configuration.probeNeed))
        machine = Machine(settings: settings, origin: 0, now: now)
        model = ReferenceBreaker(configuration)
    }

    mutating func step() -> String {
        mismatch = nil
        defer { reached.insert(machine.state) }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<40: return arrive()
        case 40..<80: return finish()
        case 80..<94: return wait()
        default: return operate()
        }
    }

    private mutating func arrive() -> String {
        nextCall += 1
        let expected = model.arrive(nextCall, now)
        let verdict: ReferenceBreaker.Verdict
        switch machine.admit(at: now).admission {
        case .admitted(let ticket):
            tickets[nextCall] = ticket
            verdict = .admitted
        case .refused(.forcedOpen, _): verdict = .forcedOpen
        case .refused(.tooManyProbes, _): verdict = .tooManyProbes
        case .refused: verdict = .rejected
        }
        if verdict != expected { mismatch = "\(verdict) instead of \(expected)" }
        return "call \(nextCall) arrives"
    }

    private mutating func finish() -> String {
        guard let id = tickets.keys.sorted().randomElement(using: &random), let ticket = tickets.removeValue(forKey: id)
        else { return "nothing" }
        let ends: [ReferenceBreaker.End] = [.ok, .ok, .failed, .failed, .failed, .ignored]
        let end = ends.randomElement(using: &random) ?? .ok
        model.finish(id, end, now)
        let note = ErrorNote(type: "E", message: "e")
        let ending: Machine.Ending =
            switch end {
            case .ok: .succeeded
            case .failed: .failed(note, timedOut: false)
            case .ignored: .ignored
            }
        _ = machine.finish(ticket, ending, at: now)
        return "call \(id) ends \(end)"
    }

    private mutating func wait() -> String {
        let scales: [UInt64] = [0, 1, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 5_000_000_000, 60_000_000_000]
        let pause = UInt64.random(in: 0...(scales.randomElement(using: &random) ?? 0), using: &random)
        now += pause
        return "\(pause) ns pass"
    }

    private mutating func operate() -> String {
        let lifetime: UInt64? = Bool.random(using: &random) ? UInt64.random(in: 1...8_000_000_000, using: &random) : nil
        model.expire(now)
        _ = machine.expire(at: now)
        let action = CommandAction.allCases.randomElement(using: &random) ?? .clear
        let isDone = (try? machine.perform(.init(action: action, lifetime: lifetime), at: now).get()) != nil
        let isApplicable: Bool
        switch action {
        case .forceOpen, .forceClosed, .reset: isApplicable = true
        case .clear: isApplicable = model.mode != .none
        case .probe: isApplicable = model.state == .open && model.mode != .forcedOpen
        }
        if isDone != isApplicable { mismatch = "\(action) was \(isDone ? "done" : "refused")" }
        guard isApplicable else { return "\(action) refused" }
        switch action {
        case .forceOpen: model.set(.forcedOpen, lifetime.map { now + $0 })
        case .forceClosed: model.set(.forcedClosed, lifetime.map { now + $0 })
        case .clear: model.drop()
        case .reset: model.reset()
        case .probe: model.go(.halfOpen, now)
        }
        return "\(action) for \(lifetime.map(String.init) ?? "ever")"
    }

    func difference() -> String? {
        if let mismatch { return mismatch }
        var row = CircuitRow(id: 1)
        machine.fill(&row, at: now)
        let window = model.window(now)
        let expected: [(Field, Int?)] = [
            (.generation, model.generation), (.inFlight, model.inFlight), (.probesInFlight, model.probesInFlight),
            (.probesOk, model.probesOk), (.consecutiveFailed, model.failuresInARow), (.windowCalls, window?.calls),
            (.windowFailed, window?.failed), (.overrideRevision, model.revision),
        ]
        for (field, value) in expected where row[field] != value.map(Int64.init) {
            return "\(field) is \(row[field] ?? -1) instead of \(value ?? -1)"
        }
        for field in [Field.calls, .ok, .failed, .ignored, .late, .rejected, .rejectedForced, .opened]
        where row[field] != model.counts[field, default: 0] {
            return "\(field) is \(row[field] ?? -1) instead of \(model.counts[field, default: 0])"
        }
        if row.state != model.state { return "\(row.state.debugDescription) instead of \(model.state)" }
        if row.overrideMode != model.mode { return "\(row.overrideMode.debugDescription) instead of \(model.mode)" }
        let ended = [Field.ok, .failed, .ignored, .late, .inFlight].reduce(0) { $0 + (row[$1] ?? 0) }
        return row[.calls] == ended ? nil : "\(row[.calls] ?? -1) calls, \(ended) accounted for"
    }
}
