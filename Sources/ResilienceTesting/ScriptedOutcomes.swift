// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A dependency that behaves as written: each call takes the next outcome of a script.
public final class ScriptedOutcomes<Value: Sendable>: Sendable {
    private let script: Mutex<(next: Int, results: [Result<Value, any Error>])>

    /// Creates a script. The last outcome repeats once the others are used up.
    ///
    /// - Parameter results: At least one.
    public init(_ results: [Result<Value, any Error>]) {
        precondition(!results.isEmpty, "a script needs at least one outcome")
        script = Mutex((0, results))
    }

    /// How often it was called.
    public var calls: Int { script.withLock { $0.next } }

    /// The next outcome.
    ///
    /// - Throws: The error of the outcome, where it is one.
    public func call() throws -> Value {
        let result = script.withLock { script in
            defer { script.next += 1 }
            return script.results[min(script.next, script.results.count - 1)]
        }
        return try result.get()
    }
}

/// An error for tests, equal to itself.
public struct ScriptedError: Error, Hashable, CustomStringConvertible {
    /// What it says.
    public var description: String

    /// Creates an error.
    public init(_ description: String = "scripted") {
        self.description = description
    }
}
