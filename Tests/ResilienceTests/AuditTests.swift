// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import ResilienceTesting
import Testing

@testable import Resilience

@Suite("The audit of commands")
struct AuditTests {
    private let clock = ManualClock()
    private let registry: Registry
    private let circuit: Circuit

    init() {
        registry = Registry(service: "orders", instance: "orders-1", timeline: clock.timeline, random: .seeded(1))
        circuit = registry.circuit(
            "charge", breaker: .init(rule: .consecutiveFailures(1), openFor: .nanoseconds(1), probeNeed: 1))
    }

    private func command(
        _ action: CommandAction, circuit: Int64 = 1, lifetime: Command.Lifetime? = nil, revision: Int64? = nil
    ) -> Command {
        Command(
            id: "c", boot: registry.identity.boot, circuit: circuit, action: action, lifetime: lifetime,
            ifOverrideRevision: revision)
    }

    private var events: [Event] { registry.events(after: 0, limit: .max).events }

    private var refusals: [CommandRecord] {
        events.compactMap { if case .command(let record) = $0.kind, record.refusal != nil { record } else { nil } }
    }

    private var leftOut: Int64 {
        events.reduce(0) { sum, event in
            if case .suppressed("command", let count) = event.kind { sum + count } else { sum }
        }
    }

    @Test(
        "However often somebody is refused, what was done before stays in the log, and the refusals are told in number",
        arguments: [CommandError.Code.unknownCircuit, .notApplicable, .notAllowed]
    )
    func flood(code: CommandError.Code) {
        _ = registry.perform(command(.forceClosed, lifetime: .untilCleared), by: "uid 7")
        // Twenty a second for ten minutes, as the publisher lets through.
        for _ in 1...12_000 {
            switch code {
            case .unknownCircuit: _ = registry.perform(command(.reset, circuit: 99), by: "uid 8")
            case .notApplicable: _ = registry.perform(command(.probe), by: "uid 8")
            default: _ = registry.refuse(command(.reset), by: "uid 8", because: CommandError(code, "no"))
            }
            clock.advance(by: .milliseconds(50))
        }
        #expect(events.first?.seq == 1)
        #expect(refusals.count <= 10 + 600)
        #expect(refusals.count > 400)
        clock.advance(by: .seconds(10))
        registry.advance()
        #expect(Int64(refusals.count) + leftOut == 12_000)
    }

    @Test("One principal's flood leaves the refusals of another in the log")
    func principals() {
        for _ in 1...100 { _ = registry.perform(command(.probe), by: "uid 8") }
        _ = registry.perform(command(.probe), by: "uid 9")
        #expect(refusals.map(\.principal) == Array(repeating: "uid 8", count: 10) + ["uid 9"])
    }

    @Test("A command for another boot is recorded of no circuit: its number meant another one")
    func otherBoot() {
        var command = command(.reset)
        command.boot = "0000000000000000"
        _ = registry.perform(command, by: "uid 8")
        _ = registry.perform(self.command(.probe), by: "uid 8")
        #expect(refusals.map(\.refusal) == [.wrongBoot, .notApplicable])
        #expect(events.map(\.circuit) == [nil, circuit.id])
    }

    @Test("What is done is recorded, however much that is")
    func performed() {
        for _ in 1...500 { _ = registry.perform(command(.reset), by: "uid 7") }
        #expect(events.count { if case .command = $0.kind { true } else { false } } == 500)
    }

    @Test("A bounded number of principals is told apart, and quiet ones are forgotten")
    func allowancesAreBounded() {
        var allowances = RefusalAllowances()
        let kind = Event.Kind.command(
            CommandRecord(id: "c", action: .reset, principal: "", claimed: "", reason: "", refusal: .invalid))
        let admitted = (1...1_000).count { allowances.admits(kind, of: "uid \($0)", at: 0).isAdmitted }
        #expect(admitted == RefusalAllowances.maximumPrincipals + 10)
        #expect(allowances.count == RefusalAllowances.maximumPrincipals + 1)
        _ = allowances.recover(at: .max)
        #expect(allowances.admits(kind, of: "uid 2000", at: .max).isAdmitted)
        #expect(allowances.count < RefusalAllowances.maximumPrincipals)
    }

    @Test("A result names the record of its own command, not what had to be told just before it")
    func ownNumber() async throws {
        // So many changes of state that some are left out.
        for _ in 1...50 {
            try? await circuit.run { throw ScriptedError() }
            clock.advance(by: .nanoseconds(1))
        }
        clock.advance(by: .seconds(2))
        let before = registry.log.newest
        let seq = try registry.perform(command(.forceClosed, lifetime: .untilCleared), by: "uid 7").outcome.get()
        let told = registry.events(after: before, limit: 10).events
        #expect(told.contains { if case .suppressed = $0.kind { true } else { false } })
        let record = try #require(told.first { $0.seq == seq })
        guard case .command(let audit) = record.kind else {
            Issue.record("the result names \(record)")
            return
        }
        #expect(audit.principal == "uid 7")
    }

    @Test(
        "Nonsense in a question is answered, never a trap",
        arguments: [Int64.min, -1, 0, 1, 2, .max], [Int.min, -1, 0, 1, .max]
    )
    func absurdPages(after seq: Int64, limit: Int) {
        let empty = registry.events(after: seq, limit: limit)
        #expect(empty.events.isEmpty && empty.newest == 0 && empty.oldest == 1)
        _ = registry.perform(command(.reset), by: "uid 7")
        #expect(registry.events(after: seq, limit: limit).events.count == (seq < 1 && limit > 0 ? 1 : 0))
    }

    @Test(
        "Nonsense in commands and questions about circuits neither traps nor does anything",
        arguments: [
            Int64.min, -1, 0, .max,
        ])
    func absurdCommands(number: Int64) {
        for action in CommandAction.allCases {
            for lifetime in [nil, .untilCleared, .limited(number)] as [Command.Lifetime?] {
                _ = registry.perform(command(action, circuit: number, lifetime: lifetime), by: "")
                if number != 0 {
                    _ = registry.perform(command(action, lifetime: lifetime, revision: number), by: "")
                }
            }
        }
        #expect(circuit.breaker.override == CircuitOverride())
        #expect(registry.circuit(id: number) == nil)
        #expect(registry.circuits(changedAfter: UInt64(bitPattern: number)).revision > 0)
        for duration in [Duration.seconds(number), .milliseconds(number)] {
            try? circuit.breaker.forceOpen(for: duration)
            registry.advance()
            _ = registry.sample()
        }
    }

    @Test("A clock that jumps to its end or back traps nowhere", arguments: [[0, .max], [.max, 0], [.max, .max]])
    func absurdClocks(readings: [UInt64]) async {
        let source = ScriptedOutcomes(readings.map { Result<UInt64, any Error>.success($0) })
        let timeline = Timeline(now: { (try? source.call()) ?? .max }, wallClock: { .min }, sleep: { _ in })
        let registry = Registry(service: "orders", instance: "1", timeline: timeline)
        let circuit = registry.circuit("charge", breaker: .init(rule: .consecutiveFailures(1)))
        try? circuit.breaker.forceOpen(for: .seconds(Int64.max))
        try? circuit.breaker.clear()
        try? await circuit.run { throw ScriptedError() }
        registry.advance()
        #expect(registry.sample().rows.count == 1)
    }
}
