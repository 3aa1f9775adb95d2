// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@testable import Fleet

/// The lines above the tree, for all calls to one target.
@Suite struct MapGroupTests {
    private var fleet = MapFixture()

    private var groups: [MapLine] {
        MapPicture(fleet.map, MapTree(fleet.map), fleet.cascade).lines.filter { $0.group != nil }
    }

    @Test(
        "A root of several callers keeps its line with all of its calls while a force holds some of them, or all",
        arguments: 0...2)
    mutating func held(forced: Int) throws {
        for (number, caller) in ["gateway", "orders"].enumerated() {
            fleet.call(caller, "inventory", .open, age: 20) { if number < forced { $0.force(seconds: 5) } }
        }
        let line = try #require(groups.first)
        #expect(groups.count == 1 && line.group?.callers == 2 && line.group?.count == 2)
        #expect(line.group?.calls.map(\.caller).sorted() == ["gateway", "orders"])
        #expect(line.group?.verdict == (forced == 2 ? .forced : .root))
        #expect(line.edge?.circuits.forcedOpen == forced)
    }

    @Test("A process that dies takes no part of a held line with it, nor does its restart", arguments: [true, false])
    mutating func died(isSilent: Bool) throws {
        fleet.call("gateway", "inventory", .open, age: 20) { $0.force(seconds: 5) }
        fleet.call("orders", "inventory") { fixture in
            if isSilent { fixture.standing = .stale(.open, .forcedOpen) } else { fixture.isOverrideLost = true }
        }
        fleet.call("search", "inventory") { $0.standing = .stale(.open, .none) }
        let group = try #require(groups.first?.group)
        #expect(group.callers == 2 && group.count == 2 && group.verdict == .forced)
        #expect(group.calls.map(\.caller).sorted() == ["gateway", "orders"])
    }

    @Test("A restart that took a forced closed from a healthy call puts that into no held line")
    mutating func lostClosed() {
        fleet.call("gateway", "inventory", .open, age: 20) { $0.force(seconds: 5) }
        fleet.call("search", "inventory") { ($0.isOverrideLost, $0.lostMode) = (true, .forcedClosed) }
        #expect(groups.isEmpty)
        fleet.call("orders", "inventory") { $0.isOverrideLost = true }
        #expect(groups.map { $0.group?.calls.map(\.caller).sorted() } == [["gateway", "orders"]])
    }

    @Test("Of very many calls that were held before, those that are not listed are counted")
    mutating func manyHeld() throws {
        let most = CascadeAnalysis.Finding.maximumListed
        fleet.call("gateway", "inventory", .open, age: 20) { $0.force(seconds: 5) }
        for number in 0...most { fleet.call("caller-\(number)", "inventory") { $0.isOverrideLost = true } }
        let group = try #require(groups.first?.group)
        #expect(group.count == most + 2 && group.calls.count == most + 1)
    }

    @Test("What is forced open though it never failed is no part of a root")
    mutating func healthy() {
        fleet.call("gateway", "inventory", .open, age: 20)
        fleet.call("orders", "inventory") { $0.force(seconds: 60) }
        #expect(groups.isEmpty)
        fleet.call("search", "inventory", .open, age: 20)
        #expect(groups.map { $0.group?.calls.map(\.caller).sorted() } == [["gateway", "search"]])
    }

    @Test("What is said of several calls counts them as they are, and adds up what they refuse")
    mutating func words() throws {
        fleet.call("gateway", "inventory", .halfOpen, age: 100)
        fleet.call("orders", "inventory", .open, age: 210)
        fleet.call("search", "inventory", .open, age: 20)
        #expect(
            fleet.cascade.findings.first?.reason.hasPrefix("2 open, 1 half-open of 3, the first since 4 min") == true)
        fleet = MapFixture()
        for (caller, rate) in [("gateway", 4), ("orders", 5)] as [(String, Int64)] {
            fleet.call(caller, "inventory", .open, age: 20) { fixture in
                fixture.force(seconds: 5)
                fixture.rate = rate
            }
        }
        let reason = try #require(fleet.cascade.findings.first?.reason)
        #expect(reason.hasPrefix("forced open by ann (uid 7) since 5.0 s: “INC-42”; refuses 9.0/s"))
    }

    @Test("A lost override is counted beside what the circuit is, and is the first to go to")
    mutating func lost() {
        fleet.call("orders", "payments", instance: 1)
        fleet.call("orders", "payments", instance: 2) { $0.isOverrideLost = true }
        let edge = fleet.map.edges.first
        #expect(edge?.circuits.lost == 1 && edge?.circuits.closed == 2 && edge?.circuits.total == 2)
        #expect(edge?.worstCircuit.instance.instance == "orders-2")
    }
}
