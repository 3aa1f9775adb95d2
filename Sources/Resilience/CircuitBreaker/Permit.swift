// SPDX-License-Identifier: Apache-2.0

/// The right to make one call, to be given back with how it ended.
///
/// A permit that is dropped counts as ignored, so that no probe slot is ever lost.
public struct Permit: ~Copyable, Sendable {
    private let ticket: CircuitBreakerStateMachine.Ticket
    private let breaker: CircuitBreaker
    private var isReturned = false

    init(_ ticket: CircuitBreakerStateMachine.Ticket, of breaker: CircuitBreaker) {
        self.ticket = ticket
        self.breaker = breaker
    }

    deinit {
        if !isReturned { breaker.finish(ticket, .ignored) }
    }

    /// The dependency did its work.
    public consuming func succeed() {
        end(.succeeded)
    }

    /// The call failed; the breaker's classifier judges the error.
    public consuming func fail(_ error: any Error) {
        end(breaker.ending(for: error))
    }

    /// The call says nothing about the dependency.
    public consuming func ignore() {
        end(.ignored)
    }

    private mutating func end(_ ending: CircuitBreakerStateMachine.Ending) {
        isReturned = true
        breaker.finish(ticket, ending)
    }
}
