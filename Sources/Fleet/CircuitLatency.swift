// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// How long a circuit's calls took: since its process began, and lately.
package struct CircuitLatency: Sendable, Hashable {
    /// How far back "lately" reaches at least, in milliseconds of the service's clock; at most twice as far.
    package static let window: Milliseconds = 5_000

    private struct Reading: Sendable, Hashable {
        var up: Milliseconds
        var calls: LatencyHistogram
    }

    private var newest: Reading
    private var mark: Reading
    private var base: Reading

    package init(_ calls: LatencyHistogram, up: Milliseconds) {
        newest = Reading(up: up, calls: calls)
        mark = newest
        base = newest
    }

    /// All calls since the process began.
    package var total: LatencyHistogram { newest.calls }

    /// When the newest reading was taken, on the service's monotonic clock.
    package var up: Milliseconds { newest.up }

    /// The calls of the last ``window``, or since the first reading when that is later.
    package var recent: LatencyHistogram { newest.calls.since(base.calls) }

    /// How long ``recent`` is, in milliseconds of the service's clock; 0 after the first reading.
    package var span: Milliseconds { newest.up.saturatingDifference(base.up) }

    /// Takes a newer reading. One that is older than the newest starts anew: the peer's clock went back.
    package mutating func take(_ calls: LatencyHistogram, up: Milliseconds) {
        guard up >= newest.up else { return self = CircuitLatency(calls, up: up) }
        newest = Reading(up: up, calls: calls)
        guard up.saturatingDifference(mark.up) >= Self.window else { return }
        base = mark
        mark = newest
    }
}

extension CircuitLatency {
    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        for reading in [\Self.newest, \.mark, \.base] {
            try memento.exchange(&self[keyPath: reading].up)
            try self[keyPath: reading].calls.exchange(with: &memento)
        }
    }
}
