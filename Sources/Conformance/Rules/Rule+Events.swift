// SPDX-License-Identifier: Apache-2.0

extension Rule {
    /// What happened, told once and in order.
    static let events: [Rule] = [
        .everywhere(
            "event-seq", "Rules, and why", "`seq` rises by one and without holes in a boot; a loss is told by `gap`."
        ) {
            transcript throws(Finding) in
            // With a filter, holes are no loss.
            guard !transcript.isFiltered else { throw .notTested("a filter leaves holes") }
            var last: Int64?
            for line in transcript.lines {
                guard let (from, to) = line.numbers else { continue }
                if let last, from != last + 1 {
                    throw transcript.broken(
                        from > last ? "after \(last), with a hole" : "after \(last), not rising", line)
                }
                last = to
            }
            guard last != nil else { throw .notTested("no event came") }
        },
        .everywhere("event-clock", "Rules, and why", "`up_ms` is monotonic: that of events never falls.") {
            transcript throws(Finding) in
            let events = transcript.all("event").compactMap { line in line.json?["up_ms"]?.integer.map { ($0, line) } }
            guard events.count > 1 else { throw .notTested("fewer than two events came") }
            for (before, after) in zip(events, events.dropFirst()) where after.0 < before.0 {
                throw transcript.broken("`up_ms` was \(before.0) before", after.1)
            }
        },
        .everywhere(
            "state-chain", "event",
            "A `state` event goes on from the state that the one before it reached; `gen` rises."
        ) {
            transcript throws(Finding) in
            try transcript.chain("state") { last, event throws(Complaint) in
                guard event["from"] == last["to"] else {
                    throw .complaint("the state before was \(last["to"]?.string ?? "?")")
                }
                guard let before = last["gen"]?.integer, let after = event["gen"]?.integer, after <= before else {
                    return
                }
                throw .complaint("`gen` was \(before) before")
            }
        },
        .everywhere(
            "override-chain", "event", "An `override` event goes on from the mode before, and `rev` rises by one."
        ) {
            transcript throws(Finding) in
            try transcript.chain("override") { last, event throws(Complaint) in
                guard event["from"] == last["to"] else {
                    throw .complaint("the mode before was \(last["to"]?.string ?? "?")")
                }
                guard let before = last["rev"]?.integer, let after = event["rev"]?.integer, after != before + 1 else {
                    return
                }
                throw .complaint("`rev` was \(before) before")
            }
        },
        .everywhere(
            "free-slot", "circuit", "A free slot of an override names nobody: its texts are empty, its instants null."
        ) {
            transcript throws(Finding) in
            var count = 0
            for line in transcript.lines {
                let event = line.json?["kind"]?.string == "override" ? line.json : nil
                guard let slot = line.type == "circuit" ? line.json?["override"] : event,
                    (slot["mode"] ?? slot["to"])?.string == "none"
                else { continue }
                count += 1
                for name in ["principal", "claimed", "reason"] where !(slot[name]?.string ?? "").isEmpty {
                    throw transcript.broken("`\(name)` is not empty", line)
                }
                for name in ["since", "until"] where slot[name]?.integer != nil {
                    throw transcript.broken("`\(name)` is not null", line)
                }
            }
            guard count > 0 else { throw .notTested("no free slot was described") }
        },
        .everywhere("trip-told", "event", "A `state` event to `open` has a `trip`.") { transcript throws(Finding) in
            let opened = transcript.all("event").filter {
                $0.json?["kind"]?.string == "state" && $0.json?["to"]?.string == "open"
            }
            guard !opened.isEmpty else { throw .notTested("no circuit opened") }
            for event in opened where event.json?["trip"]?.isNull ?? true {
                throw transcript.broken("it has no `trip`", event)
            }
        },
    ]
}

extension ReceivedLine {
    /// The numbers of events that the line tells of: one of an `event`, several of a `gap`.
    var numbers: (from: Int64, to: Int64)? {
        switch type {
        case "event": json?["seq"]?.integer.map { ($0, $0) }
        case "gap":
            if let from = json?["from"]?.integer, let to = json?["to"]?.integer { (from, to) } else { nil }
        default: nil
        }
    }
}

private struct Complaint: Error {
    var words: String
    static func complaint(_ words: String) -> Complaint { Complaint(words: words) }
}

extension Transcript {
    /// Compares each event of a kind with the one before it of the same circuit; what was left out breaks the chain.
    fileprivate func chain(
        _ kind: String, _ check: (_ last: JSON, _ event: JSON) throws(Complaint) -> Void
    ) throws(Finding) {
        var last: [Int64: JSON] = [:]
        var count = 0
        for line in lines {
            guard let json = line.json else { continue }
            if line.type == "gap" { last = [:] }
            guard line.type == "event", let circuit = json["circuit"]?.integer else { continue }
            if json["suppressed_kind"]?.string == kind { last[circuit] = nil }
            guard json["kind"]?.string == kind else { continue }
            if let before = last[circuit] {
                do { try check(before, json) } catch { throw broken("circuit \(circuit): \(error.words)", line) }
                count += 1
            }
            last[circuit] = json
        }
        guard count > 0 else { throw .notTested("no circuit had two `\(kind)` events") }
    }
}
