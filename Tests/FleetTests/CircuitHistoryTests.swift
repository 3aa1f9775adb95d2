// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@testable import Fleet

@Suite struct CircuitHistoryTests {
    private func row(calls: Int64, failed: Int64 = 0, state: CircuitState = .closed) -> CircuitRow {
        var row = CircuitRow(id: 1)
        row[.calls] = calls
        row[.failed] = failed
        row.state = state
        return row
    }

    @Test("What was added falls into the slot of its row, as a rate over the slot")
    func slots() {
        var history = CircuitHistory()
        history.record(row(calls: 1_000), up: 10_000)
        history.record(row(calls: 1_050), up: 14_000)
        history.record(row(calls: 1_150), up: 19_000)
        #expect(
            history.values(of: .calls, count: 3, up: 20_000) == [10, 20, 20], "a slot that just began shows the last")
        #expect(history.values(of: .calls, count: 3, up: 22_000) == [10, 20, 0])
        #expect(history.values(of: .calls, count: 4, up: nil) == [nil, nil, nil, nil])
    }

    @Test("A circuit that sends nothing because nothing changed had no calls, and stays what it was")
    func idle() {
        var history = CircuitHistory()
        history.record(row(calls: 10, state: .open), up: 1_000)
        history.record(row(calls: 20, state: .open), up: 2_000)
        #expect(history.values(of: .calls, count: 3, up: 14_000) == [2, 0, 0])
        #expect(history.shades(count: 3, up: 14_000) == [.open, .open, .open])
        history.record(row(calls: 30, state: .closed), up: 21_000)
        #expect(history.values(of: .calls, count: 5, up: 24_000).dropLast() == [2, 0, 0, 0])
    }

    @Test("A window of which no row tells runs empty all the same")
    func window() {
        var history = CircuitHistory()
        var failing = row(calls: 10)
        (failing[.windowCalls], failing[.windowFailed]) = (10, 6)
        history.record(failing, up: 1_000, window: 10_000)
        #expect(history.ratios(count: 5, up: 24_000, window: 10_000) == [0.6, 0.6, 0.6, nil, nil])
        history.record(row(calls: 11), up: 26_000, window: 10_000)
        #expect(history.ratios(count: 6, up: 27_000, window: 10_000) == [0.6, 0.6, 0.6, nil, nil, nil])
        history.record(row(calls: 12), up: .max, window: 10_000)
        #expect(history.ratios(count: 2, up: .max, window: .max).count == 2)
    }

    @Test("The worst of a slot is what it shows")
    func worst() {
        var history = CircuitHistory()
        history.record(row(calls: 1, state: .halfOpen), up: 100)
        history.record(row(calls: 1, state: .open), up: 200)
        history.record(row(calls: 1, state: .closed), up: 300)
        #expect(history.shades(count: 1, up: 1_400) == [.open])
    }

    @Test("What was counted while no connection was there is no rate of any slot")
    func interrupted() {
        var history = CircuitHistory()
        history.record(row(calls: 0), up: 1_000)
        history.record(row(calls: 50), up: 2_000)
        history.interrupt()
        history.record(row(calls: 9_000), up: 21_000)
        history.record(row(calls: 9_010), up: 23_000)
        #expect(history.values(of: .calls, count: 5, up: 24_999)[..<4] == [10, nil, nil, nil])
        let newest = history.values(of: .calls, count: 1, up: 24_999)[0] ?? -1
        #expect(newest > 1.9 && newest < 2.2)
    }

    @Test("It keeps five minutes, whatever the clock does")
    func bounded() {
        var history = CircuitHistory()
        for second in 0..<1_000 as Range<Int64> { history.record(row(calls: second * 4), up: second * 1_000) }
        #expect(history.values(of: .calls, count: 1_000, up: 999_000).count == CircuitHistory.capacity + 1)
        history.record(row(calls: 4_000), up: .max)
        history.record(row(calls: 4_000), up: 5)
        history.record(row(calls: .max), up: .min)
        #expect(history.shades(count: 2, up: 5).count == 2)
    }
}

extension CircuitHistory {
    fileprivate mutating func record(_ row: CircuitRow, up: Milliseconds, window: Milliseconds? = nil) {
        record(RateWindow.Counts(row), of: row, up: up, window: window)
    }
}
