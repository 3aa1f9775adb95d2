// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// The map as it is looked at: as lines, with what began each cascade.
package struct MapPicture: Sendable {
    package let map: DependencyMap
    package let tree: MapTree
    package let cascade: CascadeAnalysis
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
        return MapPicture(map: map, tree: tree, cascade: CascadeAnalysis(map))
    }

    private mutating func visit(_ fleet: FleetModel, count: Int) {
        guard !walk.isOver else { return map = builder.finish(now: fleet.now.up) }
        let now = fleet.now.up
        var walk = walk
        walk.step(over: fleet, circuits: count) { circuit, _, _ in builder.take(circuit, at: now) }
        self.walk = walk
    }
}
