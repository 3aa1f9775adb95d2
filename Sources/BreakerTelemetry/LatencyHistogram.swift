// SPDX-License-Identifier: Apache-2.0

/// How often calls took how long, since the start of the process: log-linear buckets in microseconds.
///
/// Below 8 µs each microsecond has a bucket; from there on each doubling is divided into ``bucketsPerDoubling`` equal
/// ones, so that a bucket is at most an eighth as wide as the latency it stands for. Counts only rise: the calls of a
/// stretch are a later histogram less an earlier one, and histograms of several circuits or instances are added.
public struct LatencyHistogram: Sendable, Hashable {
    /// How finely latencies are told apart.
    public static let bucketsPerDoubling = 8

    /// The number of buckets; the last one also takes all that took longer, beyond 12 days.
    public static let bucketCount = 304

    /// The calls in each bucket.
    public private(set) var counts: [Int64]

    /// Creates an empty histogram.
    public init() { counts = Array(repeating: 0, count: Self.bucketCount) }

    /// Creates a histogram from counts by bucket; buckets that it does not have and negative counts are left out.
    public init(counts: some Sequence<(bucket: Int, count: Int64)>) {
        self.init()
        for (bucket, count) in counts where self.counts.indices.contains(bucket) && count > 0 {
            self.counts[bucket] = Self.saturatingSum(self.counts[bucket], count)
        }
    }

    /// Takes over counts of all buckets as they are: none negative, ``bucketCount`` of them; of others nothing is taken.
    package init(buckets: [Int64]) {
        counts = buckets.count == Self.bucketCount ? buckets : Array(repeating: 0, count: Self.bucketCount)
    }

    /// All calls counted.
    public var total: Int64 { counts.reduce(0, Self.saturatingSum) }

    /// Counts a call; a negative latency counts as none.
    public mutating func record(microseconds: Int64) {
        let bucket = Self.bucket(ofMicroseconds: microseconds)
        counts[bucket] = Self.saturatingSum(counts[bucket], 1)
    }

    /// Adds another histogram's calls.
    public mutating func add(_ other: LatencyHistogram) {
        for index in counts.indices { counts[index] = Self.saturatingSum(counts[index], other.counts[index]) }
    }

    /// The calls since an earlier histogram of the same circuit and boot.
    public func since(_ earlier: LatencyHistogram) -> LatencyHistogram {
        var difference = LatencyHistogram()
        for index in counts.indices { difference.counts[index] = max(0, counts[index] - earlier.counts[index]) }
        return difference
    }

    /// The latency in microseconds that a share of the calls did not exceed, by the upper edge of its bucket; `nil` when
    /// there was no call.
    ///
    /// - Parameter permille: the share in parts per thousand; 0 to 1,000, beyond that the nearest of these.
    public func percentile(_ permille: Int) -> Int64? {
        let total = total
        guard total > 0 else { return nil }
        let (share, rest) = total.quotientAndRemainder(dividingBy: 1_000)
        let permille = Int64(min(max(permille, 0), 1_000))
        let rank = max(1, share * permille + (rest * permille + 999) / 1_000)
        var seen: Int64 = 0
        for (bucket, count) in counts.enumerated() {
            seen = Self.saturatingSum(seen, count)
            if seen >= rank { return Self.upperBound(ofBucket: bucket) }
        }
        return Self.upperBound(ofBucket: Self.bucketCount - 1)
    }

    /// The bucket of a latency.
    public static func bucket(ofMicroseconds latency: Int64) -> Int {
        let latency = max(0, latency)
        guard latency >= 8 else { return Int(latency) }
        let exponent = 63 - latency.leadingZeroBitCount
        let part = Int((latency >> (exponent - 3)) & 7)
        return min((exponent - 2) * bucketsPerDoubling + part, bucketCount - 1)
    }

    /// The longest latency of a bucket, in microseconds. The bucket must be one of ``bucketCount``.
    public static func upperBound(ofBucket bucket: Int) -> Int64 {
        guard bucket >= 8 else { return Int64(bucket) }
        let (doubling, part) = bucket.quotientAndRemainder(dividingBy: bucketsPerDoubling)
        return Int64(8 + part + 1) << (doubling - 1) - 1
    }

    private static func saturatingSum(_ left: Int64, _ right: Int64) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }
}
