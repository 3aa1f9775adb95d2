// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

extension Rule {
    /// Samples and what is in them.
    static let rows: [Rule] = [
        .everywhere("row-width", "sample", "A row has as many values as the hello has columns.") {
            transcript throws(Finding) in
            guard let width = transcript.width else { throw .notTested("no `hello` with columns came") }
            var count = 0
            for line in transcript.all("sample") {
                for row in line.json?["rows"]?.array ?? [] {
                    guard let values = row.array else { continue }
                    guard values.count == width else {
                        throw transcript.broken("a row has \(values.count) values, expected \(width)", line)
                    }
                    count += 1
                }
            }
            guard count > 0 else { throw .notTested("no row came") }
        },
        .everywhere(
            "row-values", "sample",
            "A value is of its column's kind or null; `id` is from 1; counters and gauges are from 0."
        ) {
            transcript throws(Finding) in
            try transcript.eachRow { row throws(Finding) in
                guard let id = row.id, id >= 1 else {
                    throw transcript.broken("`id` must be an integer from 1", row.line)
                }
                for field in Field.allCases {
                    guard let value = row[field], !value.isNull, !value.isBeyondIntegers else { continue }
                    guard field.admits(value) else {
                        throw transcript.broken("circuit \(id): `\(field.name)` is no \(field.kindOfValue)", row.line)
                    }
                }
            }
        },
        .everywhere("row-order", "sample", "The rows of a sample are in ascending order of `id`.") {
            transcript throws(Finding) in
            for sample in transcript.samples {
                let ids = sample.flatMap(transcript.rows(of:)).compactMap { row in row.id.map { ($0, row.line) } }
                for (before, after) in zip(ids, ids.dropFirst()) where after.0 <= before.0 {
                    throw transcript.broken("circuit \(after.0) comes after circuit \(before.0)", after.1)
                }
            }
            try transcript.needRows()
        },
        .everywhere("sample-lines", "sample", "A line has at most 256 rows; all lines of a sample have the same `seq`.")
        {
            transcript throws(Finding) in
            for sample in transcript.samples {
                for line in sample where (line.json?["rows"]?.array?.count ?? 0) > WireBounds.rows {
                    throw transcript.broken("more than 256 rows", line)
                }
                for line in sample where line.json?["seq"]?.integer != sample[0].json?["seq"]?.integer {
                    throw transcript.broken("another `seq` than the sample's start, line \(sample[0].number)", line)
                }
            }
            try transcript.needRows()
        },
        .everywhere(
            "calls-sum", "sample", "calls_total = ok_total + failed_total + ignored_total + late_total + in_flight."
        ) {
            transcript throws(Finding) in
            var count = 0
            try transcript.eachRow { row throws(Finding) in
                let parts = [Field.ok, .failed, .ignored, .late, .inFlight].compactMap(row.number)
                guard let calls = row.number(.calls), parts.count == 5 else { return }
                let sum = parts.reduce(Int64(0)) { $0.addingReportingOverflow($1).partialValue }
                guard calls == sum else {
                    throw transcript.broken(
                        "circuit \(row.id ?? 0): calls_total is \(calls), the sum is \(sum)", row.line)
                }
                count += 1
            }
            guard count > 0 else { throw .notTested("no row states all six") }
        },
        within(
            "timeouts-failed", .timeouts, .failed,
            "`timeout_total` is at most `failed_total`: a timeout is also a failure."),
        within("window-failed", .windowFailed, .windowCalls, "`win_failed` is at most `win_calls`."),
        rising(
            "counters-rise", "A count only rises, from 0 at the start of the process.",
            Field.allCases.filter { $0.spec.kind == .counter }),
        rising("generations-rise", "`gen` and `override_rev` only rise.", [.generation, .overrideRevision]),
        .everywhere("clock-rises", "Rules, and why", "`up_ms` is monotonic: that of samples never falls.") {
            transcript throws(Finding) in
            let lines = transcript.all("sample").compactMap { line in line.json?["up_ms"]?.integer.map { ($0, line) } }
            guard lines.count > 1 else { throw .notTested("fewer than two samples came") }
            for (before, after) in zip(lines, lines.dropFirst()) where after.0 < before.0 {
                throw transcript.broken("`up_ms` was \(before.0) before", after.1)
            }
        },
        Rule("heartbeat", "ready", "After `ready` a sample comes each interval, if only an empty one.") {
            record throws(Finding) in
            let watch = try record[.watch]
            guard let ready = watch.first("ready"), let end = record.quietUntil,
                let interval = watch.first("subscribed")?.json?["interval_ms"]?.integer, interval > 0
            else { throw .notTested("the first conversation did not reach `ready`") }
            let beats = Int((end - ready.at) / .milliseconds(interval))
            guard beats >= 3 else { throw .notTested("the interval of \(interval) ms is too long to wait for") }
            let samples = watch.samples.count { $0[0].number > ready.number && $0[0].at <= end }
            // Late ones may be the fault of a busy machine; most of them missing is not.
            guard samples * 3 >= beats, samples <= beats * 2 + 2 else {
                throw watch.broken("\(samples) samples in \(beats) intervals of \(interval) ms")
            }
        },
        Rule(
            "sample-seq", "sample", "A sample's `seq` never falls, and the events up to it follow, or a `gap`.",
            in: .watch
        ) {
            watch throws(Finding) in
            let lines = watch.all("sample").compactMap { line in line.json?["seq"]?.integer.map { ($0, line) } }
            guard let last = lines.last else { throw .notTested("no sample came") }
            for (before, after) in zip(lines, lines.dropFirst()) where after.0 < before.0 {
                throw watch.broken("`seq` was \(before.0) before", after.1)
            }
            let newest = watch.newestEvent
            // What the last second brought may be told in the next.
            if let ahead = lines.first(where: { $0.0 > newest && last.1.at - $0.1.at > .seconds(1) }) {
                throw watch.broken("event \(ahead.0) was not told within 1 s", ahead.1)
            }
        },
    ]

    private static func within(_ id: String, _ part: Field, _ whole: Field, _ statement: String) -> Rule {
        .everywhere(id, "sample", statement) { transcript throws(Finding) in
            var count = 0
            try transcript.eachRow { row throws(Finding) in
                guard let some = row.number(part), let all = row.number(whole) else { return }
                guard some <= all else {
                    throw transcript.broken(
                        "circuit \(row.id ?? 0): \(part.name) is \(some), \(whole.name) is \(all)", row.line)
                }
                count += 1
            }
            guard count > 0 else { throw .notTested("no row states both") }
        }
    }

    private static func rising(_ id: String, _ statement: String, _ fields: [Field]) -> Rule {
        .everywhere(id, "sample", statement) { transcript throws(Finding) in
            var last: [Int64: [Field: Int64]] = [:]
            var count = 0
            try transcript.eachRow { row throws(Finding) in
                guard let id = row.id else { return }
                for field in fields {
                    guard let value = row.number(field) else { continue }
                    if let before = last[id]?[field] {
                        count += 1
                        guard value >= before else {
                            throw transcript.broken("circuit \(id): \(field.name) was \(before), is \(value)", row.line)
                        }
                    }
                    last[id, default: [:]][field] = value
                }
            }
            guard count > 0 else { throw .notTested("no circuit had two rows that state one of them") }
        }
    }
}

extension Field {
    fileprivate func admits(_ value: JSON) -> Bool {
        switch spec.kind {
        case .word: value.string != nil
        case .instant: value.integer != nil
        case .number, .counter, .gauge: (value.integer ?? -1) >= 0
        }
    }

    fileprivate var kindOfValue: String {
        switch spec.kind {
        case .word: "word"
        case .instant: "integer"
        case .number, .counter, .gauge: "integer from 0"
        }
    }
}

extension Transcript {
    /// The samples, each as its lines; the last may lack its end.
    var samples: [[ReceivedLine]] {
        var samples: [[ReceivedLine]] = []
        var isWithin = false
        for line in all("sample") {
            if isWithin { samples[samples.count - 1].append(line) } else { samples.append([line]) }
            isWithin = line.json?["end"]?.bool != true
        }
        return samples
    }

    fileprivate func needRows() throws(Finding) {
        guard !rows.isEmpty else { throw .notTested("no row came") }
    }

    fileprivate func eachRow(_ check: (Row) throws(Finding) -> Void) throws(Finding) {
        try needRows()
        for row in rows { try check(row) }
    }
}
