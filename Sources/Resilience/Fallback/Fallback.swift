// SPDX-License-Identifier: Apache-2.0

/// Answers in place of a failed operation.
public struct Fallback<Value: Sendable>: Sendable {
    private let handles: @Sendable (any Error) -> Bool
    private let answer: @Sendable (any Error) async throws -> Value

    /// Creates a fallback that makes its answer from the error.
    ///
    /// - Parameters:
    ///   - handles: Which errors it answers; the others pass. By default all but `CancellationError`: nobody waits for
    ///     an answer in a cancelled task.
    ///   - answer: Makes the answer; what it throws replaces the error.
    public init(
        handling handles: @escaping @Sendable (any Error) -> Bool = { !($0 is CancellationError) },
        _ answer: @escaping @Sendable (any Error) async throws -> Value
    ) {
        self.handles = handles
        self.answer = answer
    }

    /// Creates a fallback that always answers the same, except in a cancelled task.
    public init(value: Value) {
        self.init { _ in value }
    }

    /// Runs an operation and answers in its place when it fails.
    ///
    /// - Throws: What the answer throws, or the operation's error where this fallback does not handle it.
    public func run(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
        do {
            return try await operation()
        } catch {
            guard handles(error) else { throw error }
            return try await answer(error)
        }
    }
}
