// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

extension Rule {
    /// Instants: they are on the scale of `up_ms`, where a wall clock's are far in the future.
    static let instants: [Rule] = [
        .everywhere(
            "instants-past", "Rules, and why",
            "What has happened lies before `up_ms`: `state_since`, `outage_since`, `last_call`, `since`, a trip's `at`."
        ) {
            transcript throws(Finding) in
            var count = 0
            for (line, up) in transcript.moments {
                for (name, instant) in transcript.past(in: line) {
                    count += 1
                    guard instant <= up + leeway else {
                        throw transcript.broken("`\(name)` is \(instant), `up_ms` is \(up)", line)
                    }
                }
            }
            guard count > 0 else { throw .notTested("no such instant came") }
        },
        .everywhere(
            "open-until", "sample",
            "`open_until` is on the scale of `up_ms`, at most `open_ms` ahead, and null unless the circuit is open."
        ) {
            transcript throws(Finding) in
            let longest = transcript.longestOpenTimes
            var count = 0
            for row in transcript.rows {
                guard let id = row.id, let until = row.number(.openUntil), let moment = row.line.json,
                    let up = moment["up_ms"]?.integer, up.magnitude <= UInt64(WireBounds.integer)
                else { continue }
                count += 1
                if let state = row[.state]?.string, state != "open" {
                    throw transcript.broken("circuit \(id): it is \(state), `open_until` is \(until)", row.line)
                }
                let isOfAWallClock = moment["t"]?.integer.map { distance(until, $0) < distance(until, up) } ?? false
                guard !isOfAWallClock, until <= longest[id].map({ up + leeway + $0 }) ?? until else {
                    throw transcript.broken("circuit \(id): `open_until` is \(until), `up_ms` is \(up)", row.line)
                }
            }
            guard count > 0 else { throw .notTested("no row stated one") }
        },
    ]

    /// A row is read a little after the moment that its line states, in milliseconds.
    private static let leeway: Int64 = 1_000

    private static func distance(_ one: Int64, _ other: Int64) -> UInt64 {
        one.subtractingReportingOverflow(other).partialValue.magnitude
    }
}

extension Transcript {
    /// The lines that state instants, each with its own `up_ms`; a description has none, and takes the next sample's.
    fileprivate var moments: [(line: ReceivedLine, up: Int64)] {
        var next: Int64?
        var moments: [(ReceivedLine, Int64)] = []
        for line in lines.reversed() {
            guard let type = line.type, ["sample", "event", "circuit"].contains(type) else { continue }
            let own = line.json?["up_ms"]?.integer
            if type == "sample", let own { next = own }
            let up = type == "circuit" ? next : own
            // What is beyond every clock is another rule's matter.
            if let up, up.magnitude <= UInt64(WireBounds.integer) { moments.append((line, up)) }
        }
        return moments.reversed()
    }

    /// What a line says has happened, and when.
    fileprivate func past(in line: ReceivedLine) -> [(name: String, instant: Int64)] {
        guard let json = line.json else { return [] }
        if line.type == "sample" {
            return rows(of: line).flatMap { row in
                [Field.stateSince, .outageSince, .lastCall].compactMap { field in
                    row.number(field).map { (field.name, $0) }
                }
            }
        }
        let since = (line.type == "circuit" ? json["override"] : json)?["since"]?.integer
        return [("since", since), ("at", json["trip"]?["at"]?.integer)].compactMap { name, instant in
            instant.map { (name, $0) }
        }
    }

    /// The longest `open_ms` that a circuit was described with.
    fileprivate var longestOpenTimes: [Int64: Int64] {
        let times = all("circuit").compactMap { line -> (Int64, Int64)? in
            guard let id = line.json?["id"]?.integer, let time = line.json?["open_ms"]?.integer, time >= 0,
                time <= WireBounds.integer
            else { return nil }
            return (id, time)
        }
        return Dictionary(times, uniquingKeysWith: max)
    }
}
