// SPDX-License-Identifier: Apache-2.0

extension Rule {
    /// From `subscribed` to `ready`.
    static let picture: [Rule] = [
        Rule(
            "subscribed-second", "Conversation",
            "`subscribe` is answered by `subscribed`, once, before all that was asked for."
        ) {
            record throws(Finding) in
            let watch = try record[.watch]
            _ = try watch.needed("hello")
            guard watch.first("subscribed") != nil else { throw watch.broken("no `subscribed` came within 5 s") }
            for transcript in record.transcripts where transcript.first("subscribed") != nil {
                let lines = transcript.known.filter { !["hello", "error"].contains($0.type) }
                if let first = lines.first, first.type != "subscribed" {
                    throw transcript.broken("this came before `subscribed`", first)
                }
                let all = transcript.all("subscribed")
                if all.count > 1 { throw transcript.broken("a second `subscribed`", all[1]) }
            }
        },
        Rule("subscribe-early", "The service's side", "`subscribe` may be sent before the hello was read.", in: .eager)
        {
            eager throws(Finding) in
            guard eager.first("subscribed") != nil else { throw eager.broken("no `subscribed` came") }
        },
        Rule(
            "interval-granted", "subscribed", "The interval is what was asked for, drawn into the service's bounds.",
            severity: .should
        ) {
            record throws(Finding) in
            let (watch, legal) = (try record[.watch], try record[.legal])
            let (given, most) = (try watch.grantedInterval(), try legal.grantedInterval())
            let least = try record[.eager].grantedInterval()
            guard least <= most else {
                throw legal.broken("an hour was asked for; 1 ms gave \(least)", legal.first("subscribed"))
            }
            let expected = min(max(record.askedInterval, least), most)
            guard given == expected else {
                let asked = "asked for \(record.askedInterval) ms, expected \(expected) ms"
                throw watch.broken(asked, watch.first("subscribed"))
            }
        },
        Rule(
            "interval-bound", "subscribed", "No interval is longer than 60,000 ms: that would look like death.",
            severity: .should, in: .legal
        ) {
            legal throws(Finding) in
            guard try legal.grantedInterval() <= 60_000 else {
                throw legal.broken("an hour was asked for and granted", legal.first("subscribed"))
            }
        },
        .everywhere(
            "described-first", "Conversation", "The description of a circuit comes before its first event and row."
        ) {
            transcript throws(Finding) in
            var described: Set<Int64> = []
            let ever = Set(transcript.all("circuit").compactMap { $0.json?["id"]?.integer })
            for line in transcript.lines {
                switch line.type {
                case "circuit": if let id = line.json?["id"]?.integer { described.insert(id) }
                case "event":
                    guard let id = line.json?["circuit"]?.integer, !described.contains(id) else { continue }
                    // A circuit that is gone is described no more, but what it did may be told.
                    if line.json?["replayed"]?.bool == true, !ever.contains(id) { continue }
                    throw transcript.broken("circuit \(id) was not described before", line)
                case "sample":
                    for row in transcript.rows(of: line) {
                        guard let id = row.id, !described.contains(id) else { continue }
                        throw transcript.broken("circuit \(id) was not described before", line)
                    }
                default: break
                }
            }
        },
        .everywhere("replay-first", "Conversation", "The replay of events comes before the first sample.") {
            transcript throws(Finding) in
            guard let sample = transcript.first("sample") else { throw .notTested("no sample came") }
            if let late = transcript.all("event").first(where: {
                $0.number > sample.number && $0.json?["replayed"]?.bool == true
            }) {
                throw transcript.broken("replayed after the first sample, line \(sample.number)", late)
            }
        },
        .everywhere("first-sample", "sample", "The first sample holds every circuit, and its end comes before `ready`.")
        {
            transcript throws(Finding) in
            let ready = try transcript.needed("ready")
            guard let start = transcript.first("sample"), start.number < ready.number else {
                throw transcript.broken("no sample came before it", ready)
            }
            let samples = transcript.all("sample")
            guard let end = samples.first(where: { $0.json?["end"]?.bool == true }), end.number < ready.number else {
                throw transcript.broken("the first sample has not ended before it", ready)
            }
            let told = Set(
                samples.filter { $0.number <= end.number }
                    .flatMap { transcript.rows(of: $0) }.compactMap(\.id))
            for circuit in transcript.all("circuit") where circuit.number < start.number {
                guard let id = circuit.json?["id"]?.integer, !told.contains(id) else { continue }
                if transcript.all("circuit").contains(where: {
                    $0.json?["id"]?.integer == id && $0.json?["gone"]?.bool == true
                }) {
                    continue
                }
                throw transcript.broken("the first sample has no row of circuit \(id)", end)
            }
        },
        Rule("ready-once", "ready", "`ready` is said once, when the picture is complete.") { record throws(Finding) in
            let watch = try record[.watch]
            _ = try watch.needed("subscribed")
            guard watch.isReady else { throw watch.broken("no `ready` came within 5 s") }
            for transcript in record.transcripts {
                let all = transcript.all("ready")
                if all.count > 1 { throw transcript.broken("a second `ready`", all[1]) }
            }
        },
    ]
}

extension Transcript {
    fileprivate func grantedInterval() throws(Finding) -> Int64 {
        guard let interval = try needed("subscribed").json?["interval_ms"]?.integer, interval > 0 else {
            throw .notTested("`interval_ms` cannot be read")
        }
        return interval
    }
}
