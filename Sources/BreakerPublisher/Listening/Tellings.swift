// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// Lets a few log lines through in ten seconds, of a kind that strangers can cause, for each client, and counts the others.
///
/// By client, so that nobody hides what happens to others by causing the same; a few, as their reasons may differ.
struct Tellings: Sendable {
    enum Topic: Sendable, Hashable {
        /// Somebody found no place.
        case crowd
        /// Somebody did not come through the TLS handshake.
        case handshake
    }

    private struct Telling: Sendable {
        var begun: Milliseconds
        var count = 0
        /// How many of those before were kept back.
        var keptBack = 0

        mutating func tell(now: Milliseconds) -> Int? {
            if now - begun >= period { (begun, count) = (now, 0) }
            count += 1
            guard count <= most else {
                keptBack += 1
                return nil
            }
            defer { keptBack = 0 }
            return keptBack
        }
    }

    /// How many are told in a period.
    static let most = 5
    /// A period, in milliseconds.
    static let period: Milliseconds = 10_000
    /// The most clients of a topic that are told apart; those beyond count as one.
    static let maximumClients = 256

    private var crowds = Self.table
    private var handshakes = Self.table

    private static var table: BoundedTable<Seats.Client, Telling> {
        BoundedTable(maximumCount: maximumClients, shared: .unknown)
    }

    /// - Returns: how many were kept back since the last one that was told; `nil` = this one is as well.
    mutating func tell(_ topic: Topic, of client: Seats.Client, now: Milliseconds) -> Int? {
        switch topic {
        case .crowd: Self.tell(client, in: &crowds, now: now)
        case .handshake: Self.tell(client, in: &handshakes, now: now)
        }
    }

    private static func tell(
        _ client: Seats.Client, in table: inout BoundedTable<Seats.Client, Telling>, now: Milliseconds
    ) -> Int? {
        table.update(client, initial: Telling(begun: now), isIdle: { now - $0.begun >= period }) { $0.tell(now: now) }
    }
}
