// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Feeds
import Fleet

/// Everything that a feed delivers while a test's body runs, in order.
struct ObservationLog {
    struct Ended: Error {}

    private var iterator: AsyncStream<Observation>.Iterator
    private(set) var seen: [Observation] = []

    /// Runs a feed beside a body.
    static func run(_ feed: some Feed, _ body: (inout ObservationLog) async throws -> Void) async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: Observation.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await feed.run { continuation.yield($0) }
                continuation.finish()
            }
            var log = ObservationLog(iterator: stream.makeAsyncIterator())
            try await body(&log)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// The first observation from here on that gives something.
    mutating func first<Found>(_ find: (Observation) -> Found?) async throws -> Found {
        while let observation = await iterator.next(isolation: #isolation) {
            seen.append(observation)
            if let found = find(observation) { return found }
        }
        throw Ended()
    }

    /// Waits for a phase of a source, by the words with which their descriptions end and begin.
    mutating func phase(_ wanted: String, of socket: String = "") async throws {
        try await first { observation -> Void? in
            guard case .source(let phase) = observation.fact else { return nil }
            return "\(phase)".hasPrefix(wanted) && observation.source.name.hasSuffix(socket) ? () : nil
        }
    }

    mutating func greeting() async throws -> ServiceIdentity {
        try await first {
            if case .source(.greeted(let identity, _)) = $0.fact { identity } else { nil }
        }
    }

    /// The first row from here on that satisfies.
    mutating func row(where isWanted: (CircuitRow) -> Bool) async throws -> CircuitRow {
        try await first {
            if case .sample(let sample, _) = $0.fact { sample.rows.first(where: isWanted) } else { nil }
        }
    }

    mutating func event<Found>(_ find: (Event.Kind) -> Found?) async throws -> Found {
        try await first {
            if case .event(let event, _) = $0.fact { find(event.kind) } else { nil }
        }
    }
}
