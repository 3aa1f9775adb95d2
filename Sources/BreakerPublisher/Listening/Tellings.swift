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

    private struct Key: Sendable, Hashable {
        var topic: Topic
        var client: Seats.Client
    }

    private struct Telling: Sendable {
        var begun: Milliseconds
        var count = 0
        /// How many of those before were kept back.
        var keptBack = 0
    }

    /// How many are told in a period.
    static let most = 5
    /// A period, in milliseconds.
    static let period: Milliseconds = 10_000
    /// The most that are told apart; those beyond count as one client.
    static let maximumClients = 256

    private var tellings: [Key: Telling] = [:]

    /// - Returns: how many were kept back since the last one that was told; `nil` = this one is as well.
    mutating func tell(_ topic: Topic, of client: Seats.Client, now: Milliseconds) -> Int? {
        let key = key(topic, client, now: now)
        var telling = tellings[key] ?? Telling(begun: now)
        defer { tellings[key] = telling }
        if now - telling.begun >= Self.period { (telling.begun, telling.count) = (now, 0) }
        telling.count += 1
        guard telling.count <= Self.most else {
            telling.keptBack += 1
            return nil
        }
        defer { telling.keptBack = 0 }
        return telling.keptBack
    }

    private mutating func key(_ topic: Topic, _ client: Seats.Client, now: Milliseconds) -> Key {
        let key = Key(topic: topic, client: client)
        if tellings[key] != nil { return key }
        if tellings.count >= Self.maximumClients { tellings = tellings.filter { now - $0.value.begun < Self.period } }
        return tellings.count < Self.maximumClients ? key : Key(topic: topic, client: .unknown)
    }
}
