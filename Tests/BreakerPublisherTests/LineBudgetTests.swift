// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@testable import BreakerPublisher

@Suite("What a monitor may ask")
struct LineBudgetTests {
    /// When each of so many lines is read by a reader that never lacks one.
    private func readings(_ count: Int, histograms: Int = 0, from start: Milliseconds = 0) -> [Milliseconds] {
        var budget = LineBudget(now: start)
        var now = start
        return (0..<count).map { _ in
            defer {
                budget.pay(Int64(1 + histograms), now: now)
                now += budget.pause
            }
            return now
        }
    }

    @Test("A burst is read at once, then a hundred lines a second")
    func rate() {
        let readings = readings(1_024 + 1_000)
        #expect(readings[1_023] == 0 && readings[1_024] == 0)
        #expect(readings.last == 9_990)
    }

    @Test("Each histogram that a line calls for counts like a line")
    func histograms() {
        let readings = readings(100, histograms: 64)
        #expect(readings[15] == 0)
        // 65 tokens each: 650 ms.
        #expect(readings[99] - readings[98] == 650)
        #expect(readings[99] <= 99 * 650)
    }

    @Test("A quiet monitor has its burst again, and no more", arguments: [10_240, 86_400_000, .max] as [Milliseconds])
    func quiet(pause: Milliseconds) {
        var budget = LineBudget(now: 0)
        for _ in 1...1_024 { budget.pay(1, now: 0) }
        #expect(budget.pause == 0)
        for _ in 1...1_024 { budget.pay(1, now: pause) }
        #expect(budget.pause == 0)
        budget.pay(1, now: pause)
        #expect(budget.pause == 10)
    }

    @Test("A clock that goes back brings nothing and takes nothing")
    func backwards() {
        var budget = LineBudget(now: 1_000)
        for _ in 1...1_025 { budget.pay(1, now: 1_000) }
        budget.pay(1, now: 0)
        #expect(budget.pause == 20)
        budget.pay(1, now: 1_010)
        #expect(budget.pause == 20)
    }

    @Test("A client's connections share one budget; another client has its own, and all who are too many share one")
    func clients() {
        var budgets = LineBudgets()
        for _ in 1...1_024 { #expect(budgets.pay(1, by: .user(1), now: 0) == 0) }
        #expect(budgets.pay(1, by: .user(1), now: 0) == 10)
        #expect(budgets.pay(1, by: .user(2), now: 0) == 0)
        for user in 3...1_000 as ClosedRange<UInt32> { _ = budgets.pay(1_000, by: .user(user), now: 0) }
        #expect(budgets.count == LineBudgets.maximumClients + 1)
        #expect(budgets.pay(1, by: .user(1_001), now: 0) > 0)
        // Whoever was quiet is forgotten.
        #expect(budgets.pay(1, by: .user(1_001), now: 20_000) == 0)
        #expect(budgets.count == 1 + 1)
    }

    @Test("However long a flood was, nobody waits longer than ten seconds after it, and soon comes in again")
    func flood() {
        var budgets = LineBudgets()
        let pauses = (0..<100_000).map { budgets.pay(1, by: .network("nat"), now: $0 / 10) }
        #expect(pauses.max() == LineBudget.longestPause)
        #expect(budgets.pay(0, by: .network("nat"), now: 9_999 + 5_000) <= LineBudget.patience)
        #expect(budgets.pay(0, by: .network("nat"), now: 9_999 + 10_000) == 0)
    }

    @Test("A hundred monitors of one client come at once with a detail each, and none is turned away")
    func hundred() {
        var budgets = LineBudgets()
        let pauses = (1...100).map { _ in budgets.pay(LineBudget.subscribe + 1, by: .network("nat"), now: 0) }
        #expect(pauses.allSatisfy { $0 < 1_000 } && pauses[99] < LineBudget.patience)
    }
}
