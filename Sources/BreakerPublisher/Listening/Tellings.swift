// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// Lets one log line through in ten seconds, of a kind that strangers can cause, for each client, and counts the others.
///
/// By client, so that nobody hides what happens to others by causing the same.
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
        var told: Milliseconds
        var keptBack = 0
    }

    /// How long after one the next one waits, in milliseconds.
    static let silence: Milliseconds = 10_000
    /// The most that are told apart; those beyond count as one client.
    static let maximumClients = 256

    private var tellings: [Key: Telling] = [:]

    /// - Returns: how many were kept back since the last one; `nil` = this one is as well.
    mutating func tell(_ topic: Topic, of client: Seats.Client, now: Milliseconds) -> Int? {
        let key = key(topic, client, now: now)
        if let last = tellings[key], now - last.told < Self.silence {
            tellings[key]?.keptBack += 1
            return nil
        }
        return tellings.updateValue(Telling(told: now), forKey: key)?.keptBack ?? 0
    }

    private mutating func key(_ topic: Topic, _ client: Seats.Client, now: Milliseconds) -> Key {
        let key = Key(topic: topic, client: client)
        if tellings[key] != nil { return key }
        if tellings.count >= Self.maximumClients { tellings = tellings.filter { now - $0.value.told < Self.silence } }
        return tellings.count < Self.maximumClients ? key : Key(topic: topic, client: .unknown)
    }
}
