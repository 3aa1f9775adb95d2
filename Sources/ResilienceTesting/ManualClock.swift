// SPDX-License-Identifier: Apache-2.0

public import BreakerTelemetry
public import Resilience
import Synchronization

/// A clock that only a test moves: no test sleeps, and none depends on how busy the machine is.
public final class ManualClock: Sendable {
    private struct Sleeper: Sendable {
        var deadline: UInt64
        var number: Int
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct Waiter: Sendable {
        var count: Int
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State: Sendable {
        var now: UInt64
        var nextNumber = 0
        var sleepers: [Sleeper] = []
        var waiters: [Waiter] = []
    }

    /// Milliseconds since 1970 at reading zero: 2026-01-01 00:00 UTC.
    public static let epoch: Milliseconds = 1_767_225_600_000

    private let state: Mutex<State>

    /// Creates a clock at a reading in nanoseconds; by default one second, so that tests may also look back.
    public init(now: UInt64 = 1_000_000_000) {
        state = Mutex(State(now: now))
    }

    /// The reading in nanoseconds.
    public var now: UInt64 { state.withLock { $0.now } }

    /// How many tasks sleep on this clock.
    public var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    /// This clock as the policies want it.
    public var timeline: Timeline {
        Timeline(
            now: { self.now },
            wallClock: { Self.epoch + Milliseconds(clamping: self.now / 1_000_000) },
            sleep: { try await self.sleep(for: $0) }
        )
    }

    /// Moves the clock on and wakes those whose time has come, in the order of their deadlines, equal ones in the order
    /// in which they went to sleep. A task that goes to sleep again meanwhile counts from the new reading.
    ///
    /// - Parameter duration: How far; zero or more.
    public func advance(by duration: Duration) {
        precondition(duration >= .zero, "a clock moves forward only (was told \(duration))")
        let woken = state.withLock { state in
            let (seconds, attoseconds) = duration.components
            state.now += UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
            let now = state.now
            let due = state.sleepers.filter { $0.deadline <= now }
            state.sleepers.removeAll { $0.deadline <= now }
            return due.sorted { ($0.deadline, $0.number) < ($1.deadline, $1.number) }
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    /// Returns once at least so many tasks sleep on this clock: then it is time to move it.
    public func waitForSleepers(_ count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.waiters.append(Waiter(count: count, continuation: continuation))
                return false
            }
            if isReady { continuation.resume() }
        }
    }

    private enum Start {
        case asleep([Waiter])
        case over
        case cancelled
    }

    /// Sleeps until the clock has moved so far.
    ///
    /// - Throws: `CancellationError` at once when the task is cancelled before or during the sleep.
    public func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                begin(duration, number: number, continuation)
            }
        } onCancel: {
            cancel(number)
        }
    }

    private func begin(_ duration: Duration, number: Int, _ continuation: CheckedContinuation<Void, any Error>) {
        let start: Start = state.withLock { state in
            // A cancellation that came before this point found no sleeper to wake.
            if Task.isCancelled { return .cancelled }
            let (seconds, attoseconds) = duration.components
            guard seconds > 0 || attoseconds > 0 else { return .over }
            let deadline = state.now + UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
            state.sleepers.append(Sleeper(deadline: deadline, number: number, continuation: continuation))
            let count = state.sleepers.count
            let ready = state.waiters.filter { $0.count <= count }
            state.waiters.removeAll { $0.count <= count }
            return .asleep(ready)
        }
        switch start {
        case .over: continuation.resume()
        case .cancelled: continuation.resume(throwing: CancellationError())
        case .asleep(let ready):
            for waiter in ready { waiter.continuation.resume() }
        }
    }

    private func cancel(_ number: Int) {
        let sleeper = state.withLock { state in
            state.sleepers.firstIndex { $0.number == number }.map { state.sleepers.remove(at: $0) }
        }
        sleeper?.continuation.resume(throwing: CancellationError())
    }
}
