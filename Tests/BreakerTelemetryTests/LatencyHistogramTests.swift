// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@Suite("Latency histogram")
struct LatencyHistogramTests {
    @Test("Every latency lies within its bucket, and a bucket is at most an eighth as wide as its latency")
    func buckets() {
        var previous: Int64 = -1
        for bucket in 0..<LatencyHistogram.bucketCount {
            let upper = LatencyHistogram.upperBound(ofBucket: bucket)
            #expect(LatencyHistogram.bucket(ofMicroseconds: upper) == bucket)
            #expect(LatencyHistogram.bucket(ofMicroseconds: previous + 1) == bucket)
            #expect(upper < 8 || (upper - previous) * 8 <= previous + 1)
            previous = upper
        }
    }

    @Test("What lies beyond the ends counts in the first and the last bucket", arguments: [Int64.min, -1, 0])
    func tooSmall(latency: Int64) {
        #expect(LatencyHistogram.bucket(ofMicroseconds: latency) == 0)
        #expect(LatencyHistogram.bucket(ofMicroseconds: .max) == LatencyHistogram.bucketCount - 1)
    }

    @Test("A percentile is the upper edge of the bucket that holds it")
    func percentiles() {
        var histogram = LatencyHistogram()
        #expect(histogram.percentile(500) == nil)
        for latency in 1...1_000 { histogram.record(microseconds: Int64(latency)) }
        #expect(histogram.percentile(0) == 1)
        #expect(histogram.percentile(500) == 511)
        #expect(histogram.percentile(990) == 1_023)
        #expect(histogram.percentile(2_000) == 1_023)
    }

    @Test("The sum of histograms and the difference of a later and an earlier one are histograms")
    func sumAndDifference() {
        var (first, second) = (LatencyHistogram(), LatencyHistogram())
        first.record(microseconds: 20)
        second.record(microseconds: 20)
        second.record(microseconds: 5_000)
        var sum = first
        sum.add(second)
        #expect(sum.total == 3)
        #expect(sum.since(first) == second)
        #expect(first.since(sum).total == 0)
    }

    @Test("Counts from elsewhere neither trap nor overflow")
    func hostile() {
        let counts: [(bucket: Int, count: Int64)] = [(-1, 1), (304, 1), (3, -5), (4, .max), (4, .max), (5, 7)]
        let histogram = LatencyHistogram(counts: counts)
        #expect(histogram.total == .max)
        #expect(histogram.percentile(1_000) == 4)
    }
}
