// SPDX-License-Identifier: Apache-2.0

/// Counts of finished calls over the last stretch of time, in ten buckets.
///
/// The oldest bucket leaves as a whole, so the window covers between nine tenths of its length and all of it.
struct RollingWindow: Sendable {
    struct Counts: Sendable, Hashable {
        var calls: Int64 = 0
        var failed: Int64 = 0
    }

    static let bucketCount: UInt64 = 10

    private var buckets = [Counts](repeating: Counts(), count: Int(bucketCount))
    private let width: UInt64
    // The number of the newest bucket on the clock's own scale; bucket n lives at index n % bucketCount.
    private var newest: UInt64 = 0
    private var sum = Counts()

    /// - Parameter length: In nanoseconds; at least one a bucket.
    init(length: UInt64) {
        width = max(length / Self.bucketCount, 1)
    }

    /// Counts a finished call. A clock that went back counts into the newest bucket.
    mutating func record(failed: Bool, at now: UInt64) {
        roll(to: now / width)
        let index = Int(newest % Self.bucketCount)
        buckets[index].calls += 1
        sum.calls += 1
        guard failed else { return }
        buckets[index].failed += 1
        sum.failed += 1
    }

    /// What the window holds at a moment; changes nothing.
    func counts(at now: UInt64) -> Counts {
        let target = now / width
        guard target > newest, sum.calls > 0 else { return sum }
        var copy = self
        copy.roll(to: target)
        return copy.sum
    }

    /// Forgets every call.
    mutating func clear() {
        guard sum.calls > 0 else { return }
        for index in buckets.indices { buckets[index] = Counts() }
        sum = Counts()
    }

    private mutating func roll(to target: UInt64) {
        guard target > newest else { return }
        // Buckets without a call were skipped: what they held of an earlier turn leaves too.
        let steps = min(target - newest, Self.bucketCount)
        for step in 1...steps {
            let index = Int((newest &+ step) % Self.bucketCount)
            sum.calls -= buckets[index].calls
            sum.failed -= buckets[index].failed
            buckets[index] = Counts()
        }
        newest = target
    }
}
