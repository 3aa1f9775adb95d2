// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Feeds
import Fleet
import Testing

@testable import breakertop

@Suite struct SnapshotTests {
    private static let identity = ServiceIdentity(service: "late", instance: "late-1", boot: "b")

    @Test(
        "A source that has not told all is waited for, then named, and offends", .timeLimit(.minutes(1)),
        arguments: [
            [SourcePhase.connecting], [.connecting, .greeted(identity, actions: [])],
            [.greeted(identity, actions: []), .subscribed(interval: 250, mayOperate: true)],
        ])
    func pending(phases: [SourcePhase]) async throws {
        let clock = MonitorClock()
        let collector = Collector(clock: clock)
        var shop = Shop()
        shop.now = clock.now()
        for observation in shop.connect("orders", "orders-1", circuits: ["x"]) { await collector.take(observation) }
        for phase in phases { await collector.take(shop.say("late", .source(phase))) }
        // Longer than a whole picture takes to count as one.
        let fleet = try await collector.settled(within: .milliseconds(300))
        #expect(await !collector.isSettled)
        #expect(fleet.troubles == ["late: no answer in time"])
        let selector = try CircuitSelector("x")
        #expect(fleet.troubles(hiding: [selector]).count == 1, "a change says it too")
        func check(_ minimum: Int) -> breakertop.ExitStatus {
            CheckVerdict(fleet, selectors: [], failOn: .standard, minimumSources: minimum).status
        }
        #expect(check(1) == .notDone)
        #expect(check(2) == .nobody)
    }

    @Test("Patience is spent only while something is missing", .timeLimit(.minutes(1)))
    func complete() async throws {
        let clock = MonitorClock()
        let collector = Collector(clock: clock)
        var shop = Shop()
        shop.now = clock.now()
        await collector.take(shop.say("late", .source(.connecting)))
        async let fleet = collector.settled(within: .seconds(600))
        for observation in shop.connect("late", "late", circuits: ["x"]) { await collector.take(observation) }
        #expect(try await fleet.troubles.isEmpty)
        #expect(Snapshot.patience >= .seconds(4), "connecting and the handshake may take 2 s each")
    }
}
