// SPDX-License-Identifier: Apache-2.0

/// A line of the map drawn as a tree from the edge inwards: what to draw, not how.
package struct MapLine: Sendable {
    /// Why a service's own calls do not follow below its line.
    package enum Reference: Sendable, Hashable {
        /// They follow, or there are none.
        case none
        /// `↑`: they stand further up.
        case shownAbove
        /// `↺`: it is one of those above whose calls lead here.
        case cycle
        /// They begin a tree of their own further down: this one is as deep as it may be.
        case shownBelow
    }

    /// 0 for a root.
    package let depth: Int
    /// For each level above its own, whether that level's line `│` goes on past this line.
    package let guides: [Bool]
    /// Whether it is the last one under the same service: `└─` and not `├─`.
    package let isLast: Bool
    /// The call that leads here; `nil` for a root.
    package let edge: DependencyMap.Edge?
    package let node: DependencyMap.Node
    package let reference: Reference
    /// What it stands for, of a line on top of the tree for several calls at once; `nil` = it is of the tree.
    package var group: MapGroup?
}

/// The calls of several callers to one target that failed by themselves, with those that a force held open when they were
/// last heard, or before a restart.
package struct MapGroup: Sendable {
    package let callers: Int
    /// How many calls there are, listed or not.
    package let count: Int
    /// At most ``CascadeAnalysis/Finding/maximumListed`` of each finding, and of those held before.
    package let calls: Set<DependencyMap.EdgeKey>
    /// The place among the findings of what is said about it: of the root, or of the force where all of it is held.
    package let finding: Int
    package let verdict: CascadeAnalysis.Finding.Verdict
}

/// The map as lines.
package struct MapTree: Sendable {
    package static let maximumDepth = 12
    package static let maximumLines = 5_000

    package private(set) var lines: [MapLine] = []
    /// Whether there are more lines than are kept.
    package private(set) var isCut = false

    private let map: DependencyMap
    private var isShown: [Bool]
    private var path: [Step] = []

    /// A service whose calls are being drawn.
    private struct Step {
        let node: Int
        var edges: ArraySlice<Int>
    }

    package init(_ map: DependencyMap) {
        self.map = map
        isShown = map.nodes.map { _ in false }
        for node in map.nodes.indices where isRoot(node) { grow(from: node) }
        // What is left is called in a circle only, or lies too deep: the smallest name begins.
        for node in map.nodes.indices where !isShown[node] { grow(from: node) }
    }

    private func isRoot(_ node: Int) -> Bool {
        map.incoming[node].allSatisfy { map.edges[$0].key.caller == map.nodes[node].place.name }
    }

    private mutating func grow(from root: Int) {
        add(root, edge: nil, isLast: true, .none)
        enter(root)
        while let step = path.last {
            guard lines.count < Self.maximumLines else {
                isCut = true
                return path.removeAll()
            }
            guard let edge = step.edges.first, let target = map.index(of: map.edges[edge].key.target) else {
                path.removeLast()
                continue
            }
            path[path.count - 1].edges.removeFirst()
            let reference = reference(to: target)
            add(target, edge: map.edges[edge], isLast: step.edges.count == 1, reference)
            if reference == .none { enter(target) }
        }
    }

    private mutating func enter(_ node: Int) {
        isShown[node] = true
        path.append(Step(node: node, edges: map.outgoing[node][...]))
    }

    private func reference(to node: Int) -> MapLine.Reference {
        if path.contains(where: { $0.node == node }) { return .cycle }
        guard !map.outgoing[node].isEmpty else { return .none }
        if isShown[node] { return .shownAbove }
        return path.count >= Self.maximumDepth ? .shownBelow : .none
    }

    private mutating func add(_ node: Int, edge: DependencyMap.Edge?, isLast: Bool, _ reference: MapLine.Reference) {
        guard lines.count < Self.maximumLines else { return isCut = true }
        lines.append(
            MapLine(
                depth: path.count, guides: path.dropLast().map { !$0.edges.isEmpty }, isLast: isLast, edge: edge,
                node: map.nodes[node], reference: reference))
    }
}
