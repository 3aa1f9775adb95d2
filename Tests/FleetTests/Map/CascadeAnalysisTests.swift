// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@testable import Fleet

@Suite struct CascadeAnalysisTests {
    private var fleet = MapFixture()

    private func reason(_ number: Int = 0) -> String {
        let findings = fleet.cascade.findings
        return findings.indices.contains(number) ? findings[number].reason : ""
    }

    @Test("In a chain the root is the one that failed first, and its reason tells the facts")
    mutating func chain() {
        fleet.call("edge", "orders", .open, age: 30)
        fleet.call("orders", "payments", .open, age: 36) { fixture in
            fixture.trip = Trip(at: 0, rule: "x")
        }
        fleet.call("payments", "db", .open, age: 42) { fixture in
            let errors = [TripError(type: "TimeoutError", message: "", count: 5)]
            let trip = Trip(at: 0, rule: "failure_ratio", calls: 50, failed: 41, errors: errors)
            fixture.transitions = [
                ViewFixture.change(1, at: (fixture.up ?? 0) - 42_000, from: .closed, to: .open, trip: trip)
            ]
        }
        #expect(fleet.cascade.summary == ["root payments → db < orders → payments, edge → orders"])
        #expect(
            reason()
                == "open since 42 s; 41/50 calls failed, 5× TimeoutError; nobody publishes for db, so what is behind it is not seen; 1 above it failed after it"
        )
    }

    @Test("A caller that fails because of several behind it is explained by each; one healthy is not blamed")
    mutating func fanOut() {
        fleet.call("edge", "a", .open, age: 10)
        fleet.call("edge", "b")
        fleet.call("a", "x", .open, age: 20)
        fleet.call("a", "y", .open, age: 15)
        fleet.call("a", "z")
        fleet.call("b", "x")
        #expect(fleet.cascade.summary == ["root a → x < edge → a", "root a → y < edge → a"])
    }

    @Test("Two failures that have nothing to do with each other are two roots")
    mutating func independent() {
        fleet.call("edge", "a", .open, age: 10)
        fleet.call("a", "db", .open, age: 20)
        fleet.call("edge", "b", .open, age: 300)
        fleet.call("b", "mail", .halfOpen, age: 310)
        #expect(fleet.cascade.summary == ["root a → db < edge → a", "root b → mail < edge → b"])
    }

    @Test("A second failure behind a service that fails for another reason already is a root of its own")
    mutating func laterSibling() {
        fleet.call("edge", "a", .open, age: 99)
        fleet.call("a", "x", .open, age: 100)
        fleet.call("a", "y", .open, age: 20)
        #expect(fleet.cascade.summary == ["root a → x < edge → a", "root a → y"])
    }

    @Test("The deepest open circuit is not the root when it failed clearly after the one above it")
    mutating func overload() {
        fleet.call("edge", "orders", .open, age: 60) { $0.rate = 30 }
        fleet.call("orders", "payments", .open, age: 40)
        fleet.call("payments", "db", .open, age: 20)
        #expect(fleet.cascade.summary == ["root edge → orders < orders → payments, payments → db"])
        #expect(reason().contains("orders → payments behind it failed only 20 s later, while 30 retries/s load it"))
        #expect(fleet.cascade.roles.values.count { $0 == .root } == 1)
    }

    @Test("Within the tolerance of sampling the deeper one is preferred, and said so")
    mutating func together() {
        fleet.call("edge", "orders", .open, age: 22)
        fleet.call("orders", "payments", .open, age: 20)
        #expect(fleet.cascade.summary == ["root orders → payments < edge → orders"])
        #expect(reason().contains("1 above it within 2 s, where the deeper one is taken for the first"))
    }

    @Test("A circle that failed at once has no root; what it makes fail is explained by it")
    mutating func circleAtOnce() {
        fleet.call("a", "b", .open, age: 10)
        fleet.call("b", "c", .open, age: 11)
        fleet.call("c", "a", .open, age: 10)
        fleet.call("edge", "a", .open, age: 5)
        #expect(fleet.cascade.summary == ["unknown a → b, b → c, c → a < edge → a"])
        #expect(reason().contains("which was first cannot be told"))
    }

    @Test("A circle of which one failed first has that one as its root")
    mutating func circle() {
        fleet.call("a", "b", .open, age: 10)
        fleet.call("b", "c", .open, age: 60)
        fleet.call("c", "a", .open, age: 5)
        #expect(fleet.cascade.summary == ["root b → c < a → b, c → a"])
    }

    @Test("A forced edge explains what fails above it, and is told as forced; one that explains nothing is no news")
    mutating func forced() {
        func force(_ fixture: inout ViewFixture, seconds: Milliseconds) {
            fixture.standing = .forced(.forcedOpen, calculated: .closed)
            fixture.override = CircuitOverride(
                mode: .forcedOpen, revision: 1, principal: "uid 7", claimed: "ann", reason: "INC-42",
                since: (fixture.up ?? 0) - seconds * 1_000)
        }
        fleet.call("edge", "orders", .open, age: 30)
        fleet.call("orders", "payments") { force(&$0, seconds: 60) }
        fleet.call("other", "payments") { force(&$0, seconds: 60) }
        #expect(fleet.cascade.summary == ["forced orders → payments < edge → orders"])
        #expect(reason() == "forced open by ann (uid 7): INC-42; 1 above it failed after it")
        #expect(fleet.cascade.roles.count == 1)

        fleet = MapFixture()
        fleet.call("edge", "orders", .open, age: 30)
        fleet.call("orders", "payments") { force(&$0, seconds: 5) }
        #expect(fleet.cascade.summary == ["root edge → orders"], "what was forced later explains nothing")
    }

    @Test("What was forced open because it failed is still the failure")
    mutating func forcedFailure() {
        fleet.call("edge", "orders", .open, age: 30)
        fleet.call("orders", "payments", .open, age: 60) { fixture in
            fixture.standing = .forced(.forcedOpen, calculated: .open)
            fixture.override = CircuitOverride(mode: .forcedOpen, claimed: "ann", since: (fixture.up ?? 0) - 5_000)
        }
        #expect(fleet.cascade.summary == ["root orders → payments < edge → orders"])
        #expect(reason().contains("forced open by ann"))
    }

    @Test("A stale edge where it decides makes the answer unknown; what failed beyond it is a root all the same")
    mutating func staleBetween() {
        fleet.call("edge", "orders", .open, age: 30)
        fleet.call("orders", "payments") { $0.standing = .stale(.closed, .none) }
        fleet.call("payments", "db", .open, age: 60)
        #expect(fleet.cascade.summary == ["unknown edge → orders", "root payments → db"])
        #expect(reason().contains("nothing is heard of orders → payments"))
    }

    @Test("A stale instance beside fresh ones that are well decides nothing")
    mutating func staleInstance() {
        fleet.call("edge", "orders", .open, age: 30)
        fleet.call("orders", "payments", instance: 1) { $0.standing = .stale(.open, .none) }
        fleet.call("orders", "payments", instance: 2)
        #expect(fleet.cascade.summary == ["root edge → orders"])
        #expect(reason().contains("nothing behind orders is seen to fail, but 1 of 2 are unheard"))
    }

    @Test(
        "An outage lasts since the first trip out of closed: a flapping half-open edge that began earlier is the root")
    mutating func flapping() {
        fleet.call("edge", "orders", .open, age: 60)
        fleet.call("orders", "payments", .halfOpen) { fixture in
            let up = fixture.up ?? 0
            let changes: [(Milliseconds, CircuitState, CircuitState)] = [
                (500, .closed, .open), (400, .open, .halfOpen), (390, .halfOpen, .closed), (90, .closed, .open),
                (50, .open, .halfOpen), (40, .halfOpen, .open), (1, .open, .halfOpen),
            ]
            fixture.transitions = changes.enumerated().map { number, change in
                ViewFixture.change(Int64(number), at: up - change.0 * 1_000, from: change.1, to: change.2)
            }
            fixture.figures[.stateSince] = up - 1_000
        }
        #expect(fleet.cascade.summary == ["root orders → payments < edge → orders"])
        #expect(reason().hasPrefix("half-open since 90 s"))
    }

    @Test("Where an outage's beginning is not known and would decide, the answer is unknown")
    mutating func unknownBeginning() {
        fleet.call("edge", "orders", .open, age: 60)
        fleet.call("orders", "payments", .halfOpen, age: 5) { $0.transitions = [] }
        #expect(fleet.cascade.summary.contains("unknown edge → orders"))
        #expect(fleet.cascade.findings.allSatisfy { $0.verdict == .unknown })
        #expect(reason().contains("whether orders → payments failed before it cannot be told"))

        fleet = MapFixture()
        fleet.call("edge", "orders", .open, age: 2)
        fleet.call("orders", "payments", .halfOpen, age: 5) { $0.transitions = [] }
        #expect(fleet.cascade.summary == ["root orders → payments < edge → orders"], "it began at least 5 s ago")
        #expect(reason().hasPrefix("half-open since at least 5 s"))
    }

    @Test("Of several instances one fails: the edge is faulty by that one, and says how many")
    mutating func oneInstance() {
        for instance in 1...3 { fleet.call("edge", "orders", instance: instance) }
        fleet.call("edge", "orders", .open, age: 10, instance: 4)
        for instance in 1...2 { fleet.call("orders", "db", instance: instance) }
        fleet.call("orders", "db", .open, age: 20, instance: 3)
        #expect(fleet.cascade.summary == ["root orders → db < edge → orders"])
        #expect(reason().hasPrefix("open on 1 of 3 instances since 20 s"))
    }

    @Test("The earliest outage among instances counts")
    mutating func earliestInstance() {
        fleet.call("edge", "orders", .open, age: 60)
        fleet.call("orders", "db", .open, age: 5, instance: 1)
        fleet.call("orders", "db", .open, age: 70, instance: 2)
        #expect(fleet.map.edges.last?.faultySince == MapFixture.now - 70_000)
        #expect(fleet.cascade.summary == ["root orders → db < edge → orders"])
    }

    @Test("A closed circuit over its threshold is faulty, with as many calls as its rule asks for")
    mutating func overThreshold() {
        fleet.call("edge", "a") { $0.figures = [.windowCalls: 10, .windowFailed: 5] }
        fleet.call("edge", "b") { $0.figures = [.windowCalls: 10, .windowFailed: 4] }
        fleet.call("edge", "c") { $0.figures = [.windowCalls: 0, .windowFailed: 0] }
        fleet.call("edge", "d") { fixture in
            fixture.standing = .forced(.forcedClosed, calculated: .closed)
            fixture.figures = [.windowCalls: 10, .windowFailed: 9]
        }
        #expect(fleet.cascade.summary == ["root edge → a", "root edge → d"])
    }

    @Test("Any fleet is judged: each failing edge is a root, explained down to a cause, or covered by an unknown")
    func anyFleet() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<400 {
            let size = Int.random(in: 1...8, using: &random)
            var fleet = MapFixture()
            for _ in 0..<Int.random(in: 0...24, using: &random) {
                let (a, b) = (Int.random(in: 0..<size, using: &random), Int.random(in: 0..<size, using: &random))
                let state = CircuitState.allCases.randomElement(using: &random) ?? .closed
                let age = Double(Int.random(in: 0...20, using: &random))
                let (isStale, isVague) = (Int.random(in: 0...9, using: &random) == 0, Bool.random(using: &random))
                let isForced = Int.random(in: 0...9, using: &random) == 0
                fleet.call("s\(a)", b == 0 ? "" : "s\(b)", state, age: age, circuit: "c") { fixture in
                    if isStale { fixture.standing = .stale(state, .none) }
                    if isForced { fixture.standing = .forced(.forcedOpen, calculated: state) }
                    if isVague { fixture.transitions = [] }
                }
            }
            check(fleet.map)
        }
    }

    private func check(_ map: DependencyMap) {
        let cascade = CascadeAnalysis(map)
        let causes = Set(cascade.findings.flatMap(\.edges))
        #expect(Set(map.edges.filter { $0.fault != nil }.map(\.key)) == Set(cascade.roles.keys))
        for (edge, role) in cascade.roles {
            var (edge, role, steps) = (edge, role, 0)
            while case .explained(let cause) = role, steps <= map.edges.count {
                (edge, role, steps) = (cause, cascade.roles[cause] ?? .root, steps + 1)
            }
            #expect(steps <= map.edges.count, "explanations never go in a circle")
            #expect(causes.contains(edge), "each leads to a finding")
        }
        #expect(cascade.findings.allSatisfy { !$0.reason.isEmpty && !$0.edges.isEmpty })
        #expect(MapTree(map).lines.count >= map.nodes.count)
    }
}
