// SPDX-License-Identifier: Apache-2.0

import Resilience
import ResilienceTesting
import Synchronization
import Testing

@Suite("The manual clock", .timeLimit(.minutes(1)))
struct ManualClockTests {
    @Test("Sleepers wake when their time has come, and not before")
    func wakes() async throws {
        let clock = ManualClock(now: 0)
        let timeline = clock.timeline
        async let short: Void = timeline.sleep(for: .milliseconds(10))
        async let long: Void = timeline.sleep(for: .milliseconds(20))
        await clock.waitForSleepers(2)
        clock.advance(by: .milliseconds(9))
        #expect(clock.sleeperCount == 2)
        clock.advance(by: .milliseconds(1))
        try await short
        #expect(clock.sleeperCount == 1)
        clock.advance(by: .seconds(1))
        try await long
        #expect(timeline.now() == 1_010_000_000)
        #expect(timeline.wallClock() == ManualClock.epoch + 1_010)
        try await timeline.sleep(for: .zero)
        try await timeline.sleep(for: .seconds(-1))
    }

    @Test("A cancelled sleep ends at once, one in a cancelled task does not begin")
    func cancellation() async {
        let clock = ManualClock()
        let task = Task { try await clock.sleep(for: .seconds(1)) }
        await clock.waitForSleepers()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await clock.sleep(for: .seconds(1))
        }
        await #expect(throws: CancellationError.self) { try await late.value }
        #expect(clock.sleeperCount == 0)
    }

    @Test("The system's timeline runs, sleeps and is cancelled")
    func system() async {
        let timeline = Resilience.Timeline.system
        let before = timeline.now()
        #expect(timeline.wallClock() > ManualClock.epoch - 1)
        #expect(timeline.now() >= before)
        let task = Task { try await timeline.sleep(for: .seconds(3_600)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("A seed always draws the same")
    func seeds() {
        var first = SeededRandom(seed: 0)
        // The first output of SplitMix64 for seed 0, as published with the reference implementation.
        #expect(first.next() == 0xE220_A839_7B1D_CDAF)
        let a = RandomSource.seeded(7)
        let b = RandomSource.seeded(7)
        #expect((1...5).map { _ in a.next() } == (1...5).map { _ in b.next() })
    }

    @Test("A script gives its outcomes in turn and repeats the last")
    func script() throws {
        let script = ScriptedOutcomes<Int>([.success(1), .failure(ScriptedError())])
        #expect(try script.call() == 1)
        #expect(throws: ScriptedError.self) { try script.call() }
        #expect(throws: ScriptedError.self) { try script.call() }
        #expect(script.calls == 3)
    }
}
