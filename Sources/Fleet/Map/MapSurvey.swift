// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// The map as it is looked at: as lines, with what began each cascade.
package struct MapPicture: Sendable {
    package let map: DependencyMap
    package let tree: MapTree
    package let cascade: CascadeAnalysis
    /// A line for each root that several callers have, for which orders to all of them are, also while a force holds it;
    /// then the tree.
    package let lines: [MapLine]

    /// The most roots that have a line of their own.
    package static let maximumGroups = 20

    init(_ map: DependencyMap, _ tree: MapTree, _ cascade: CascadeAnalysis) {
        (self.map, self.tree, self.cascade) = (map, tree, cascade)
        lines = Self.groups(map, cascade) + tree.lines
    }

    /// What was forced stays with what fails beside it: orders are taken back where they were given, and one process may
    /// obey later than another.
    private static func groups(_ map: DependencyMap, _ cascade: CascadeAnalysis) -> [MapLine] {
        let parts = cascade.findings.indices.filter { index in
            let finding = cascade.findings[index]
            return finding.verdict == .root || (finding.verdict == .forced && finding.hasFailed)
        }
        var targets: [DependencyMap.Place] = []
        var byTarget: [DependencyMap.Place: [Int]] = [:]
        for part in parts {
            guard let target = cascade.findings[part].edges.first?.target else { continue }
            if byTarget[target] == nil { targets.append(target) }
            byTarget[target, default: []].append(part)
        }
        var lines: [MapLine] = []
        for target in targets where lines.count < maximumGroups {
            if let line = line(for: byTarget[target] ?? [], map, cascade) { lines.append(line) }
        }
        return lines
    }

    private static func line(for parts: [Int], _ map: DependencyMap, _ cascade: CascadeAnalysis) -> MapLine? {
        let findings = parts.map { cascade.findings[$0] }
        var calls = Set(findings.flatMap(\.edges))
        let isHeld = findings.contains { $0.verdict == .forced }
        let added = isHeld ? heldLast(like: calls, map).filter { !calls.contains($0) } : []
        calls.formUnion(added.prefix(CascadeAnalysis.Finding.maximumListed))
        // What is listed tells the callers of several findings apart, and what one counts is never less.
        let callers = max(findings.map(\.callers).max() ?? 0, Set(calls.map(\.caller)).count)
        guard callers > 1, let main = parts.first(where: { cascade.findings[$0].verdict == .root }) ?? parts.first,
            let edge = map.sum(of: calls), let node = map.node(edge.key.target)
        else { return nil }
        let group = MapGroup(
            callers: callers, count: findings.reduce(added.count) { $0 + $1.count }, calls: calls,
            finding: main,
            verdict: cascade.findings[main].verdict)
        return MapLine(
            depth: 0, guides: [], isLast: true, edge: edge, node: node, reference: .none, group: group)
    }

    /// The calls to the same target that a force held open as they were last heard, or that a restart took from one: a process
    /// that dies takes no part of the line with it. By name.
    private static func heldLast(like calls: Set<DependencyMap.EdgeKey>, _ map: DependencyMap) -> [DependencyMap
        .EdgeKey]
    {
        guard let target = calls.first?.target, let node = map.index(of: target) else { return [] }
        let held = map.incoming[node].lazy.map { map.edges[$0] }.filter { edge in
            if case .stale(_, .forcedOpen) = edge.worst { return edge.isStale }
            return edge.circuits.lostOpen > 0
        }
        return held.map(\.key)
    }
}

/// One round through all circuits that draws the map of who calls whom, in steps between which keys are answered.
package struct MapSurvey: Sendable {
    private var walk: CircuitWalk
    private var builder = DependencyMap.Builder()
    private var map: DependencyMap?
    private var tree: MapTree?

    package init(of fleet: FleetModel) { walk = CircuitWalk(of: fleet) }

    /// The circuits that there were when it began.
    package var count: Int { walk.count }

    /// Goes on, over at most so many circuits, or with one of the steps that need the whole.
    ///
    /// - Returns: the picture, when the round is over.
    package mutating func step(over fleet: FleetModel, circuits count: Int) -> MapPicture? {
        guard let map else {
            visit(fleet, count: count)
            return nil
        }
        guard let tree else {
            tree = MapTree(map)
            return nil
        }
        return MapPicture(map, tree, CascadeAnalysis(map))
    }

    private mutating func visit(_ fleet: FleetModel, count: Int) {
        guard !walk.isOver else { return map = builder.finish(now: fleet.now.up) }
        let now = fleet.now.up
        var walk = walk
        walk.step(over: fleet, circuits: count) { circuit, _, _ in builder.take(circuit, at: now) }
        self.walk = walk
    }
}
