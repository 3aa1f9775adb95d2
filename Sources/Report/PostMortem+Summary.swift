// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Dashboard
import Fleet

// What happened, in sentences that hold without the tables.
extension PostMortem {
    /// The most circuits and forces that the summary names.
    private static let mostNamed = 5

    package var summary: [Sentence] {
        openings + first + longest + forces + [traffic, missing].filter { !$0.isEmpty }
    }

    private var openings: [Sentence] {
        let fresh = outages.filter { $0.began >= span.lowerBound }
        let older = outages.count - fresh.count
        let count = outageCount - older
        var sentences: [Sentence] = []
        if older > 0 {
            let was = older == 1 ? "was" : "were"
            sentences.append("\(strong: older.of("circuit")) \(words: was) not closed already when it begins.")
        }
        guard count > 0 else { return sentences + [older > 0 ? "No other one opened." : "No circuit opened."] }
        let opened = Set(fresh.map { Circuit($0.key) }).count
        let often = count == 1 ? "once" : count == opened ? "once each" : "\(count) times in all"
        let atLeast = outageCount > outages.count ? "at least " : ""
        return sentences + ["\(strong: "\(atLeast)\(opened) of \(circuits.of("circuit"))") opened, \(words: often)."]
    }

    /// A circuit, whatever boot of its process.
    private struct Circuit: Hashable {
        var place: Place
        var name: String

        init(_ key: CircuitKey) { (place, name) = (Place(key.instance), key.name) }
    }

    private var first: [Sentence] {
        guard let first = outages.first(where: { $0.began >= span.lowerBound }) else { return [] }
        let errors = first.errors.isEmpty ? "" : "; last errors: \(first.errors)" as Sentence
        return [
            "The first to open was \(Self.name(first.key)) at \(strong: clock.text(first.began)): \(first.why)\(errors).",
            "It lasted \(first.outcome(clock)).",
        ]
    }

    private var longest: [Sentence] {
        // What is said of the first one need not be said again.
        let said = outages.first { $0.began >= span.lowerBound }
        let several = lanes.filter { lane in
            lane.outages.count + lane.moreOutages > 1 || lane.outages.first.map { $0 != said } ?? false
        }
        let sums = several.map { lane in
            (lane, lane.outages.reduce(0 as Milliseconds) { $0.saturatingSum($1.length(until: span.upperBound)) })
        }.sorted { $0.1 > $1.1 }
        var sentences = sums.prefix(Self.mostNamed).map { lane, sum -> Sentence in
            let count = lane.outages.count + lane.moreOutages
            let often = count == 1 ? "in one outage" : "in \(count) outages"
            let isOpen = lane.outages.contains { $0.ended == nil }
            let end = isOpen ? ", and still was not at the end" : ""
            return "\(Self.name(lane.key)) was not closed for \(strong: TimeSpan.precise(sum)), \(words: often + end)."
        }
        if sums.count > Self.mostNamed {
            sentences.append("\(words: (sums.count - Self.mostNamed).of("more circuit")) in the table below.")
        }
        return sentences
    }

    private var forces: [Sentence] {
        let forces = actions.filter(\.isForce)
        var sentences = forces.prefix(Self.mostNamed).map { action -> Sentence in
            let reason: Sentence = action.reason.isEmpty ? "" : ", because “\(foreign: action.reason)”"
            return """
                At \(words: clock.text(action.at)) \(foreign: action.author) forced \(Self.name(action.key)) \
                \(strong: action.isOpening ? "open" : "closed")\(words: action.time)\(reason). \
                It \(action.outcome(clock)).
                """
        }
        if forces.count > Self.mostNamed {
            sentences.append("\(words: (forces.count - Self.mostNamed).of("more force")) in the table below.")
        }
        let refused = actions.count(where: \.isRefused)
        if refused > 0 {
            sentences.append("\(strong: refused.of("command")) \(words: refused == 1 ? "was" : "were") refused.")
        }
        if actionCount == 0 { sentences.append("No operator acted.") }
        return sentences
    }

    private var traffic: Sentence {
        let refused = totals.rejected.saturatingSum(totals.rejectedForced)
        let failed = Format.count(totals.failed)
        let rest = "\(Format.count(totals.calls)) calls were let through, of which \(failed) failed"
        guard refused > 0 else { return "\(words: rest); none was refused." }
        let byForce = totals.rejectedForced > 0 ? ", \(Format.count(totals.rejectedForced)) of them by force" : ""
        return "\(strong: "\(Format.count(refused)) calls were refused")\(words: byForce); \(words: rest)."
    }

    private var missing: Sentence {
        guard lossCount > 0 else { return "Nothing is known to be missing." }
        return "Not all was seen: \(strong: lossCount == 1 ? "1 loss" : "\(lossCount) losses"), listed at the end."
    }
}
