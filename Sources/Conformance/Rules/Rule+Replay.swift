// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

extension Rule {
    /// `events_since`, `filter` and `detail`.
    static let replay: [Rule] = [
        Rule(
            "fresh-replay", "subscribe",
            "Without `events_since`, or beyond the newest event, the newest come, without a `gap`."
        ) {
            record throws(Finding) in
            let dialogues = [try record[.watch], try record[.beyond]]
            for transcript in dialogues {
                guard let ready = transcript.first("ready") else { continue }
                if let gap = transcript.first("gap"), gap.number < ready.number,
                    !transcript.all("event").contains(where: { $0.number < gap.number })
                {
                    throw transcript.broken("who comes anew has lost nothing", gap)
                }
            }
            let newest = try record[.watch].newestEvent
            let beyond = dialogues[1]
            guard newest > 0 else { throw .notTested("no event happened") }
            guard let ready = beyond.first("ready") else { throw .notTested("it did not reach `ready`") }
            guard beyond.all("event").contains(where: { $0.number < ready.number }) else {
                throw beyond.broken("no event was replayed, though \(newest) happened", ready)
            }
        },
        Rule(
            "events-since", "subscribe",
            "After `events_since` all that is kept comes once, with a `gap` first where something is lost."
        ) {
            record throws(Finding) in
            let (after, newest) = record.resumedAfter
            for (transcript, after) in [(try record[.resume], after), (try record[.history], 0)] {
                guard transcript.isReady else { throw .notTested("\(transcript.name) did not reach `ready`") }
                let first = transcript.lines.first { $0.numbers != nil }
                guard first?.numbers?.from == after + 1 else {
                    throw transcript.broken("expected event \(after + 1), or a gap from it, first", first)
                }
                guard transcript.newestEvent >= newest else {
                    throw transcript.broken("event \(newest) happened before and did not come")
                }
            }
        },
        Rule("replayed-told", "event", "An event that happened before the subscription says `replayed`.") {
            record throws(Finding) in
            var count = 0
            for dialogue in [Dialogue.resume, .history, .beyond] {
                let transcript = try record[dialogue]
                for event in transcript.all("event") {
                    guard let seq = event.json?["seq"]?.integer, seq <= record.resumedAfter.newest else { continue }
                    guard event.json?["replayed"]?.bool == true else {
                        throw transcript.broken("it happened before, and lacks `replayed`", event)
                    }
                    count += 1
                }
            }
            guard count > 0 else { throw .notTested("no event was replayed") }
        },
        Rule(
            "filter-same", "subscribe",
            "What a `filter` lets through is the same as without it: each event, and what a row says of a generation."
        ) {
            record throws(Finding) in
            let (watch, filtered) = (try record[.watch], try record[.filtered])
            guard filtered.isReady else { throw .notTested("it did not reach `ready`") }
            let circuits = Set(filtered.all("circuit").compactMap { $0.json?["id"]?.integer })
            let events = try filtered.compareEvents(with: watch, of: circuits, until: record.filteredAfter)
            let rows = try filtered.compareRows(with: watch)
            guard events + rows > 0 else { throw .notTested("nothing came that could be compared") }
        },
        Rule(
            "filter", "subscribe",
            "With a `filter` only circuits whose name contains the text are described and have rows and events."
        ) {
            record throws(Finding) in
            let filtered = try record[.filtered]
            guard filtered.isReady else { throw .notTested("it did not reach `ready`") }
            var admitted: Set<Int64> = []
            for circuit in filtered.all("circuit") {
                guard let name = circuit.json?["name"]?.string, let id = circuit.json?["id"]?.integer else { continue }
                guard name.contains(record.filter) else {
                    throw filtered.broken("the filter is `\(record.filter)`", circuit)
                }
                admitted.insert(id)
            }
            if let row = filtered.rows.first(where: { !admitted.contains($0.id ?? 0) }) {
                throw filtered.broken("a row of circuit \(row.id ?? 0); the filter is `\(record.filter)`", row.line)
            }
            for event in filtered.all("event") {
                guard let id = event.json?["circuit"]?.integer, !admitted.contains(id) else { continue }
                throw filtered.broken("an event of circuit \(id); the filter is `\(record.filter)`", event)
            }
            let expected = try record[.watch].all("circuit").contains {
                $0.json?["name"]?.string == record.filter && $0.json?["gone"]?.bool != true
            }
            guard !expected || !admitted.isEmpty else {
                throw filtered.broken("circuit `\(record.filter)` is there, but was not described")
            }
        },
        Rule(
            "detail", "detail",
            "`detail` replaces the circuits whose histograms come: no others do, and after an empty list none."
        ) {
            record throws(Finding) in
            let detailed = try record[.detailed]
            let sent = try detailed.needed(sent: "detail")
            if let error = detailed.error(about: sent) { throw detailed.broken("`detail` was not taken", error) }
            for transcript in record.transcripts {
                let asked = transcript.name == Dialogue.detailed.name ? record.detailed : []
                for line in transcript.all("histogram") {
                    guard let id = line.json?["circuit"]?.integer, !asked.contains(id) else { continue }
                    throw transcript.broken("nobody asked for the histogram of circuit \(id)", line)
                }
            }
            let fence = try detailed.needed(sent: "fence")
            guard let answer = detailed.error(about: fence) else {
                throw .notTested("the line after it was not answered")
            }
            // One may have been on its way.
            let late = detailed.all("histogram").filter { $0.number > answer.number }.dropFirst()
            if let late = late.first { throw detailed.broken("an empty list was asked for before", late) }
        },
        .everywhere("histograms-rise", "histogram", "Buckets are in ascending order, and their counts only rise.") {
            transcript throws(Finding) in
            var last: [Int64: [Int64: Int64]] = [:]
            for line in transcript.all("histogram") {
                guard let circuit = line.json?["circuit"]?.integer,
                    let flat = line.json?["buckets"]?.array?.compactMap(\.integer)
                else { continue }
                let buckets = stride(from: 0, to: flat.count - 1, by: 2).map { (number: flat[$0], count: flat[$0 + 1]) }
                for (before, after) in zip(buckets, buckets.dropFirst()) where after.number <= before.number {
                    throw transcript.broken("bucket \(after.number) comes after bucket \(before.number)", line)
                }
                let counts = Dictionary(buckets.map { ($0.number, $0.count) }) { first, _ in first }
                for (number, count) in last[circuit] ?? [:] where counts[number, default: 0] < count {
                    throw transcript.broken("bucket \(number) had \(count) calls before", line)
                }
                last[circuit] = counts
            }
            guard !last.isEmpty else { throw .notTested("no `histogram` came") }
        },
    ]
}

extension Transcript {
    /// Compares the events that a filter let through with those that another conversation was told.
    ///
    /// - Parameter newest: the newest that was known before this one began; so its replay is to have the last of them.
    /// - Returns: how many there were.
    fileprivate func compareEvents(
        with watch: Transcript, of circuits: Set<Int64>, until newest: Int64
    ) throws(Finding) -> Int {
        let ours = eventsByNumber
        // A replay may be short, but not as short as this.
        let lost = all("gap").compactMap(\.numbers).filter { $0.from <= $0.to }.map { $0.from...$0.to }
        let least = ours.keys.min().map { min($0, newest - 9) } ?? newest - 9
        var count = 0
        for (seq, event) in watch.eventsByNumber.sorted(by: { $0.key < $1.key }) {
            guard let same = ours[seq] else {
                guard let id = event.json?["circuit"]?.integer, circuits.contains(id), (least...newest).contains(seq),
                    !lost.contains(where: { $0.contains(seq) })
                else { continue }
                throw broken("event \(seq) of circuit \(id) did not come")
            }
            guard same.json?.without("replayed") == event.json?.without("replayed") else {
                throw broken("the first connection was told another event of this number", same)
            }
            count += 1
        }
        return count
    }

    /// Compares what rows say that holds as long as a generation does, and an override.
    ///
    /// - Returns: how many rows there were.
    fileprivate func compareRows(with watch: Transcript) throws(Finding) -> Int {
        let (state, slot): ([Field], [Field]) = ([.state, .stateSince, .openUntil], [.override])
        var told: [[JSON]: [JSON]] = [:]
        for row in watch.rows { for fact in row.facts(state, slot) { told[fact.key] = fact.values } }
        var count = 0
        for row in rows {
            for fact in row.facts(state, slot) {
                guard let values = told[fact.key] else { continue }
                guard values == fact.values else {
                    throw broken("circuit \(row.id ?? 0): the first connection was told another row", row.line)
                }
                count += 1
            }
        }
        return count
    }

    private var eventsByNumber: [Int64: ReceivedLine] {
        let events = all("event").compactMap { line in line.json?["seq"]?.integer.map { ($0, line) } }
        return Dictionary(events) { first, _ in first }
    }
}

extension Row {
    /// What it says of its generation and of its override, each by the circuit and the number that it holds for.
    fileprivate func facts(_ state: [Field], _ slot: [Field]) -> [(key: [JSON], values: [JSON])] {
        [(Field.generation, state), (.overrideRevision, slot)].compactMap { number, fields in
            guard let id, let number = self[number], number.integer != nil else { return nil }
            return ([.integer(id), .string(fields[0].name), number], fields.map { self[$0] ?? .null })
        }
    }
}

extension JSON {
    /// An object without a field, whatever the order of the others.
    fileprivate func without(_ key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return .object(members.filter { $0.key != key }.sorted { $0.key < $1.key })
    }
}
