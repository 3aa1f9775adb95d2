// SPDX-License-Identifier: Apache-2.0

public import BreakerTelemetry
import Synchronization

/// One protected dependency: fallback ∘ retry ∘ breaker ∘ timeout, published as one row.
///
/// Each attempt of the retry asks the breaker, each admitted attempt has the time limit to itself, and the fallback
/// answers when all of that failed. A ``Registry`` makes circuits.
public final class Circuit: Sendable {
    /// What protects a circuit.
    public struct Configuration: Sendable {
        /// When it opens and how it probes.
        public var breaker: CircuitBreaker.Configuration
        /// How failed calls are tried again; `nil` = not at all.
        public var retry: Retry.Configuration?
        /// The time limit of each attempt; `nil` = none.
        public var timeout: Duration?

        /// Creates a configuration; by default a breaker alone.
        public init(
            breaker: CircuitBreaker.Configuration = .init(), retry: Retry.Configuration? = nil,
            timeout: Duration? = nil
        ) {
            self.breaker = breaker
            self.retry = retry
            self.timeout = timeout
        }
    }

    /// Its number within the registry, never used again after it is gone.
    public let id: Int64
    /// Its name within the service.
    public let name: String
    /// What it calls.
    public let target: CircuitTarget
    /// Free labels.
    public let tags: [String: String]
    /// What protects it.
    public let configuration: Configuration
    /// The breaker, for overrides and for calls that do not fit into a closure.
    public let breaker: CircuitBreaker

    private let retry: Retry?
    private let timeout: Timeout?
    private let counters = CircuitCounters()

    init(
        id: Int64, name: String, target: CircuitTarget, tags: [String: String], configuration: Configuration,
        clock: BootClock, random: RandomSource, log: EventLog, keeper: OverrideKeeper?
    ) {
        self.id = id
        self.name = name
        self.target = target
        self.tags = tags
        self.configuration = configuration
        breaker = CircuitBreaker(name, configuration.breaker, clock: clock, id: id, log: log, keeper: keeper)
        timeout = configuration.timeout.map { Timeout($0, name: name, timeline: clock.timeline) }
        let observer = CircuitRetryObserver(
            counters: counters, log: log, circuit: id, clock: clock, redact: configuration.breaker.redact)
        retry = configuration.retry.map {
            Retry($0, timeline: clock.timeline, random: random, observer: observer)
        }
    }

    /// Runs an operation under the circuit's policies.
    ///
    /// - Throws: The last attempt's error, which may be a ``ResilienceError`` of the breaker or the time limit.
    public func run<Value: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let retry else { return try await attempt(operation) }
        return try await retry.run { try await attempt(operation) }
    }

    /// Runs an operation under the circuit's policies, and answers in its place when it fails.
    ///
    /// The fallback answers every error, `CancellationError` too, since the caller is promised a value.
    ///
    /// - Throws: What the fallback throws; a fallback that cannot fail needs no `try`.
    public func run<Value: Sendable, Failure: Error>(
        _ operation: @escaping @Sendable () async throws -> Value,
        fallback: (any Error) async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let cause: any Error
        do {
            return try await run(operation)
        } catch {
            cause = error
        }
        do {
            let answer = try await fallback(cause)
            counters.fallbacks.wrappingAdd(1, ordering: .relaxed)
            return answer
        } catch {
            counters.fallbacksFailed.wrappingAdd(1, ordering: .relaxed)
            throw error
        }
    }

    private func attempt<Value: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let timeout else { return try await breaker.run(operation) }
        return try await breaker.run { try await timeout.run(operation) }
    }

    /// The figures of this moment.
    public func row() -> CircuitRow {
        var row = CircuitRow(id: id)
        breaker.fill(&row)
        counters.fill(&row, hasRetry: retry != nil)
        return row
    }

    /// All that changes rarely, as monitors see it.
    public func describe() -> CircuitDescription {
        let settings = configuration.breaker
        let (override, trip) = breaker.description
        return CircuitDescription(
            id: id, name: name, target: target, tags: tags, rule: settings.rule.description,
            openTime: Milliseconds(clamping: settings.openFor.nanoseconds / 1_000_000),
            probeLimit: Int64(settings.probeLimit), probeNeed: Int64(settings.probeNeed),
            override: override, trip: trip)
    }
}
