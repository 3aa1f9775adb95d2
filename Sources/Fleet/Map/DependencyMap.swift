// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// Who calls whom, as circuits tell it.
package struct DependencyMap: Sendable {
    /// What calls or is called.
    package enum Place: Sendable, Hashable, Comparable {
        case service(String)
        /// Nobody said what this circuit calls.
        case unknown(circuit: String, caller: String)

        /// As it is drawn.
        package var name: String {
            switch self {
            case .service(let name): name
            case .unknown(let circuit, _): circuit
            }
        }
    }

    /// A service, or what a circuit calls of which nothing is known.
    package struct Node: Sendable, Hashable {
        package let place: Place
        /// Its circuits: none when nobody publishes for it here.
        package internal(set) var circuits = MapCounts()

        package var isPublishing: Bool { circuits.total > 0 }
    }

    /// What tells edges apart.
    package struct EdgeKey: Sendable, Hashable, Comparable {
        package let caller: String
        package let target: Place
        package let circuit: String

        /// The edge that a circuit is a part of.
        package init(_ circuit: Circuit) {
            let target = circuit.description.target.service
            caller = circuit.key.instance.service
            self.circuit = circuit.key.name
            self.target =
                target.isEmpty ? .unknown(circuit: circuit.key.name, caller: caller) : .service(target)
        }

        package static func < (left: EdgeKey, right: EdgeKey) -> Bool {
            (left.caller, left.target, left.circuit) < (right.caller, right.target, right.circuit)
        }
    }

    /// The circuits of one name through which the instances of a service call another one.
    package struct Edge: Sendable {
        package let key: EdgeKey
        package internal(set) var circuits = MapCounts()
        /// What wants most to be looked at among its circuits.
        package internal(set) var worst: CircuitStanding
        /// How urgently that wants to be looked at: a lost override counts as a force.
        fileprivate var urgency: Int
        /// The circuit that is it, to go to.
        package internal(set) var worstCircuit: CircuitKey
        /// Arriving calls a second of the circuits of which it is known; `nil` = of none.
        package internal(set) var callsPerSecond: Double?
        /// Refused calls a second, alike.
        package internal(set) var refusedPerSecond: Double?
        /// Retries a second, alike.
        package internal(set) var retriesPerSecond: Double?
        /// What is known of its failing; `nil` when no fresh circuit of it fails.
        package internal(set) var fault: EdgeFault?
        /// What is known of its being forced open; `nil` when no fresh circuit of it is.
        package internal(set) var force: EdgeForce?
        /// Whether a fallback answered wherever its calls fail, failed or are refused, and none failed itself: who calls its
        /// caller need not have noticed. `nil` = there is no such circuit.
        package internal(set) var isAbsorbed: Bool?

        /// The last of its outages that are over, while it does not fail.
        package internal(set) var past: PastOutage?
        /// When a call last arrived, on the monitor's monotonic clock; `nil` where nobody says.
        package internal(set) var lastCall: Milliseconds?

        /// How long no call must have come for it not to be called any more.
        package static let idleAfter: Milliseconds = 15_000

        /// Since when it has been faulty, on the monitor's monotonic clock: the latest that it can be.
        package var faultySince: Milliseconds? { fault?.onset.latest }
        /// Whether a force is all that keeps calls from it now, whatever it was before.
        package var isHeld: Bool { force != nil && fault?.isHeld ?? true }
        /// Whether nothing that is known of it holds now.
        package var isStale: Bool { circuits.stale > 0 && circuits.fresh == 0 }

        /// Whether nobody calls it any more, as of a moment of the monitor's monotonic clock.
        package func isIdle(at now: Milliseconds) -> Bool {
            lastCall.map { now.saturatingDifference($0) >= Self.idleAfter } ?? false
        }
    }

    /// The most edges that are kept; further ones are counted in ``leftOut``.
    package static let maximumEdges = 10_000

    /// By name.
    package let nodes: [Node]
    /// All circuits that are in it.
    package let circuits: MapCounts
    /// By caller, target and circuit.
    package let edges: [Edge]
    /// Circuits that are not in it because there are too many edges.
    package let leftOut: Int
    /// The moment of which it tells, on the monitor's monotonic clock.
    package let now: Milliseconds
    private let indices: [Place: Int]
    /// For each node, its edges' positions.
    let outgoing: [[Int]]
    let incoming: [[Int]]

    fileprivate init(_ nodes: [Place: Node], _ edges: [EdgeKey: Edge], leftOut: Int, now: Milliseconds) {
        self.nodes = nodes.values.sorted { $0.place < $1.place }
        self.edges = edges.values.sorted { $0.key < $1.key }
        circuits = nodes.values.reduce(into: MapCounts()) { $0.add($1.circuits) }
        self.leftOut = leftOut
        self.now = now
        let places = self.nodes.map(\.place)
        let indices = Dictionary(zip(places, places.indices), uniquingKeysWith: { first, _ in first })
        var outgoing = places.map { _ in [Int]() }
        var incoming = outgoing
        for (position, edge) in self.edges.enumerated() {
            if let caller = indices[.service(edge.key.caller)] { outgoing[caller].append(position) }
            if let target = indices[edge.key.target] { incoming[target].append(position) }
        }
        (self.indices, self.outgoing, self.incoming) = (indices, outgoing, incoming)
    }

    package func node(_ place: Place) -> Node? { indices[place].map { nodes[$0] } }

    func index(of place: Place) -> Int? { indices[place] }
}

/// Circuits counted by what they are.
package struct MapCounts: Sendable, Hashable {
    package internal(set) var open = 0
    package internal(set) var halfOpen = 0
    package internal(set) var closed = 0
    package internal(set) var forcedOpen = 0
    package internal(set) var forcedClosed = 0
    package internal(set) var stale = 0
    package internal(set) var stopped = 0
    /// Those among them whose override was lost by a restart, and nobody has decided since.
    package internal(set) var lost = 0
    /// Those of them that it held open.
    package internal(set) var lostOpen = 0

    /// Those of which it is known what they are now.
    package var fresh: Int { open + halfOpen + closed + forcedOpen + forcedClosed }
    package var total: Int { fresh + stale + stopped }

    mutating func add(_ other: MapCounts) {
        (open, halfOpen, closed) = (open + other.open, halfOpen + other.halfOpen, closed + other.closed)
        (forcedOpen, forcedClosed) = (forcedOpen + other.forcedOpen, forcedClosed + other.forcedClosed)
        (stale, stopped, lost) = (stale + other.stale, stopped + other.stopped, lost + other.lost)
        lostOpen += other.lostOpen
    }

    mutating func count(_ view: CircuitView) {
        if view.isOverrideLost { lost += 1 }
        if view.lostOverride?.mode == .forcedOpen { lostOpen += 1 }
        switch view.standing {
        case .calculated(.open): open += 1
        case .calculated(.halfOpen): halfOpen += 1
        case .calculated(.closed): closed += 1
        case .forced(.forcedClosed, _): forcedClosed += 1
        case .forced: forcedOpen += 1
        case .stale: stale += 1
        case .stopped: stopped += 1
        }
    }
}

extension DependencyMap {
    /// Takes circuits one at a time, so that a large fleet can be fed in slices.
    package struct Builder: Sendable {
        private var nodes: [Place: Node] = [:]
        private var edges: [EdgeKey: Edge] = [:]
        private var leftOut = 0

        package init() {}

        /// Takes a circuit as it is at a moment of the monitor's monotonic clock.
        package mutating func take(_ view: CircuitView, at now: Milliseconds) {
            let key = EdgeKey(view.circuit)
            let (caller, place) = (key.caller, key.target)
            guard edges[key] != nil || edges.count < DependencyMap.maximumEdges else { return leftOut += 1 }
            nodes[.service(caller), default: Node(place: .service(caller))].circuits.count(view)
            if nodes[place] == nil { nodes[place] = Node(place: place) }
            edges[key, default: Edge(view, key)].take(view, at: now)
        }

        /// The map as of a moment of the monitor's monotonic clock.
        package func finish(now: Milliseconds) -> DependencyMap {
            DependencyMap(nodes, edges, leftOut: leftOut, now: now)
        }
    }
}

extension FleetModel {
    /// The circuits of some edges in all processes, but for those whose place another one has taken, in order.
    package func circuits(of edges: Set<DependencyMap.EdgeKey>) -> [CircuitKey] {
        let names = Dictionary(grouping: edges, by: \.caller).mapValues { Set($0.map(\.circuit)) }
        let callers = instances.values.filter { names[$0.identity.service] != nil && !isReplaced($0.key) }
        let keys = callers.flatMap { caller in
            let names = names[caller.identity.service] ?? []
            return caller.circuits.values.lazy
                .filter { names.contains($0.value.key.name) && edges.contains(DependencyMap.EdgeKey($0.value)) }
                .map(\.value.key)
        }
        return keys.sorted()
    }
}

extension DependencyMap {
    /// What some edges add up to, under the name of the first; `nil` where there is none.
    func sum(of keys: Set<EdgeKey>) -> Edge? {
        let edges = keys.sorted().compactMap(edge)
        return edges.dropFirst().reduce(into: edges.first) { $0?.add($1) }
    }

    /// There may be very many: it is looked up in their order.
    private func edge(_ key: EdgeKey) -> Edge? {
        var (low, high) = (0, edges.count)
        while low < high {
            let middle = low + (high - low) / 2
            if edges[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low < edges.count && edges[low].key == key ? edges[low] : nil
    }
}

extension DependencyMap.Edge {
    fileprivate init(_ view: CircuitView, _ key: DependencyMap.EdgeKey) {
        self.init(key: key, worst: view.standing, urgency: view.urgency, worstCircuit: view.circuit.key)
    }

    fileprivate mutating func take(_ view: CircuitView, at now: Milliseconds) {
        circuits.count(view)
        // Of equals the first by name: the same whatever the order in which they come.
        let isWorse = (view.urgency, view.circuit.key) < (urgency, worstCircuit)
        if isWorse { (worst, urgency, worstCircuit) = (view.standing, view.urgency, view.circuit.key) }
        callsPerSecond = Self.sum(callsPerSecond, view.arrivals)
        refusedPerSecond = Self.sum(refusedPerSecond, view.rates.rejected)
        retriesPerSecond = Self.sum(retriesPerSecond, view.rates.retries)
        let (newFault, newForce) = (EdgeFault(view, at: now), EdgeForce(view, at: now))
        let newPast = PastOutage(view, at: now)
        if let newFault { fault = fault?.joined(with: newFault) ?? newFault }
        if let newForce { force = force?.joined(with: newForce) ?? newForce }
        if let newPast, newPast.end > past?.end ?? .min { past = newPast }
        if newFault != nil || newForce != nil || newPast != nil {
            isAbsorbed = (isAbsorbed ?? true) && view.isAnsweredByFallback
        }
        if let age = view.age(of: view.row[.lastCall]), !view.isSilent {
            lastCall = max(lastCall ?? .min, now.saturatingDifference(max(0, age)))
        }
    }

    fileprivate mutating func add(_ other: DependencyMap.Edge) {
        circuits.add(other.circuits)
        let isWorse = (other.urgency, other.worstCircuit) < (urgency, worstCircuit)
        if isWorse { (worst, urgency, worstCircuit) = (other.worst, other.urgency, other.worstCircuit) }
        callsPerSecond = Self.sum(callsPerSecond, other.callsPerSecond)
        refusedPerSecond = Self.sum(refusedPerSecond, other.refusedPerSecond)
        retriesPerSecond = Self.sum(retriesPerSecond, other.retriesPerSecond)
        if let theirs = other.fault { fault = fault?.joined(with: theirs) ?? theirs }
        if let theirs = other.force { force = force?.joined(with: theirs) ?? theirs }
        if let last = other.lastCall { lastCall = max(lastCall ?? .min, last) }
    }

    private static func sum(_ left: Double?, _ right: Double?) -> Double? {
        left.map { $0 + (right ?? 0) } ?? right
    }
}
