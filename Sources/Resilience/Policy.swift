// SPDX-License-Identifier: Apache-2.0

/// A way to run an operation more safely: what `withPolicies` composes.
///
/// The result's type belongs to the call, so one policy value serves operations of every type.
public protocol Policy: Sendable {
    /// Runs an operation under this policy.
    ///
    /// - Throws: What the operation throws, or a ``ResilienceError`` of the policy.
    func run<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value
}
