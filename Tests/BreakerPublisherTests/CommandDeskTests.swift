// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
import Logging
import Resilience
import ResilienceTesting
import Testing

@testable import BreakerPublisher

@Suite("Where the commands of all connections come together")
struct CommandDeskTests {
    private static let ann = Principal(.user(1), name: "uid 1 (ann)", role: .operator)
    private static let cleo = Principal(.user(3), name: "uid 3 (cleo)", role: .operator)
    private static let bob = Principal(.user(2), name: "uid 2 (bob)", role: .observer)

    private func desk(_ provider: some TelemetryProvider) -> CommandDesk {
        CommandDesk(
            provider: provider, isReadOnly: false, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            name: { _ in nil })
    }

    @Test("A user has one rate, whatever the number of connections and whether the name was known; another has his own")
    func rate() async {
        let provider = FakeProvider(circuits: 1)
        let desk = desk(provider)
        for number in 1...1_280 {
            var sender = Self.ann
            if number % 2 == 0 { sender.name = "uid 1" }
            _ = await desk.handle(.sample(id: "ann-\(number)"), from: sender, now: 0)
        }
        #expect(provider.performed.count == 20)
        #expect(provider.refused == [.rateLimited])
        for number in 1...20 { _ = await desk.handle(.sample(id: "cleo-\(number)"), from: Self.cleo, now: 0) }
        #expect(provider.performed.count == 40)
    }

    @Test("An observer who sends commands without end over 64 connections does not wash the log")
    func flood() async throws {
        let clock = ManualClock()
        let registry = Registry(service: "orders", instance: "1", timeline: clock.timeline)
        _ = registry.circuit("charge")
        let desk = desk(registry)
        let boot = registry.identity.boot
        _ = await desk.handle(.sample(id: "ann", boot: boot), from: Self.ann, now: 0)
        for second in 1...300 as ClosedRange<Int64> {
            for number in 1...64 {
                let command = Command.sample(id: "\(second)-\(number)", boot: boot)
                _ = await desk.handle(command, from: Self.bob, now: second * 1_000)
            }
            clock.advance(by: .seconds(1))
        }
        let events = registry.events(after: 0, limit: .max).events
        let audits = events.compactMap { if case .command(let record) = $0.kind { record } else { nil } }
        #expect(audits.first?.id == "ann")
        #expect(audits.count < 320)
        #expect(audits.dropFirst().allSatisfy { $0.refusal == .notAllowed })
        #expect(events.contains { if case .suppressed("command", 1...) = $0.kind { true } else { false } })
    }

    @Test("A bounded number of senders is told apart, and quiet ones are forgotten")
    func ratesAreBounded() {
        var rates = CommandRates()
        func sender(_ user: UInt32) -> Principal { Principal(.user(user), name: "uid \(user)", role: .operator) }
        let granted = (1...1_000 as ClosedRange<UInt32>).count { rates.take(of: sender($0), now: 0) == .granted }
        #expect(granted == CommandRates.maximumSenders + 20)
        #expect(rates.count == CommandRates.maximumSenders + 1)
        #expect(rates.take(of: sender(2_000), now: 1_000) == .granted)
        #expect(rates.count < CommandRates.maximumSenders)
    }

    @Test("However many observers send commands, an operator's rate stays his own, and few of theirs are recorded")
    func observersShare() {
        var rates = CommandRates()
        let recorded = (1...10_000).count { number in
            let observer = Principal(.address("::\(number)"), name: "address ::\(number)", role: .observer)
            return rates.take(of: observer, now: 0) != .stillExceeded
        }
        #expect(recorded <= 2)
        let ann = Principal(.user(1_000), name: "uid 1000 (ann)", role: .operator)
        #expect((1...20).allSatisfy { _ in rates.take(of: ann, now: 0) == .granted })
    }
}
