// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// How often calls took how long, since boot, in the buckets of a ``LatencyHistogram``.
///
/// One increment a call. Only the doublings between the fastest and the slowest call are kept, 64 bytes each: most
/// circuits need ten of the 38, one without calls none.
struct LatencyCounts: Sendable {
    /// The bucket of the first count; a multiple of ``LatencyHistogram/bucketsPerDoubling``.
    private var first = 0
    private var counts: [Int64] = []

    mutating func record(microseconds: Int64) {
        let bucket = LatencyHistogram.bucket(ofMicroseconds: microseconds)
        // As one comparison: what lies below the first is a very large unsigned number.
        if UInt(bitPattern: bucket &- first) >= UInt(bitPattern: counts.count) { makeRoom(for: bucket) }
        counts[bucket &- first] &+= 1
    }

    // Seldom: at most once a doubling in a circuit's life.
    @inline(never)
    private mutating func makeRoom(for bucket: Int) {
        let width = LatencyHistogram.bucketsPerDoubling
        let start = bucket / width * width
        if counts.isEmpty { first = start }
        if start < first {
            counts.insert(contentsOf: repeatElement(0, count: first - start), at: 0)
            first = start
        }
        let missing = start + width - (first + counts.count)
        if missing > 0 { counts.append(contentsOf: repeatElement(0, count: missing)) }
    }

    /// Copies the counts into as many zeros, one a bucket of the histogram.
    ///
    /// The reader's own memory, because an array that it shared would be copied by the next call instead.
    func copy(into target: inout [Int64]) {
        for (offset, count) in counts.enumerated() { target[first + offset] = count }
    }
}
