// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// The map as it is looked at: as lines, with what began each cascade.
package struct MapPicture: Sendable {
    package let map: DependencyMap
    package let tree: MapTree
    package let cascade: CascadeAnalysis
    /// A line for each root that several callers have, for which orders to all of them are; then the tree.
    package let lines: [MapLine]

    /// The most roots that have a line of their own.
    package static let maximumGroups = 20

    init(_ map: DependencyMap, _ tree: MapTree, _ cascade: CascadeAnalysis) {
        (self.map, self.tree, self.cascade) = (map, tree, cascade)
        let groups = cascade.findings.lazy.filter { $0.verdict == .root && $0.callers > 1 }
            .prefix(Self.maximumGroups)
            .compactMap { finding -> MapLine? in
                guard let edge = map.sum(of: finding.edges), let node = map.node(edge.key.target) else { return nil }
                return MapLine(
                    depth: 0, guides: [], isLast: true, edge: edge, node: node, reference: .none,
                    callers: finding.callers)
            }
        lines = groups + tree.lines
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
