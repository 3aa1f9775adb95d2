// SPDX-License-Identifier: Apache-2.0

/// Runs an operation under several policies, outermost first.
///
/// ```swift
/// try await withPolicies(retry, breaker, timeout) { try await fetch() }
/// ```
/// Here each attempt of the retry asks the breaker, and each admitted attempt has the time limit to itself. Without
/// policies the operation just runs.
///
/// - Throws: What the outermost policy lets through.
public func withPolicies<each P: Policy, Value: Sendable>(
    _ policies: repeat each P,
    operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    var chain: [any Policy] = []
    for policy in repeat each policies { chain.append(policy) }
    return try await nest(chain, around: operation)()
}

/// Runs an operation under several policies with a fallback around them all.
///
/// - Throws: What the fallback throws, or lets through (see ``Fallback``).
public func withPolicies<each P: Policy, Value: Sendable>(
    _ fallback: Fallback<Value>,
    _ policies: repeat each P,
    operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    var chain: [any Policy] = []
    for policy in repeat each policies { chain.append(policy) }
    return try await fallback.run(nest(chain, around: operation))
}

/// The operation wrapped from the inside out, so that the first policy is the outermost.
private func nest<Value: Sendable>(
    _ policies: [any Policy], around operation: @escaping @Sendable () async throws -> Value
) -> @Sendable () async throws -> Value {
    policies.reversed().reduce(operation) { inner, policy in { try await policy.run(inner) } }
}
