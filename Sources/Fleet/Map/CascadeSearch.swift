// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// The way to a ``CascadeAnalysis``. Edges are positions in the map's.
struct CascadeSearch {
    let map: DependencyMap
    private(set) var findings: [CascadeAnalysis.Finding] = []
    private(set) var roles: [DependencyMap.EdgeKey: CascadeAnalysis.Role] = [:]
    /// How many edges were looked at, again and again: at most some hundred times as many as there are.
    private(set) var steps = 0

    private let failing: [Int]
    /// By edge: since when it fails; `nil` while it does not.
    private let faults: [Onset?]
    private var callsBehind: [DependencyMap.Place: CallsBehind] = [:]
    private var callsAbove: [String: CallsAbove] = [:]
    /// By edge: those that explain it.
    private var causes: [Int: [Int]] = [:]
    /// By edge: those that it explains.
    private var effects: [Int: [Int]] = [:]
    /// By edge: another one that may have failed first.
    private var doubts: [Int: Int] = [:]
    private var isReached: Set<Int> = []
    /// Those of which more than the names of services tells what explains them.
    private var isShown: Set<Int> = []

    init(_ map: DependencyMap) {
        self.map = map
        failing = map.edges.indices.filter { map.edges[$0].fault != nil }
        faults = map.edges.map { $0.fault?.onset }
    }

    mutating func run() {
        for edge in failing { explainFromBehind(edge) }
        // Only what nothing behind it explains may be a consequence of what happened above.
        let deepest = failing.filter { causes[$0] == nil }
        let above = deepest.map { ($0, consequence($0)) }
        for (edge, cause) in above { if let cause { link(edge, to: [cause]) } }
        let last = failing.filter { causes[$0] == nil }
        let passive = map.edges.indices.filter { edge in
            faults[edge] == nil && (effects[edge] != nil || map.edges[edge].force != nil)
        }
        for edge in last + passive { reach(from: [edge]) }
        for edge in passive { conclude(map.edges[edge].force == nil ? .over : .forced, [edge]) }
        concludeRoots(last)
        concludeCircles()
        findings.sort { left, right in
            let (a, b) = (left.explains.count, right.explains.count)
            guard a == b else { return a > b }
            guard left.verdict == right.verdict else { return left.verdict.rawValue < right.verdict.rawValue }
            return left.edges.lexicographicallyPrecedes(right.edges)
        }
    }

    // MARK: - Evidence

    private mutating func link(_ edge: Int, to found: [Int]) {
        causes[edge] = found
        steps += found.count
        for cause in found { effects[cause, default: []].append(edge) }
    }

    /// The calls out of what an edge calls.
    private mutating func behind(_ edge: Int) -> CallsBehind {
        let place = map.edges[edge].key.target
        if let known = callsBehind[place] { return known }
        let behind = CallsBehind(map.index(of: place).map { map.outgoing[$0] } ?? [], of: map)
        steps += behind.count
        callsBehind[place] = behind
        return behind
    }

    private mutating func explainFromBehind(_ edge: Int) {
        guard let began = faults[edge] else { return }
        steps += 1
        let behind = behind(edge)
        var found = behind.failures(before: began, but: edge)
        if found.isEmpty { found = behind.recovered(during: began, but: edge) }
        if found.isEmpty { found = behind.forced(before: began, within: CallsBehind.reachOfForce, but: edge) }
        guard found.isEmpty else { return link(edge, to: judged(found, of: edge, among: behind.count)) }
        doubts[edge] = behind.absorbed(before: began, but: edge) ?? behind.doubt(of: edge, since: began)
    }

    /// Those of the causes of an edge that its errors name, or else all; one that is shown to be the cause is noted.
    private mutating func judged(_ causes: [Int], of edge: Int, among calls: Int) -> [Int] {
        let words = calls > 1 ? words(of: edge) : []
        let named = words.isEmpty ? [] : causes.filter { isNamed($0, by: words, of: edge) }
        let left = named.isEmpty ? causes : named
        if left.count == 1, calls == 1 || !named.isEmpty, let cause = left.first, !isYounger(cause, than: edge) {
            isShown.insert(edge)
        }
        return left
    }

    /// Whether it is told to have begun later, which may be so only because services are sampled.
    private func isYounger(_ cause: Int, than edge: Int) -> Bool {
        let other = map.edges[cause]
        let began = [other.fault?.onset.latest, other.force?.onset.latest].compactMap(\.self).min()
        return (began ?? other.past?.onset.latest ?? .min) > faults[edge]?.latest ?? .max
    }

    /// The words of the last errors of an edge; names have no blanks as a rule.
    private func words(of edge: Int) -> Set<Substring> {
        let errors = map.edges[edge].fault?.trip?.errors.prefix(2) ?? []
        let words = errors.flatMap { error in
            error.message.utf8.split { !Self.isOfName($0) }
        }
        // A sentence may end with a name.
        return Set(words.map(Substring.init).map { $0.hasSuffix(".") ? $0.dropLast() : $0 })
    }

    /// Whether a byte may be of a name; what is not ASCII always may.
    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "/"), 0x80...:
            true
        default: false
        }
    }

    private func isNamed(_ cause: Int, by words: Set<Substring>, of edge: Int) -> Bool {
        let (cause, edge) = (map.edges[cause].key, map.edges[edge].key)
        if words.contains(Substring(cause.circuit)), cause.circuit != edge.circuit { return true }
        // Whom it calls itself, it names anyway.
        return cause.target != edge.target && words.contains(Substring(cause.target.name))
    }

    /// The failing calls into the service that an edge comes from, but those that are explained from behind.
    private mutating func above(_ edge: Int) -> CallsAbove {
        let caller = map.edges[edge].key.caller
        if let known = callsAbove[caller] { return known }
        let incoming = map.index(of: .service(caller)).map { map.incoming[$0] } ?? []
        let above = CallsAbove(
            incoming.compactMap { other in
                guard causes[other] == nil, let at = faults[other] else { return nil }
                return CallsAbove.Trouble(edge: other, at: at)
            })
        steps += incoming.count
        callsAbove[caller] = above
        return above
    }

    /// The edge above that failed clearly before one that nothing behind explains, and that nothing behind explains either.
    private mutating func consequence(_ edge: Int) -> Int? {
        guard let began = faults[edge], doubts[edge] == nil else { return nil }
        steps += 1
        let above = above(edge)
        doubts[edge] = above.doubt(of: edge, since: began)
        return above.failure(clearlyBefore: began, but: edge)
    }

    // MARK: - Conclusions

    /// Marks all that is explained by some edges, each by the one over which it was reached first.
    private mutating func reach(from starts: [Int]) {
        var queue = starts.filter { isReached.insert($0).inserted }
        var position = 0
        while position < queue.count {
            let cause = queue[position]
            position += 1
            steps += effects[cause]?.count ?? 0
            for effect in effects[cause] ?? [] where isReached.insert(effect).inserted {
                let key = map.edges[cause].key
                roles[map.edges[effect].key] = isShown.contains(effect) ? .explained(by: key) : .mayFollow(key)
                queue.append(effect)
            }
        }
    }

    /// Concludes about what nothing explains: roots of one target are one finding, and so are those of them that are forced.
    private mutating func concludeRoots(_ edges: [Int]) {
        var roots: [DependencyMap.Place: [Int]] = [:]
        var held: [DependencyMap.Place: [Int]] = [:]
        for edge in edges {
            let key = map.edges[edge].key
            roles[key] = doubts[edge] == nil ? .root : .unknown
            if map.edges[edge].isHeld {
                held[key.target, default: []].append(edge)
            } else if effects[edge] == nil, map.edges[edge].isIdle(at: map.now) {
                conclude(.idle, [edge])
            } else if doubts[edge] != nil {
                conclude(.unknown, [edge])
            } else {
                roots[key.target, default: []].append(edge)
            }
        }
        for edges in roots.values.sorted(by: { $0[0] < $1[0] }) { conclude(.root, edges) }
        for edges in held.values.sorted(by: { $0[0] < $1[0] }) { conclude(.forced, edges) }
    }

    private mutating func conclude(_ verdict: CascadeAnalysis.Finding.Verdict, _ edges: [Int]) {
        // The first that failed speaks for all.
        let first = edges.min { (faults[$0]?.latest ?? .max, $0) < (faults[$1]?.latest ?? .max, $1) } ?? edges[0]
        let explained = edges.flatMap { effects[$0] ?? [] }
        steps += edges.count + explained.count
        let reason = CascadeReason(map, first, behind: behind(first), effects: explained, all: edges)
        let words =
            switch verdict {
            case .root: reason.root
            case .unknown: doubts[first].map(reason.unknown) ?? CascadeReason.circle(edges.map { map.edges[$0].key })
            case .over: reason.over
            case .forced: reason.forced
            case .idle: reason.idle
            }
        let explains = self.explained(by: edges)
        let shown = Set(self.explained(by: edges, isShown: true))
        findings.append(
            CascadeAnalysis.Finding(
                verdict: verdict,
                edges: edges.prefix(CascadeAnalysis.Finding.maximumListed).map { map.edges[$0].key },
                count: edges.count, callers: Set(edges.map { map.edges[$0].key.caller }).count, reason: words,
                hasFailed: edges.contains { faults[$0] != nil },
                explains: explains.map { map.edges[$0].key },
                mayExplain: Set(explains.filter { !shown.contains($0) }.map { map.edges[$0].key })))
    }

    /// What some edges explain, directly or over others, the nearest first.
    ///
    /// - Parameter isShown: only where more than the names of services tells so.
    private mutating func explained(by edges: [Int], isShown isSure: Bool = false) -> [Int] {
        var (queue, known) = (edges, Set(edges))
        var position = 0
        let most = CascadeAnalysis.Finding.maximumListed + edges.count
        while position < queue.count {
            for effect in effects[queue[position]] ?? [] {
                guard queue.count < most else { return Array(queue.dropFirst(edges.count)) }
                steps += 1
                guard !isSure || isShown.contains(effect) else { continue }
                if known.insert(effect).inserted { queue.append(effect) }
            }
            position += 1
        }
        return Array(queue.dropFirst(edges.count))
    }

    /// What leads to no end leads to circles in which each explains the next.
    private mutating func concludeCircles() {
        let rest = Set(failing).subtracting(isReached)
        let circles = peeled(rest)
        var seen: Set<Int> = []
        for start in circles.sorted() where seen.insert(start).inserted {
            var circle = [start]
            var position = 0
            while position < circle.count {
                let near = (causes[circle[position]] ?? []) + (effects[circle[position]] ?? [])
                steps += near.count
                for edge in near where circles.contains(edge) && seen.insert(edge).inserted { circle.append(edge) }
                position += 1
            }
            circle.sort()
            reach(from: circle)
            for edge in circle { (roles[map.edges[edge].key], doubts[edge]) = (.unknown, nil) }
            conclude(.unknown, circle)
        }
    }

    /// Without those that explain none of the others: what is explained by a circle is not in it.
    private mutating func peeled(_ edges: Set<Int>) -> Set<Int> {
        var left = edges
        var counts = Dictionary(
            uniqueKeysWithValues: edges.map { edge in
                (edge, (effects[edge] ?? []).count { edges.contains($0) })
            })
        var ends = edges.filter { counts[$0] == 0 }.sorted()
        while let edge = ends.popLast() {
            left.remove(edge)
            steps += causes[edge]?.count ?? 0
            for cause in causes[edge] ?? [] where left.contains(cause) {
                counts[cause, default: 0] -= 1
                if counts[cause] == 0 { ends.append(cause) }
            }
        }
        return left
    }
}
