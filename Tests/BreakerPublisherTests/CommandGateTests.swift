// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import BreakerWire
import Testing

@testable import BreakerPublisher

@Suite("What becomes of a command")
struct CommandGateTests {
    static let boss = Principal(name: "uid 1 (ann)", role: .operator)
    static let guest = Principal(name: "uid 2 (bob)", role: .observer)

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var sender = boss
        var boot = "00000000000000aa"
        var isReadOnly = false
        var actions = CommandAction.allCases
        var rate = TokenBucket.Outcome.granted
        var expected: CommandError.Code?
        var isRecorded = true
    }

    @Test(
        "Checks come in order, and the first that fails says why",
        arguments: [
            Case(testDescription: "an operator's command", expected: nil),
            Case(testDescription: "an observer's", sender: guest, expected: .notAllowed),
            Case(testDescription: "read-only", isReadOnly: true, expected: .readOnly),
            Case(testDescription: "an observer's, read-only", sender: guest, isReadOnly: true, expected: .readOnly),
            Case(testDescription: "another boot's", boot: "00000000000000bb", expected: .wrongBoot),
            Case(testDescription: "unknown action", sender: guest, actions: [.clear], expected: .unsupported),
            Case(testDescription: "too many", rate: .exceeded, expected: .rateLimited),
            Case(testDescription: "far too many", rate: .stillExceeded, expected: .rateLimited, isRecorded: false),
            Case(
                testDescription: "an observer's flood", sender: guest, rate: .stillExceeded, expected: .notAllowed,
                isRecorded: false),
        ]
    )
    func checks(_ item: Case) {
        let gate = CommandGate(boot: "00000000000000aa", actions: item.actions, isReadOnly: item.isReadOnly)
        let verdict = gate.judge(.sample(boot: item.boot), from: item.sender, rate: item.rate)
        switch verdict {
        case .perform: #expect(item.expected == nil)
        case .refuse(let error, let isRecorded):
            #expect(error.code == item.expected)
            #expect(isRecorded == item.isRecorded)
        case .answerAgain: Issue.record("nothing was answered before")
        }
    }

    @Test("The same command again has the same answer; another body is a conflict; another id is new")
    func idempotence() {
        var gate = CommandGate(boot: "00000000000000aa", actions: CommandAction.allCases, isReadOnly: false)
        let command = Command.sample()
        let result = CommandResult(id: command.id, outcome: .success(7))
        gate.remember(command, result)
        #expect(gate.judge(command, from: Self.boss, rate: .granted) == .answerAgain(result))
        guard case .refuse(let error, true) = gate.judge(.sample(circuit: 2), from: Self.boss, rate: .granted) else {
            Issue.record("not refused")
            return
        }
        #expect(error.code == .idConflict)
        #expect(gate.judge(.sample(id: "other"), from: Self.boss, rate: .granted) == .perform)
    }

    @Test("The ledger keeps the last 1,024 commands")
    func ledgerIsBounded() {
        var ledger = CommandLedger()
        for number in 1...2_000 {
            let command = Command.sample(id: "\(number)")
            ledger.remember(command, CommandResult(id: command.id, outcome: .success(Int64(number))))
        }
        #expect(ledger.find(.sample(id: "976")) == .new)
        #expect(ledger.find(.sample(id: "977")) != .new)
        #expect(ledger.find(.sample(id: "2000")) != .new)
    }

    @Test("So many commands a second, and as many at once after a pause")
    func rate() {
        var bucket = TokenBucket(perSecond: 20, now: 0)
        #expect((1...20).allSatisfy { _ in bucket.take(now: 0) == .granted })
        #expect(bucket.take(now: 0) == .exceeded)
        #expect(bucket.take(now: 49) == .stillExceeded)
        #expect(bucket.take(now: 50) == .granted)
        #expect(bucket.take(now: 50) == .exceeded)
        #expect((1...20).allSatisfy { _ in bucket.take(now: .max / 2) == .granted })
        #expect(bucket.take(now: .max / 2) == .exceeded)
        #expect(bucket.take(now: 0) == .stillExceeded)
    }
}
