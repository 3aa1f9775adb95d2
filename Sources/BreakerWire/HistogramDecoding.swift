// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

extension Histogram {
    init(_ fields: JSONFields) throws(WireError) {
        self.init(
            circuit: try fields.positive("circuit"),
            at: TelemetryInstant(
                t: try fields.required("t", try fields.integer("t")), up: try fields.natural("up_ms")),
            latency: try fields.latency("buckets"))
    }
}

extension JSONFields {
    /// Pairs of a bucket and its count, in ascending order of buckets.
    fileprivate func latency(_ name: StaticString) throws(WireError) -> LatencyHistogram {
        var reader = try required(name, try opened(name, "["))
        var counts: [(bucket: Int, count: Int64)] = []
        while try reader.nextElement() {
            let bucket = try reader.number(in: 0...Int64(LatencyHistogram.bucketCount - 1), "\(path).\(name): bucket")
            guard counts.last.map({ bucket > $0.bucket }) ?? true else {
                throw WireError(.badValue, "\(path).\(name): bucket \(bucket) is not in ascending order")
            }
            guard try reader.nextElement() else {
                throw WireError(.badValue, "\(path).\(name): bucket \(bucket) has no count")
            }
            counts.append((Int(bucket), try reader.number(in: Self.natural, "\(path).\(name): count")))
        }
        return LatencyHistogram(counts: counts)
    }
}

extension JSONReader {
    fileprivate mutating func number(in range: ClosedRange<Int64>, _ what: String) throws(WireError) -> Int64 {
        _ = peek()
        let start = offset
        let number = try integer()
        guard range.contains(number) else {
            throw failure(.badValue, "\(what) \(number) is not in \(range)", at: start)
        }
        return number
    }
}
