// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// What is wrong with the calls out of one service, put in order once: a hub may have thousands, and as many callers.
struct CallsBehind {
    struct Trouble {
        let edge: Int
        let at: Onset
    }

    /// How long before a failure a force may have begun that explains it: its refusals are felt at once.
    static let reachOfForce: Milliseconds = 60_000
    /// How long before a failure a force may have begun that leaves it in doubt: who calls seldom feels it late.
    static let doubtOfForce: Milliseconds = 600_000
    /// The most explanations of one edge that are followed.
    static let maximumCauses = 64

    /// How many calls there are.
    let count: Int
    /// Those that fail, the earliest first.
    private var failing: [Trouble] = []
    /// Those that only a force keeps from passing, the earliest first.
    private var forced: [Trouble] = []
    /// Those that failed and do so no more, the last to recover first.
    private var over: [(edge: Int, past: PastOutage)] = []
    /// Those that fail or are forced while fallbacks answer, the earliest first: they explain nothing.
    private var absorbed: [Trouble] = []
    /// Two are enough, since one may be the edge that is asked for itself: those that may have begun to fail first, those
    /// of which nothing is heard, and those that fail, by name.
    private var earliest: [Trouble] = []
    private var stale: [Int] = []
    private var named: [Int] = []

    init(_ edges: [Int], of map: DependencyMap) {
        count = edges.count
        for index in edges {
            let edge = map.edges[index]
            if edge.isStale, stale.count < 2 { stale.append(index) }
            if edge.fault != nil, named.count < 2 { named.append(index) }
            if edge.isAbsorbed ?? false {
                let onsets = [edge.fault?.onset, edge.force?.onset].compactMap(\.self)
                guard let first = onsets.min(by: { $0.latest < $1.latest }) else { continue }
                absorbed.append(Trouble(edge: index, at: first))
            } else if let fault = edge.fault?.onset {
                failing.append(Trouble(edge: index, at: edge.force.map { fault.joined(with: $0.onset) } ?? fault))
            } else if let force = edge.force {
                forced.append(Trouble(edge: index, at: force.onset))
            } else if let past = edge.past {
                over.append((index, past))
            }
        }
        failing.sort { ($0.at.latest, $0.edge) < ($1.at.latest, $1.edge) }
        forced.sort { ($0.at.latest, $0.edge) < ($1.at.latest, $1.edge) }
        absorbed.sort { ($0.at.latest, $0.edge) < ($1.at.latest, $1.edge) }
        over.sort { ($1.past.end, $0.edge) < ($0.past.end, $1.edge) }
        over = Array(over.prefix(Self.maximumCauses))
        earliest = failing.min(count: 2) { ($0.at.earliest ?? .min) < ($1.at.earliest ?? .min) }
    }

    /// Those that failed no later than a moment, the earliest first.
    func failures(before began: Onset, but edge: Int) -> [Int] {
        Array(
            failing.lazy.prefix { $0.at.isNoLater(than: began) }.map(\.edge).filter { $0 != edge }
                .prefix(Self.maximumCauses))
    }

    /// Those that failed as something else began to, and do so no more.
    func recovered(during began: Onset, but edge: Int) -> [Int] {
        over.filter { other, past in
            other != edge && past.onset.isNoLater(than: began)
                && past.end.saturatingSum(Onset.tolerance) >= began.latest
        }.map(\.edge)
    }

    /// Those that were forced open no later than a moment and not long before it, the last first.
    func forced(before began: Onset, within reach: Milliseconds, but edge: Int) -> [Int] {
        let end = forced.firstIndex(from: 0) { !$0.at.isNoLater(than: began) }
        return forced[..<end].reversed().lazy.prefix { $0.at.latest.saturatingSum(reach) >= began.latest }
            .map(\.edge).filter { $0 != edge }.prefix(Self.maximumCauses).map(\.self)
    }

    /// The last that failed or was forced no later than a moment while a fallback answered.
    func absorbed(before began: Onset, but edge: Int) -> Int? {
        absorbed.last { trouble in
            trouble.edge != edge && trouble.at.isNoLater(than: began)
                && trouble.at.latest.saturatingSum(Self.doubtOfForce) >= began.latest
        }?.edge
    }

    /// The one that may have failed before an edge, where nobody can tell.
    func doubt(of edge: Int, since began: Onset) -> Int? {
        stale.first { $0 != edge }
            ?? earliest.first { $0.edge != edge && !$0.at.isClearlyAfter(began) }?.edge
            ?? forced(before: began, within: Self.doubtOfForce, but: edge).first
    }

    /// One that fails.
    func failing(but edge: Int) -> Int? { named.first { $0 != edge } }
}

/// The failing calls into one service that nothing behind them explains, put in order once.
struct CallsAbove {
    typealias Trouble = CallsBehind.Trouble

    let count: Int
    /// The two that began first.
    private let first: [Trouble]
    /// By how early they may have begun; beside each, of those up to it, the two that may have begun last.
    private var byEarliest: [(earliest: Milliseconds, last: [Trouble])] = []

    init(_ troubles: [Trouble]) {
        count = troubles.count
        first = troubles.min(count: 2) { $0.at.latest < $1.at.latest }
        var last: [Trouble] = []
        for trouble in troubles.sorted(by: { ($0.at.earliest ?? .min, $0.edge) < ($1.at.earliest ?? .min, $1.edge) }) {
            last = (last + [trouble]).min(count: 2) { $0.at.latest > $1.at.latest }
            byEarliest.append((trouble.at.earliest ?? .min, last))
        }
    }

    /// The one that failed clearly before a moment, the first of all.
    func failure(clearlyBefore began: Onset, but edge: Int) -> Int? {
        first.first { $0.edge != edge && began.isClearlyAfter($0.at) }?.edge
    }

    /// One that may have failed before or after a moment.
    func doubt(of edge: Int, since began: Onset) -> Int? {
        // Whatever surely began no earlier is not in doubt: what lies behind is preferred then.
        let end = byEarliest.firstIndex(from: 0) {
            began.latest <= $0.earliest.saturatingSum(Onset.tolerance)
        }
        guard end > 0 else { return nil }
        return byEarliest[end - 1].last.first { $0.edge != edge && !began.isClearlyAfter($0.at) }?.edge
    }
}

extension Array {
    /// The first so many in an order; of equals the first in the array.
    fileprivate func min(count: Int, by isBefore: (Element, Element) -> Bool) -> [Element] {
        reduce(into: []) { smallest, element in
            let place = smallest.firstIndex { isBefore(element, $0) } ?? smallest.count
            guard place < count else { return }
            smallest.insert(element, at: place)
            if smallest.count > count { smallest.removeLast() }
        }
    }

    /// Where something begins to hold, in an array in which it goes on to hold from there.
    fileprivate func firstIndex(from start: Int, where holds: (Element) -> Bool) -> Int {
        var (low, high) = (start, count)
        while low < high {
            let middle = low + (high - low) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
