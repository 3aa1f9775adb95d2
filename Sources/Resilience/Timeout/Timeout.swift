// SPDX-License-Identifier: Apache-2.0

/// A time limit for an operation.
///
/// When the limit passes, the operation's task is cancelled, its end is awaited, and ``ResilienceError/Code/timedOut``
/// is thrown whatever the operation returned by then. An operation that does not heed cancellation therefore holds its
/// caller for as long as it runs: nothing goes on behind the caller's back.
public struct Timeout: Policy {
    /// The limit.
    public let limit: Duration
    private let name: String
    private let timeline: Timeline

    /// Creates a time limit.
    ///
    /// - Parameters:
    ///   - limit: How long an operation may take; above zero.
    ///   - name: What error messages call the operation, such as a circuit's name.
    ///   - timeline: Where time comes from.
    public init(_ limit: Duration, name: String = "", timeline: Timeline = .system) {
        precondition(limit > .zero, "a timeout must be positive (is \(limit.brief))")
        self.limit = limit
        self.name = name
        self.timeline = timeline
    }

    /// Runs an operation within the limit.
    ///
    /// When the calling task is cancelled the operation is cancelled too and its own end decides.
    ///
    /// - Throws: What the operation throws, or ``ResilienceError/Code/timedOut``.
    public func run<Value: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Ending<Value>.self) { group in
            defer { group.cancelAll() }
            group.addTask { .finished(try await operation()) }
            group.addTask { [timeline, limit] in
                do {
                    try await timeline.sleep(for: limit)
                    return .limitPassed
                } catch {
                    return .sleepCancelled
                }
            }
            while let ending = try await group.next() {
                switch ending {
                case .finished(let value): return value
                case .limitPassed: throw passed
                // The caller was cancelled: the operation heard it as well, and its end is the answer.
                case .sleepCancelled: continue
                }
            }
            throw CancellationError()
        }
    }

    private enum Ending<Value: Sendable>: Sendable {
        case finished(Value)
        case limitPassed
        case sleepCancelled
    }

    private var passed: ResilienceError {
        let subject = name.isEmpty ? "" : "\(name): "
        return ResilienceError(.timedOut, circuit: name, message: "\(subject)no answer within \(limit.brief)")
    }
}
