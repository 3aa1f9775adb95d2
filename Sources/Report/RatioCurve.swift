// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import Fleet

/// What a circuit's rule saw: failures over calls in its window, or failures in a row. Bounded: the worst of each slot of time.
package struct RatioCurve: Sendable, Hashable {
    package struct Point: Sendable, Hashable {
        var slot: Int
        /// When it was that bad.
        package var at: Milliseconds
        /// A ratio, 0 to 1, or a number of failures in a row.
        package var value: Double
        package var failed: Int64
        /// Calls in the window; `nil` where the rule counts failures in a row.
        package var calls: Int64?
        /// Whether the window was empty before, as it is of an open circuit.
        var isFirst: Bool
    }

    package private(set) var points: [Point] = []
    private let start: Milliseconds
    private let slot: Milliseconds
    private var isEmpty = true

    /// The most points.
    static let resolution: Int64 = 240

    init(from start: Milliseconds, to end: Milliseconds) {
        self.start = start
        slot = max(1, end.saturatingDifference(start).saturatingSum(Self.resolution - 1) / Self.resolution)
    }

    /// Takes what a row tells at a moment.
    mutating func record(_ row: CircuitRow, of rule: RuleDescription, at: Milliseconds) {
        if let calls = row[.windowCalls], let failed = row[.windowFailed] {
            guard calls > 0, (0...calls).contains(failed) else { return isEmpty = true }
            record(Double(failed) / Double(calls), failed, calls, at)
        } else if rule.name == RuleDescription.consecutiveFailures, let failed = row[.consecutiveFailed], failed >= 0 {
            record(Double(failed), failed, nil, at)
        } else {
            isEmpty = true
        }
    }

    /// Takes what opened it: no row tells of that moment.
    mutating func record(_ trip: Trip, at: Milliseconds) {
        guard let calls = trip.calls, let failed = trip.failed, calls > 0, (0...calls).contains(failed) else { return }
        record(Double(failed) / Double(calls), failed, calls, at)
    }

    private mutating func record(_ value: Double, _ failed: Int64, _ calls: Int64?, _ at: Milliseconds) {
        let number = Int(max(0, at - start) / slot)
        defer { isEmpty = false }
        let last = points.last
        guard let last, last.slot >= number else {
            let point = Point(slot: number, at: at, value: value, failed: failed, calls: calls, isFirst: isEmpty)
            return points.append(point)
        }
        guard value > last.value || (value == last.value && calls ?? 0 > last.calls ?? 0) else { return }
        points[points.count - 1] = Point(
            slot: last.slot, at: at, value: value, failed: failed, calls: calls, isFirst: last.isFirst)
    }

    package var worst: Point? { points.max { $0.value < $1.value } }

    /// The points in runs, within which nothing was quiet for so long that the window ran empty.
    package func runs(window: Milliseconds?) -> [[Point]] {
        let longest = max(window ?? 0, 2_000) + 2 * slot
        var runs: [[Point]] = []
        for point in points {
            if let last = runs.last?.last, !point.isFirst, point.at - last.at <= longest {
                runs[runs.count - 1].append(point)
            } else {
                runs.append([point])
            }
        }
        return runs
    }
}
