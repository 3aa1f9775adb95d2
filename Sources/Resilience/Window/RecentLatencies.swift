// SPDX-License-Identifier: Apache-2.0

/// The latencies of the last 64 finished calls.
///
/// Enough for a median to look at; of so few, the 99th percentile is the slowest.
struct RecentLatencies: Sendable {
    private static let capacity = 64

    private var microseconds: [Int64] = []
    private var next = 0

    mutating func record(microseconds value: Int64) {
        if microseconds.count < Self.capacity {
            microseconds.append(value)
        } else {
            microseconds[next] = value
            next = (next + 1) % Self.capacity
        }
    }

    /// The nearest-rank median and 99th percentile in microseconds; `nil` before the first call.
    func percentiles() -> (p50: Int64, p99: Int64)? {
        guard !microseconds.isEmpty else { return nil }
        let sorted = microseconds.sorted()
        func rank(_ percent: Int) -> Int64 { sorted[(sorted.count * percent + 99) / 100 - 1] }
        return (rank(50), rank(99))
    }
}
