// SPDX-License-Identifier: Apache-2.0

/// How a call ended, as a breaker judges it.
public enum Outcome: Sendable, Hashable, CaseIterable {
    /// The dependency did its work.
    case success
    /// The dependency failed.
    case failure
    /// It says nothing about the dependency: the caller gave up, or asked for nonsense.
    case ignored
}

extension CircuitBreaker {
    /// When a breaker opens, how long, and how it probes.
    public struct Configuration: Sendable {
        /// What opens the circuit.
        public var rule: Rule
        /// How long it stays open before a call may probe; above zero.
        public var openFor: Duration
        /// How many probe calls may be in flight at once in half-open; at least 1.
        public var probeLimit: Int
        /// How many probe calls must succeed in half-open for the circuit to close; at least 1. One that fails opens it
        /// again.
        public var probeNeed: Int
        /// Judges the errors of the operation. It runs outside the breaker's lock and may call the breaker.
        public var classify: @Sendable (any Error) -> Outcome
        /// Takes secrets out of an error's text before it is kept or published. It gets the text whole; 200 characters
        /// of what it returns are kept.
        public var redact: @Sendable (String) -> String

        /// Creates a configuration.
        ///
        /// By default a circuit opens at a failure ratio of 0.6 among at least 5 calls of the last 10 seconds, stays
        /// open for 4 seconds, and closes after 3 successful probe calls, 3 at once. Every error is a failure, except
        /// `CancellationError`, which is ignored.
        public init(
            rule: Rule = .failureRatio(0.6),
            openFor: Duration = .seconds(4),
            probeLimit: Int = 3,
            probeNeed: Int = 3,
            classify: @escaping @Sendable (any Error) -> Outcome = { $0 is CancellationError ? .ignored : .failure },
            redact: @escaping @Sendable (String) -> String = { $0 }
        ) {
            self.rule = rule
            self.openFor = openFor
            self.probeLimit = probeLimit
            self.probeNeed = probeNeed
            self.classify = classify
            self.redact = redact
        }

        func validate() {
            precondition(openFor > .zero, "openFor must be positive (is \(openFor.brief))")
            precondition(probeLimit >= 1, "probeLimit must be at least 1 (is \(probeLimit))")
            precondition(probeNeed >= 1, "probeNeed must be at least 1 (is \(probeNeed))")
        }
    }
}
