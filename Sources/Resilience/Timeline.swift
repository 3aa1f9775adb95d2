// SPDX-License-Identifier: Apache-2.0

public import BreakerTelemetry

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Where the policies get their time from: the system, or a test's manual clock.
///
/// One value instead of a generic clock, so that no policy's type depends on it.
public struct Timeline: Sendable {
    /// A monotonic reading in nanoseconds. Its zero means nothing; the policies look at differences only.
    ///
    /// A reading that goes back is taken as standing still.
    public var now: @Sendable () -> UInt64
    /// Milliseconds since 1970: for display, and for overrides that are kept over a restart.
    public var wallClock: @Sendable () -> Milliseconds
    private let pause: @Sendable (Duration) async throws -> Void

    /// Creates a timeline from its three functions.
    ///
    /// - Parameters:
    ///   - now: A monotonic reading in nanoseconds.
    ///   - wallClock: Milliseconds since 1970.
    ///   - sleep: Returns after a duration on the same clock; throws `CancellationError` at once when the task is
    ///     cancelled.
    public init(
        now: @escaping @Sendable () -> UInt64,
        wallClock: @escaping @Sendable () -> Milliseconds,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.wallClock = wallClock
        self.pause = sleep
    }

    /// Sleeps on this timeline.
    ///
    /// - Throws: `CancellationError`, at once, when the task is cancelled before or during the sleep.
    public func sleep(for duration: Duration) async throws {
        try await pause(duration)
    }

    /// The machine's clocks: `CLOCK_MONOTONIC` on Linux, which stands still while the machine sleeps, and the time of
    /// day.
    public static let system = Timeline(
        now: { start.duration(to: SuspendingClock.now).nanoseconds },
        wallClock: {
            var moment = timeval()
            // Cannot fail with these arguments; a failure would show as 1970.
            _ = gettimeofday(&moment, nil)
            return Milliseconds(moment.tv_sec) * 1_000 + Milliseconds(moment.tv_usec) / 1_000
        },
        sleep: { try await sleep(until: .now.advanced(by: $0)) }
    )

    /// Sleeps in stretches of a second: a cancelled `Task.sleep` holds a few hundred bytes until its time would have
    /// come, and there is one for each call that ends before its time limit.
    private static func sleep(until deadline: SuspendingClock.Instant) async throws {
        repeat {
            let next = SuspendingClock.now.advanced(by: .seconds(1))
            try await Task.sleep(until: min(deadline, next), clock: .suspending)
        } while SuspendingClock.now < deadline
    }

    private static let start = SuspendingClock.now
}
