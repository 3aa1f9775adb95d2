// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@Suite("A circuit's row")
struct CircuitRowTests {
    @Test("A new row knows its number and nothing else")
    func newRow() {
        let row = CircuitRow(id: 7)
        #expect(row.id == 7)
        #expect(row[.id] == 7)
        for field in Field.allCases where field != .id { #expect(row[field] == nil) }
        #expect(row.state == nil)
        #expect(row.overrideMode == nil)
        #expect(row.failureRatio == nil)
    }

    @Test("A value is kept, and unknown is not 0", arguments: Field.allCases)
    func value(field: Field) {
        var row = CircuitRow(id: 1)
        let before = row
        for value in [0, 1, -1, .max, .min + 1] as [Int64] {
            row[field] = value
            #expect(row[field] == value)
        }
        #expect(row != before)
        guard field != .id else { return }
        row[field] = nil
        #expect(row[field] == nil)
        #expect(row == before)
    }

    @Test("Copies are apart")
    func copies() {
        var row = CircuitRow(id: 1)
        let copy = row
        row[.calls] = 5
        #expect(copy[.calls] == nil)
    }

    @Test("Words are kept by position", arguments: CircuitState.allCases, OverrideMode.allCases)
    func words(state: CircuitState, mode: OverrideMode) {
        var row = CircuitRow(id: 1)
        row.state = state
        row.overrideMode = mode
        #expect(row.state == state)
        #expect(row.overrideMode == mode)
        #expect(row[.state] == CircuitState.allCases.firstIndex(of: state).map(Int64.init))
        row.state = nil
        #expect(row.state == nil)
    }

    @Test("A position without a word is unknown", arguments: [-1, 3, .max, .min + 1] as [Int64])
    func wrongPosition(position: Int64) {
        var row = CircuitRow(id: 1)
        row[.state] = position
        row[.override] = position
        #expect(row.state == nil)
        #expect(row.overrideMode == nil)
    }

    @Test(
        "The failure ratio is known once the window holds a call",
        arguments: [(nil, 1, nil), (4, nil, nil), (0, 0, nil), (4, 1, 0.25), (4, 0, 0)] as [(Int64?, Int64?, Double?)]
    )
    func failureRatio(calls: Int64?, failed: Int64?, ratio: Double?) {
        var row = CircuitRow(id: 1)
        row[.windowCalls] = calls
        row[.windowFailed] = failed
        #expect(row.failureRatio == ratio)
    }
}
