// SPDX-License-Identifier: Apache-2.0

public import BreakerTelemetry

/// What opens a circuit. Only a failure can: a success never does, whatever the counts.
public struct Rule: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case consecutiveFailures(Int64)
        case failureRatio(thousandths: Int64, minimumCalls: Int64, window: UInt64)
    }

    let kind: Kind

    /// Opens at so many failures in a row.
    ///
    /// - Parameter count: At least 1.
    public static func consecutiveFailures(_ count: Int) -> Rule {
        precondition(count >= 1, "consecutive failures must be at least 1 (is \(count))")
        return Rule(kind: .consecutiveFailures(Int64(count)))
    }

    /// Opens when failed / calls ≥ ratio over a rolling window that holds enough calls.
    ///
    /// The ratio is compared in whole thousandths, failed × 1000 ≥ ratio × 1000 × calls, so that 3 of 5 is 0.6 exactly.
    /// The window has ten buckets; the oldest leaves as a whole.
    ///
    /// - Parameters:
    ///   - ratio: 0.001…1, rounded to thousandths.
    ///   - minimumCalls: How many finished calls the window must hold; at least 1.
    ///   - window: Its length; at least 10 ms.
    public static func failureRatio(
        _ ratio: Double, minimumCalls: Int = 5, window: Duration = .seconds(10)
    ) -> Rule {
        precondition((0.001...1).contains(ratio), "a failure ratio must lie within 0.001…1 (is \(ratio))")
        precondition(minimumCalls >= 1, "minimumCalls must be at least 1 (is \(minimumCalls))")
        precondition(window >= .milliseconds(10), "a window must be at least 10 ms (is \(window.brief))")
        let thousandths = Int64((ratio * 1_000).rounded())
        return Rule(
            kind: .failureRatio(
                thousandths: thousandths, minimumCalls: Int64(minimumCalls), window: window.nanoseconds))
    }

    /// The rule as monitors see it.
    public var description: RuleDescription {
        switch kind {
        case .consecutiveFailures(let count):
            RuleDescription(name: RuleDescription.consecutiveFailures, threshold: count)
        case .failureRatio(let thousandths, let minimumCalls, let window):
            RuleDescription(
                name: RuleDescription.failureRatio, threshold: thousandths, minimumCalls: minimumCalls,
                window: Milliseconds(clamping: window / 1_000_000))
        }
    }

    /// How far back the errors go that a trip tells about, in nanoseconds; `nil` when time plays no part.
    var memory: UInt64? {
        if case .failureRatio(_, _, let window) = kind { window } else { nil }
    }

    /// An empty window for this rule; `nil` when it needs none.
    func makeWindow() -> RollingWindow? {
        memory.map(RollingWindow.init(length:))
    }

    /// Whether a failure that is already counted opens the circuit.
    func fires(window: RollingWindow.Counts?, consecutiveFailed: Int64) -> Bool {
        switch kind {
        case .consecutiveFailures(let count):
            return consecutiveFailed >= count
        case .failureRatio(let thousandths, let minimumCalls, _):
            guard let window, window.calls >= minimumCalls else { return false }
            return window.failed * 1_000 >= thousandths * window.calls
        }
    }
}
