// SPDX-License-Identifier: Apache-2.0

/// Runs an operation again when it fails in a way that another attempt may cure.
///
/// The last attempt's own error is thrown, unchanged. A breaker's rejection is not retried unless
/// ``Configuration/retriesRejections`` says so: an open circuit asks to be left alone. When a breaker refuses a later
/// attempt, the rejection carries the error of the attempt before as its ``ResilienceError/cause``.
public struct Retry: Policy {
    /// How often, when and after what to try again.
    public struct Configuration: Sendable {
        /// The most attempts, the first among them: 1…100.
        public var attempts: Int
        /// The pause before each retry.
        public var backoff: Backoff
        /// How chance spreads the pause.
        public var jitter: Jitter
        /// Whether a rejection by a breaker may be retried.
        public var retriesRejections: Bool
        /// Whether another attempt may cure an error. It is not asked about rejections, nor about `CancellationError`,
        /// which is never retried.
        public var isTransient: @Sendable (any Error) -> Bool

        /// Creates a configuration; by default 3 attempts, 100 ms doubling up to 2 s, full jitter, every error.
        public init(
            attempts: Int = 3,
            backoff: Backoff = .exponential(first: .milliseconds(100), cap: .seconds(2)),
            jitter: Jitter = .full,
            retriesRejections: Bool = false,
            isTransient: @escaping @Sendable (any Error) -> Bool = { _ in true }
        ) {
            self.attempts = attempts
            self.backoff = backoff
            self.jitter = jitter
            self.retriesRejections = retriesRejections
            self.isTransient = isTransient
        }
    }

    /// What this retry does.
    public let configuration: Configuration
    private let timeline: Timeline
    private let random: RandomSource
    private let observer: (any RetryObserver)?

    /// Creates a retry.
    ///
    /// - Parameters:
    ///   - configuration: How often, when and after what; its `attempts` must lie within 1…100.
    ///   - timeline: Where pauses are slept.
    ///   - random: Where jitter comes from.
    public init(
        _ configuration: Configuration = Configuration(), timeline: Timeline = .system, random: RandomSource = .system
    ) {
        self.init(configuration, timeline: timeline, random: random, observer: nil)
    }

    init(_ configuration: Configuration, timeline: Timeline, random: RandomSource, observer: (any RetryObserver)?) {
        let attempts = configuration.attempts
        precondition((1...100).contains(attempts), "attempts must lie within 1…100 (is \(attempts))")
        self.configuration = configuration
        self.timeline = timeline
        self.random = random
        self.observer = observer
    }

    /// Runs an operation, again if need be.
    ///
    /// - Throws: The last attempt's error; `CancellationError` at once when the task is cancelled in a pause.
    public func run<Value>(_ operation: () async throws -> Value) async throws -> Value {
        var attempt = 1
        var previous: (any Error)?
        while true {
            do {
                let value = try await operation()
                if attempt > 1 { observer?.saved() }
                return value
            } catch {
                let refused = (error as? ResilienceError)?.isRejection == true
                guard mayRetry(error, refused: refused, attempt: attempt) else {
                    throw refused ? Self.rejection(error, after: previous) : error
                }
                previous = error
            }
            let pause = configuration.backoff.pause(beforeRetry: attempt)
            try await timeline.sleep(for: configuration.jitter.spread(pause, using: random))
            try Task.checkCancellation()
            attempt += 1
            observer?.retrying()
        }
    }

    private func mayRetry(_ error: any Error, refused: Bool, attempt: Int) -> Bool {
        if error is CancellationError || Task.isCancelled { return false }
        if refused && !configuration.retriesRejections { return false }
        if attempt >= configuration.attempts {
            if attempt > 1 { observer?.exhausted(attempts: attempt, error: error) }
            return false
        }
        if refused || configuration.isTransient(error) { return true }
        observer?.denied()
        return false
    }

    private static func rejection(_ error: any Error, after previous: (any Error)?) -> any Error {
        guard var rejection = error as? ResilienceError, rejection.cause == nil else { return error }
        rejection.cause = previous
        return rejection
    }
}

/// What a circuit wants to know of its retry.
protocol RetryObserver: Sendable {
    /// An attempt after the first begins.
    func retrying()
    /// A later attempt succeeded.
    func saved()
    /// The last attempt failed too.
    func exhausted(attempts: Int, error: any Error)
    /// The classifier refused another attempt.
    func denied()
}
