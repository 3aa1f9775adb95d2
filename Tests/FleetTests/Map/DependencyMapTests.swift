// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@testable import Fleet

@Suite struct DependencyMapTests {
    private var fleet = MapFixture()

    /// The tree as text: enough to see its shape.
    private var drawn: [String] {
        MapTree(fleet.map).lines.map { line in
            let guides = line.guides.map { $0 ? "│ " : "  " }.joined()
            let branch = line.depth == 0 ? "" : line.isLast ? "└─" : "├─"
            let mark: String =
                switch line.reference {
                case .none: ""
                case .shownAbove: " ↑"
                case .cycle: " ↺"
                case .shownBelow: " ↓"
                }
            return guides + branch + line.node.place.name + mark
        }
    }

    @Test("An edge adds up the circuits of its instances: counts, the worst, rates of those that are known")
    mutating func edge() throws {
        fleet.call("orders", "payments", instance: 1) { $0.rate = 10 }
        fleet.call("orders", "payments", .open, age: 3, instance: 2) { $0.rate = 5 }
        fleet.call("orders", "payments", instance: 3) { $0.standing = .stale(.open, .none) }
        let edge = try #require(fleet.map.edges.first)
        #expect(fleet.map.edges.count == 1)
        #expect((edge.circuits.open, edge.circuits.closed, edge.circuits.stale) == (1, 1, 1))
        #expect((edge.circuits.total, edge.circuits.fresh) == (3, 2))
        #expect(edge.worst == .calculated(.open))
        #expect(edge.worstCircuit.instance.instance == "orders-2")
        #expect(edge.callsPerSecond == 30, "admitted and refused, of those that are fresh")
        #expect(edge.refusedPerSecond == 15)
        #expect(edge.faultySince == MapFixture.now - 3_000)
        #expect(fleet.map.node(.service("orders"))?.isPublishing == true)
        #expect(fleet.map.node(.service("payments"))?.isPublishing == false)
    }

    @Test("Circuits that do not say what they call are places of their own, a caller's each")
    mutating func unknownTarget() {
        fleet.call("a", "", circuit: "cache")
        fleet.call("b", "", circuit: "cache")
        fleet.call("b", "", instance: 2, circuit: "cache")
        #expect(fleet.map.nodes.count == 4)
        #expect(drawn == ["a", "└─cache", "b", "└─cache"])
    }

    @Test("The tree begins where nobody calls; a service reached again refers to where it is shown")
    mutating func tree() {
        fleet.call("edge", "orders")
        fleet.call("edge", "search")
        fleet.call("orders", "payments")
        fleet.call("orders", "stock")
        fleet.call("payments", "db")
        fleet.call("search", "db")
        fleet.call("search", "payments")
        #expect(
            drawn == [
                "edge", "├─orders", "│ ├─payments", "│ │ └─db", "│ └─stock", "└─search", "  ├─db", "  └─payments ↑",
            ])
    }

    @Test("A circle is drawn once and marked; in a fleet of circles the smallest name begins")
    mutating func circles() {
        fleet.call("b", "c")
        fleet.call("c", "b")
        fleet.call("c", "c", circuit: "self")
        fleet.call("a", "b")
        #expect(drawn == ["a", "└─b", "  └─c", "    ├─b ↺", "    └─c ↺"])
        fleet = MapFixture()
        fleet.call("y", "x")
        fleet.call("x", "y")
        #expect(drawn == ["x", "└─y", "  └─x ↺"])
        fleet = MapFixture()
        fleet.call("x", "x")
        fleet.call("x", "y")
        #expect(drawn == ["x", "├─x ↺", "└─y"], "who calls only itself is a root")
    }

    @Test("A deep fleet goes on in a tree of its own; a vast one is cut, and says so")
    mutating func bounds() {
        func name(_ number: Int) -> String { "s\(1_000 + number)" }
        for number in 0..<20 { fleet.call(name(number), name(number + 1)) }
        let tree = MapTree(fleet.map)
        #expect(tree.lines.map(\.depth).max() == MapTree.maximumDepth)
        #expect(tree.lines.count { $0.reference == .shownBelow } == 1)
        #expect(Set(tree.lines.map(\.node.place.name)).count == 21, "nothing is left out")
        #expect(!tree.isCut)

        fleet = MapFixture()
        for number in 0...DependencyMap.maximumEdges { fleet.call("edge", "t\(number)") }
        #expect(fleet.map.leftOut == 1)
        #expect(MapTree(fleet.map).lines.count == MapTree.maximumLines)
        #expect(MapTree(fleet.map).isCut)
    }
}
