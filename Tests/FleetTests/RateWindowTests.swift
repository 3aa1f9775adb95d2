// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@testable import Fleet

@Suite struct RateWindowTests {
    private func row(calls: Int64) -> CircuitRow {
        var row = CircuitRow(id: 1)
        row[.calls] = calls
        return row
    }

    @Test("A rate is what was added over the last three seconds, by the service's clock")
    func steadyRate() {
        var window = RateWindow()
        for step in 0...20 { window.record(RateWindow.Counts(row(calls: Int64(step) * 5)), up: Int64(step) * 250) }
        #expect(window.rates(up: 5_000).calls == 20)
    }

    @Test("Only readings of the window are kept, and the one that held when it began")
    func forgets() {
        var window = RateWindow()
        for step in 0...20 { window.record(RateWindow.Counts(row(calls: Int64(step) * 5)), up: Int64(step) * 1_000) }
        #expect(window.count == 4)
        #expect(window.rates(up: 20_000).calls == 5)
        window.record(RateWindow.Counts(row(calls: 200)), up: 90_000)
        #expect(window.count == 2)
        #expect(window.rates(up: 90_000).calls == 100 / 3.0)
    }

    @Test("A reading holds until the next one: silence brings the rate down to zero")
    func decays() {
        var window = RateWindow()
        window.record(RateWindow.Counts(row(calls: 0)), up: 0)
        window.record(RateWindow.Counts(row(calls: 60)), up: 1_000)
        #expect(window.rates(up: 1_000).calls == 60)
        #expect(window.rates(up: 2_000).calls == 30)
        #expect(window.rates(up: 10_000).calls == 0)
    }

    @Test("Too short a stretch gives no rate, and neither does an unknown counter")
    func unknown() {
        var window = RateWindow()
        #expect(window.rates(up: 0).calls == nil)
        window.record(RateWindow.Counts(row(calls: 1_000)), up: 0)
        #expect(window.rates(up: 100).calls == nil)
        #expect(window.rates(up: 1_000).calls == 0)
        #expect(window.rates(up: 1_000).retries == nil)
    }

    @Test("A clock that goes back starts anew, and extreme figures never trap")
    func hostile() {
        var window = RateWindow()
        window.record(RateWindow.Counts(row(calls: .max)), up: .max)
        window.record(RateWindow.Counts(row(calls: .min + 1)), up: .min)
        window.record(RateWindow.Counts(row(calls: .max)), up: 0)
        #expect(window.rates(up: .max).calls != nil)
    }
}
