// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// Bytes a second over the last 4 to 8 s.
struct Throughput: Sendable, Hashable {
    static let period: Milliseconds = 4_000

    private var start: Milliseconds?
    private var sum: Int64 = 0
    private var sumBefore: Int64 = 0

    mutating func add(_ bytes: Int64, at now: Milliseconds) {
        turn(to: now)
        sum = sum.saturatingSum(bytes)
    }

    func rate(at now: Milliseconds) -> Double {
        var copy = self
        copy.turn(to: now)
        guard let start = copy.start else { return 0 }
        let span = Self.period.saturatingSum(max(0, now.saturatingDifference(start)))
        return Double(copy.sum.saturatingSum(copy.sumBefore)) * 1_000 / Double(span)
    }

    private mutating func turn(to now: Milliseconds) {
        guard let begun = start else { return start = now }
        let age = now.saturatingDifference(begun)
        guard age >= Self.period else { return }
        sumBefore = age < 2 * Self.period ? sum : 0
        sum = 0
        start = age < 2 * Self.period ? begun.saturatingSum(Self.period) : now
    }
}

extension Throughput {
    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        try memento.exchange(&start)
        try memento.exchange(&sum)
        try memento.exchange(&sumBefore)
    }
}
