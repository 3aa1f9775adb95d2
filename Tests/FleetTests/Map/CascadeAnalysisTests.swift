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

    @Test("A forced edge explains what fails above it soon after; one that explains nothing is told all the same")
    mutating func forced() {
        fleet.call("edge", "orders", .open, age: 30)
        fleet.call("orders", "payments") { $0.force(seconds: 60) }
        fleet.call("other", "payments") { $0.force(seconds: 60) }
        #expect(fleet.cascade.summary == ["forced orders → payments < edge → orders", "forced other → payments"])
        #expect(reason() == "forced open by ann (uid 7) since 60 s: “INC-42”; 1 above it failed after it")
        #expect(fleet.cascade.roles.count == 1)

        fleet = MapFixture()
        fleet.call("edge", "orders", .open, age: 30)
        fleet.call("orders", "payments") { $0.force(seconds: 5) }
        #expect(
            fleet.cascade.summary == ["root edge → orders", "forced orders → payments"],
            "what was forced later explains nothing")
    }

    @Test("What was forced open because it failed explains what failed then, and is told as what it is now")
    mutating func forcedFailure() {
        fleet.call("edge", "orders", .open, age: 30)
        fleet.call("orders", "payments", .open, age: 60) { fixture in
            fixture.force(seconds: 5)
            fixture.rate = 9
            fixture.trip = Trip(at: 0, rule: "x", calls: 168, failed: 101)
        }
        #expect(fleet.cascade.summary == ["forced orders → payments < edge → orders"])
        #expect(reason().hasPrefix("forced open by ann (uid 7) since 5.0 s: “INC-42”; refuses 9.0/s; before that "))
        #expect(reason().contains("before that open since 60 s; 101/168 calls failed"))
    }

    private func role(_ caller: String) -> CascadeAnalysis.Role? {
        let cascade = fleet.cascade
        return cascade.roles.first { $0.key.caller == caller }?.value
    }

    @Test(
        "Where a service makes other calls too, what fails above one of them may follow from it, unless its errors name it"
    )
    mutating func onlyNames() throws {
        func call(_ message: String, others: Bool = true) -> MapFixture {
            var fleet = MapFixture()
            fleet.call("edge", "orders", .open, age: 10) { fixture in
                let error = TripError(type: "BackendError", message: message)
                fixture.trip = Trip(at: (fixture.up ?? 0) - 10_000, rule: "failure_ratio", errors: [error])
            }
            fleet.call("orders", "inventory", .open, age: 20, circuit: "stock.reserve")
            if others { fleet.call("orders", "payments") }
            return fleet
        }
        for message in ["orders: HTTP 500", "inventory2 stock.reserved", ""] {
            fleet = call(message)
            #expect(role("edge")?.cause?.circuit == "stock.reserve" && role("edge")?.isSure == false)
            let finding = try #require(fleet.cascade.findings.first)
            #expect(finding.explains.count == 1 && finding.mayExplain == Set(finding.explains))
        }
        for message in ["orders: HTTP 502: inventory.", "(stock.reserve) is open"] {
            fleet = call(message)
            #expect(role("edge")?.isSure == true)
            #expect(fleet.cascade.findings.allSatisfy { $0.mayExplain.isEmpty })
        }
        fleet = call("orders: HTTP 500", others: false)
        #expect(role("edge")?.isSure == true, "it has no other call to fail by")
    }

    @Test("What follows for sure from something that may follow, may follow from the cause of that")
    mutating func chainOfNames() throws {
        fleet.call("web", "edge", .open, age: 5)
        fleet.call("edge", "orders", .open, age: 10)
        fleet.call("orders", "inventory", .open, age: 20)
        fleet.call("orders", "payments")
        #expect(role("web")?.isSure == true)
        let finding = try #require(fleet.cascade.findings.first)
        #expect(finding.explains.map { $0.caller } == ["edge", "web"] && finding.mayExplain.count == 2)
    }

    @Test("What a fallback answers for explains nothing: what fails above it is told by itself")
    mutating func absorbed() {
        func call(failedFallbacks: Int64?, isForced: Bool) -> MapFixture {
            var fleet = MapFixture()
            fleet.call("edge", "orders", .open, age: 10) { fixture in
                fixture.trip = Trip(at: (fixture.up ?? 0) - 10_000, rule: "x", calls: 30, failed: 20)
            }
            fleet.call("orders", "inventory", isForced ? .closed : .open, age: 20) { fixture in
                fixture.figures[.fallbacks] = 40
                fixture.figures[.fallbacksFailed] = failedFallbacks
                if isForced { fixture.force(seconds: 20) }
            }
            return fleet
        }
        for isForced in [false, true] {
            fleet = call(failedFallbacks: 0, isForced: isForced)
            #expect(fleet.cascade.summary.contains("unknown edge → orders"))
            #expect(fleet.cascade.findings.allSatisfy { $0.explains.isEmpty })
            let reasons = fleet.cascade.findings.map(\.reason)
            #expect(
                reasons.contains(
                    "open since 10 s; 20/30 calls failed; may follow from orders/inventory, but a fallback answers there"
                ))
            for failed in [3, nil] as [Int64?] {
                fleet = call(failedFallbacks: failed, isForced: isForced)
                #expect(role("edge")?.isSure == true)
            }
        }
    }

    @Test("A force that is told to be younger than the failure above it, within the tolerance, is no sure cause")
    mutating func youngerForce() {
        for (age, isSure) in [(3, false), (5, true)] as [(Milliseconds, Bool)] {
            fleet = MapFixture()
            fleet.call("edge", "orders", .open, age: 4.2)
            fleet.call("orders", "shipping") { $0.force(seconds: age) }
            #expect(role("edge")?.cause?.caller == "orders" && role("edge")?.isSure == isSure)
        }
    }

    @Test("Of two forces neither is the sure cause of what fails above both")
    mutating func twoForces() {
        fleet.call("edge", "orders", .open, age: 5)
        fleet.call("orders", "shipping", circuit: "book") { $0.force(seconds: 14) }
        fleet.call("orders", "shipping", circuit: "track") { $0.force(seconds: 8) }
        #expect(role("edge")?.isSure == false)
        let forces = fleet.cascade.findings.filter { $0.verdict == .forced }
        #expect(forces.count == 2 && forces.allSatisfy { $0.mayExplain.count == 1 })
    }

    @Test("A force of long before is not blamed for what fails now: first it is in doubt, later it is no news")
    mutating func forcedBefore() {
        fleet.call("edge", "orders", .open, age: 10)
        fleet.call("orders", "payments") { $0.force(seconds: 190) }
        #expect(fleet.cascade.summary == ["unknown edge → orders", "forced orders → payments"])
        #expect(
            reason().contains("whether it follows from orders → payments, forced open 3 min before, cannot be told"))

        fleet = MapFixture()
        fleet.call("edge", "orders", .open, age: 10)
        fleet.call("orders", "payments") { $0.force(seconds: 3_600) }
        #expect(fleet.cascade.summary == ["root edge → orders", "forced orders → payments"])
    }

    @Test("A force explains nothing that another failure does, though that one is over by now")
    mutating func forcedBesideAnother() {
        fleet.call("edge", "orders", .open, age: 10)
        fleet.call("orders", "payments") { $0.force(seconds: 40) }
        fleet.call("orders", "inventory") { $0.recover(began: 13, ended: 2) }
        #expect(
            fleet.cascade.summary == ["over orders → inventory < edge → orders", "forced orders → payments"])
        #expect(reason() == "failed 13 s ago, closed again since 2.0 s; 1 above it failed after it")

        fleet = MapFixture()
        fleet.call("edge", "orders", .open, age: 10)
        fleet.call("orders", "payments") { $0.force(seconds: 40) }
        fleet.call("orders", "inventory", .open, age: 13)
        #expect(
            fleet.cascade.summary == ["root orders → inventory < edge → orders", "forced orders → payments"])
    }

    @Test("What failed and was well again before explains nothing")
    mutating func recoveredBefore() {
        fleet.call("edge", "orders", .open, age: 10)
        fleet.call("orders", "inventory") { $0.recover(began: 60, ended: 20) }
        #expect(fleet.cascade.summary == ["root edge → orders"])
    }

    @Test("What nobody calls any more is no root of now, unless it explains what fails now")
    mutating func idle() {
        fleet.call("orders", "payments", .open, age: 60) { $0.figures[.lastCall] = ($0.up ?? 0) - 40_000 }
        #expect(fleet.cascade.summary == ["idle orders → payments"])
        #expect(reason().hasPrefix("open since 60 s; nobody calls it now, the last call came 40 s ago"))
        fleet.call("edge", "orders", .open, age: 55)
        #expect(fleet.cascade.summary == ["root orders → payments < edge → orders"])
        #expect(reason().contains("nobody calls it now"))
    }

    @Test("Roots of one target are one finding, with its callers and what the first of them was told")
    mutating func oneTarget() throws {
        fleet.call("gateway", "inventory", .open, age: 10, circuit: "catalog")
        fleet.call("orders", "inventory", .open, age: 20, circuit: "reserve") { fixture in
            let error = TripError(type: "BackendError", message: "inventory: HTTP 503", count: 16)
            fixture.trip = Trip(at: 0, rule: "x", calls: 30, failed: 20, errors: [error])
        }
        fleet.call("edge", "orders", .open, age: 5)
        fleet.call("orders", "mail", .open, age: 300)
        let finding = try #require(fleet.cascade.findings.first { $0.count > 1 })
        #expect(finding.verdict == .root && finding.callers == 2)
        #expect(finding.edges.map(\.caller) == ["gateway", "orders"])
        #expect(finding.explains.map(\.caller) == ["edge"])
        #expect(
            finding.reason.hasPrefix(
                "2 open of 2, the first since 20 s; 20/30 calls failed, 16× “inventory: HTTP 503”; nobody"))
        #expect(fleet.cascade.findings.contains { $0.verdict == .root && $0.count == 1 })
    }

    @Test("A hub is judged within a bounded number of looks at each edge", arguments: [false, true])
    mutating func hub(isLater: Bool) {
        let count = 5_000
        for number in 0..<count {
            // Either the hub's own calls failed first, or all that call it.
            let age = Double(number % 50)
            fleet.call("in\(number)", "hub", .open, age: isLater ? 200 + age : 20 + age / 100)
            fleet.call("hub", "out\(number)", .open, age: isLater ? 20 + age : 100 + age)
        }
        var search = CascadeSearch(fleet.map)
        search.run()
        #expect(search.roles.count == 2 * count)
        #expect(search.steps <= 2 * count * 4 * CallsBehind.maximumCauses)
    }

    @Test("A stale edge where it decides makes the answer unknown; what failed beyond it is a root all the same")
    mutating func staleBetween() {
        fleet.call("edge", "orders", .open, age: 30)
        fleet.call("orders", "payments") { $0.standing = .stale(.closed, .none) }
        fleet.call("payments", "db", .open, age: 60)
        #expect(fleet.cascade.summary == ["root payments → db", "unknown edge → orders"])
        #expect(reason(1).contains("nothing is heard of orders → payments"))
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
        #expect(reason().hasPrefix("half-open since at least 5.0 s"))
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
            while let cause = role.cause, steps <= map.edges.count {
                (edge, role, steps) = (cause, cascade.roles[cause] ?? .root, steps + 1)
            }
            #expect(steps <= map.edges.count, "explanations never go in a circle")
            #expect(causes.contains(edge), "each leads to a finding")
        }
        #expect(cascade.findings.allSatisfy { !$0.reason.isEmpty && !$0.edges.isEmpty })
        #expect(cascade.findings.allSatisfy { $0.mayExplain.isSubset(of: $0.explains) })
        #expect(MapTree(map).lines.count >= map.nodes.count)
    }
}

extension CascadeAnalysis.Role {
    fileprivate var cause: DependencyMap.EdgeKey? {
        switch self {
        case .explained(let cause), .mayFollow(let cause): cause
        case .root, .unknown: nil
        }
    }

    /// Whether it is said for sure that another edge explains it.
    fileprivate var isSure: Bool { if case .explained = self { true } else { false } }
}

extension ViewFixture {
    /// Somebody forced it open so long ago.
    mutating func force(seconds: Milliseconds) {
        let state: CircuitState = if case .calculated(let state) = standing { state } else { .closed }
        standing = .forced(.forcedOpen, calculated: state)
        override = CircuitOverride(
            mode: .forcedOpen, revision: 1, principal: "uid 7", claimed: "ann", reason: "INC-42",
            since: (up ?? 0) - seconds * 1_000)
    }

    /// It left closed and came back so many seconds ago.
    fileprivate mutating func recover(began: Milliseconds, ended: Milliseconds) {
        let up = up ?? 0
        transitions = [
            ViewFixture.change(1, at: up - began * 1_000, from: .closed, to: .open),
            ViewFixture.change(2, at: up - ended * 1_000 - 1, from: .open, to: .halfOpen),
            ViewFixture.change(3, at: up - ended * 1_000, from: .halfOpen, to: .closed),
        ]
    }
}
