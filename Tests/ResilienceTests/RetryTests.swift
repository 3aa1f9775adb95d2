// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Resilience
import ResilienceTesting
import Synchronization
import Testing

@Suite("Retry", .timeLimit(.minutes(1)))
struct RetryTests {
    private static let twice = Retry.Configuration(attempts: 3, backoff: .none, jitter: .none)

    private static func outcomes(_ letters: String) -> ScriptedOutcomes<String> {
        ScriptedOutcomes(letters.map { $0 == "o" ? .success("done") : .failure(ScriptedError(String($0))) })
    }

    @Test(
        "Pauses before jitter",
        arguments: [
            (Backoff.none, 1, Duration.zero),
            (.constant(.milliseconds(70)), 9, .milliseconds(70)),
            (.exponential(first: .milliseconds(100), cap: .seconds(2)), 1, .milliseconds(100)),
            (.exponential(first: .milliseconds(100), cap: .seconds(2)), 2, .milliseconds(200)),
            (.exponential(first: .milliseconds(100), cap: .seconds(2)), 5, .milliseconds(1_600)),
            (.exponential(first: .milliseconds(100), cap: .seconds(2)), 6, .seconds(2)),
            (.exponential(first: .milliseconds(100), cap: .seconds(2)), 100, .seconds(2)),
            (.exponential(first: .nanoseconds(1), cap: .seconds(9_000_000_000)), 63, .nanoseconds(1 << 62)),
            (.exponential(first: .nanoseconds(1), cap: .seconds(9_000_000_000)), Int.max, .seconds(9_000_000_000)),
        ])
    func backoff(_ backoff: Backoff, retry: Int, pause: Duration) {
        #expect(backoff.pause(beforeRetry: retry) == pause)
    }

    @Test(
        "Jitter stays within its bounds and reaches near both",
        arguments: [
            (Jitter.none, 1_000, 1_000), (.full, 0, 1_000), (.equal, 500, 1_000),
            (.proportional(0.25), 750, 1_250), (.proportional(0), 1_000, 1_000), (.proportional(1), 0, 2_000),
        ])
    func jitter(_ jitter: Jitter, lowest: Int, highest: Int) throws {
        let random = RandomSource.seeded(42)
        let drawn = (1...2_000).map { _ in jitter.spread(.milliseconds(1_000), using: random) }
        let least = try #require(drawn.min())
        let most = try #require(drawn.max())
        #expect(least >= .milliseconds(lowest))
        #expect(most <= .milliseconds(highest))
        let slack = Duration.milliseconds((highest - lowest) / 20)
        #expect(least <= .milliseconds(lowest) + slack)
        #expect(most >= .milliseconds(highest) - slack)
        #expect(jitter.spread(.zero, using: random) == .zero)
        _ = jitter.spread(.seconds(Int64.max), using: random)
    }

    @Test(
        "Attempts",
        arguments: [
            ("o", 1, "done"), ("abo", 3, "done"), ("abcd", 3, "c"), ("bo", 2, "done"), ("afatal", 2, "f"),
        ])
    func attempts(_ letters: String, calls: Int, ending: String) async {
        var configuration = Self.twice
        configuration.isTransient = { ($0 as? ScriptedError)?.description != "f" }
        let script = Self.outcomes(letters)
        let result: String
        do {
            result = try await Retry(configuration).run { try script.call() }
        } catch {
            result = String(describing: error)
        }
        #expect(result == ending)
        #expect(script.calls == calls)
    }

    @Test("A pause is slept on the timeline, jitter drawn from the source")
    func pauses() async throws {
        let clock = ManualClock()
        let script = Self.outcomes("abo")
        let retry = Retry(
            .init(backoff: .exponential(first: .milliseconds(100)), jitter: .full), timeline: clock.timeline,
            random: RandomSource { .max })
        async let answer = retry.run { try script.call() }
        await clock.waitForSleepers()
        #expect(script.calls == 1)
        clock.advance(by: .milliseconds(99))
        #expect(clock.sleeperCount == 1)
        clock.advance(by: .milliseconds(1))
        await clock.waitForSleepers()
        #expect(script.calls == 2)
        clock.advance(by: .milliseconds(200))
        #expect(try await answer == "done")
    }

    @Test("Cancellation ends a pause at once")
    func cancelledInPause() async {
        let clock = ManualClock()
        let script = Self.outcomes("a")
        let retry = Retry(.init(backoff: .constant(.seconds(3_600))), timeline: clock.timeline)
        let task = Task { try await retry.run { try script.call() } }
        await clock.waitForSleepers()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(script.calls == 1)
        #expect(clock.sleeperCount == 0)
    }

    @Test("A cancelled call is not tried again", arguments: [true, false])
    func cancelledCall(byError: Bool) async {
        let calls = Atomic(0)
        let retry = Retry(Self.twice)
        let task = Task {
            try await retry.run {
                calls.wrappingAdd(1, ordering: .relaxed)
                if byError { throw CancellationError() }
                withUnsafeCurrentTask { $0?.cancel() }
                throw ScriptedError()
            }
        }
        let error = await #expect(throws: (any Error).self) { try await task.value }
        #expect(byError ? error is CancellationError : error is ScriptedError, "the call's own error, \(error as Any)")
        #expect(calls.load(ordering: .relaxed) == 1)
    }

    @Test("A rejection is not retried, unless told, and carries the error before it")
    func rejections() async throws {
        let breaker = CircuitBreaker("test", .init(rule: .consecutiveFailures(2)), timeline: ManualClock().timeline)
        let script = Self.outcomes("abc")
        let error = await #expect(throws: ResilienceError.self) {
            try await withPolicies(Retry(.init(attempts: 5, backoff: .none)), breaker) { try script.call() }
        }
        #expect(script.calls == 2)
        #expect(error?.code == .rejected)
        #expect((error?.cause as? ScriptedError)?.description == "b")
        let tries = Atomic(0)
        let stubborn = Retry(.init(attempts: 4, backoff: .none, retriesRejections: true))
        await #expect(throws: ResilienceError.self) {
            try await stubborn.run {
                tries.wrappingAdd(1, ordering: .relaxed)
                try await breaker.run {}
            }
        }
        #expect(tries.load(ordering: .relaxed) == 4)
    }
}
