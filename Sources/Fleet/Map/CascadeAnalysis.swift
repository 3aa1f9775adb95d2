// SPDX-License-Identifier: Apache-2.0

/// Where a cascade of failures likely began, judged by what failed first and not by what lies deepest.
///
/// A failing edge A→B is *explained* by an edge out of B that failed no later, or was forced open no later. Within
/// ``Onset/tolerance`` both orders are possible; then the deeper one is preferred. An edge that fails clearly after one
/// above it which nothing explains is a consequence of that one: callers that retry overload what lies behind. What
/// nothing explains is a root, unless a fact is missing where it would decide: then it is unknown, and the reason says
/// which.
package struct CascadeAnalysis: Sendable {
    /// A place where failures began, or where it cannot be told.
    package struct Finding: Sendable {
        package enum Verdict: Sendable, Hashable {
            /// It failed by itself, as far as can be seen.
            case root
            /// Somebody wants it so.
            case forced
            /// Where it began cannot be told.
            case unknown
        }

        package let verdict: Verdict
        /// One, or those of a circle, at most ``maximumListed``.
        package let edges: [DependencyMap.EdgeKey]
        /// A sentence built from facts. It quotes services and operators: make it safe before it is drawn.
        package let reason: String
        /// The failing edges that it explains, the nearest first, at most ``maximumListed``.
        package let explains: [DependencyMap.EdgeKey]

        package static let maximumListed = 200
    }

    /// What a failing edge is in the cascade.
    package enum Role: Sendable, Hashable {
        case root
        /// Another edge failed first, or was forced.
        case explained(by: DependencyMap.EdgeKey)
        case unknown
    }

    /// Each cause that was found, the one that explains most first; independent failures are several.
    package let findings: [Finding]
    /// The role of each failing edge.
    package let roles: [DependencyMap.EdgeKey: Role]

    package init(_ map: DependencyMap) {
        var search = CascadeSearch(map)
        search.run()
        findings = search.findings
        roles = search.roles
    }
}

/// The way to a ``CascadeAnalysis``. Edges are positions in the map's.
struct CascadeSearch {
    /// The most explanations of one edge that are followed, the earliest first.
    static let maximumCauses = 64

    let map: DependencyMap
    private(set) var findings: [CascadeAnalysis.Finding] = []
    private(set) var roles: [DependencyMap.EdgeKey: CascadeAnalysis.Role] = [:]

    private let failing: [Int]
    /// By edge: since when it fails; `nil` while it does not.
    private let faults: [Onset?]
    private var troubles: [DependencyMap.Place: [(edge: Int, at: Onset)]] = [:]
    /// By edge: those that explain it.
    private var causes: [Int: [Int]] = [:]
    /// By edge: those that it explains.
    private(set) var effects: [Int: [Int]] = [:]
    /// By edge: the one behind it that may have failed first.
    private var doubts: [Int: Int] = [:]
    private var isReached: Set<Int> = []

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
        let forced = Set(causes.values.joined()).filter { map.edges[$0].fault == nil }.sorted()
        for edge in last + forced { reach(from: [edge]) }
        for edge in forced { conclude(.forced, [edge], CascadeReason(map, edge, self).forced) }
        for edge in last { conclude(edge) }
        concludeCircles()
        findings.sort { left, right in
            let (a, b) = (left.explains.count, right.explains.count)
            return a == b ? left.edges.lexicographicallyPrecedes(right.edges) : a > b
        }
    }

    // MARK: - Evidence

    private mutating func link(_ edge: Int, to found: [Int]) {
        causes[edge] = found
        for cause in found { effects[cause, default: []].append(edge) }
    }

    /// When an edge began to refuse or fail calls; `nil` while it does not.
    private static func onset(_ edge: DependencyMap.Edge) -> Onset? {
        guard let fault = edge.fault?.onset else { return edge.force?.onset }
        return edge.force.map { fault.joined(with: $0.onset) } ?? fault
    }

    /// What fails or is forced behind an edge, the earliest first: put in order once for each place.
    private mutating func troubles(behind edge: Int) -> [(edge: Int, at: Onset)] {
        let place = map.edges[edge].key.target
        if let known = troubles[place] { return known }
        let found = (map.index(of: place).map { map.outgoing[$0] } ?? []).compactMap { other in
            Self.onset(map.edges[other]).map { (edge: other, at: $0) }
        }
        let ordered = found.sorted { ($0.at.latest, $0.edge) < ($1.at.latest, $1.edge) }
        troubles[place] = ordered
        return ordered
    }

    private mutating func explainFromBehind(_ edge: Int) {
        guard let began = faults[edge] else { return }
        let troubles = troubles(behind: edge)
        let found = troubles.lazy.prefix { $0.at.isNoLater(than: began) }.map(\.edge).filter { $0 != edge }
            .prefix(Self.maximumCauses)
        guard found.isEmpty else { return link(edge, to: Array(found)) }
        doubts[edge] =
            map.behind(edge).first { map.edges[$0].isStale }
            ?? troubles.first { $0.edge != edge && !$0.at.isClearlyAfter(began) }?.edge
    }

    /// The edge above that failed clearly before one that nothing behind explains, and that nothing behind explains either.
    private mutating func consequence(_ edge: Int) -> Int? {
        guard let began = faults[edge], doubts[edge] == nil else { return nil }
        var first: (edge: Int, at: Onset)?
        for other in map.above(edge) where causes[other] == nil {
            guard let at = faults[other] else { continue }
            if began.isClearlyAfter(at) {
                if first.map({ at.latest < $0.at.latest }) ?? true { first = (other, at) }
            } else if !at.isClearlyAfter(began), !began.isNoLater(than: at) {
                doubts[edge] = other
            }
        }
        return first?.edge
    }

    // MARK: - Conclusions

    /// Marks all that is explained by some edges, each by the one over which it was reached first.
    private mutating func reach(from starts: [Int]) {
        var queue = starts.filter { isReached.insert($0).inserted }
        var position = 0
        while position < queue.count {
            let cause = queue[position]
            position += 1
            for effect in effects[cause] ?? [] where isReached.insert(effect).inserted {
                roles[map.edges[effect].key] = .explained(by: map.edges[cause].key)
                queue.append(effect)
            }
        }
    }

    private mutating func conclude(_ edge: Int) {
        let reason = CascadeReason(map, edge, self)
        if let doubt = doubts[edge] {
            roles[map.edges[edge].key] = .unknown
            conclude(.unknown, [edge], reason.unknown(for: doubt))
        } else {
            roles[map.edges[edge].key] = .root
            conclude(.root, [edge], reason.root)
        }
    }

    private mutating func conclude(_ verdict: CascadeAnalysis.Finding.Verdict, _ edges: [Int], _ reason: String) {
        let listed = edges.prefix(CascadeAnalysis.Finding.maximumListed)
        findings.append(
            CascadeAnalysis.Finding(
                verdict: verdict, edges: listed.map { map.edges[$0].key }, reason: reason,
                explains: explained(by: edges).map { map.edges[$0].key }))
    }

    /// What some edges explain, directly or over others, the nearest first.
    func explained(by edges: [Int]) -> [Int] {
        var (queue, known) = (edges, Set(edges))
        var position = 0
        let most = CascadeAnalysis.Finding.maximumListed + edges.count
        while position < queue.count, queue.count < most {
            for effect in effects[queue[position]] ?? [] where known.insert(effect).inserted && queue.count < most {
                queue.append(effect)
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
                for edge in near where circles.contains(edge) && seen.insert(edge).inserted { circle.append(edge) }
                position += 1
            }
            circle.sort()
            reach(from: circle)
            for edge in circle { roles[map.edges[edge].key] = .unknown }
            conclude(.unknown, circle, CascadeReason.circle(circle.map { map.edges[$0].key }))
        }
    }

    /// Without those that explain none of the others: what is explained by a circle is not in it.
    private func peeled(_ edges: Set<Int>) -> Set<Int> {
        var left = edges
        var counts = Dictionary(
            uniqueKeysWithValues: edges.map { edge in
                (edge, (effects[edge] ?? []).count { edges.contains($0) })
            })
        var ends = edges.filter { counts[$0] == 0 }
        while let edge = ends.popFirst() {
            left.remove(edge)
            for cause in causes[edge] ?? [] where left.contains(cause) {
                counts[cause, default: 0] -= 1
                if counts[cause] == 0 { ends.insert(cause) }
            }
        }
        return left
    }
}
