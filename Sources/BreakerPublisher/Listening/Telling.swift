// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// Lets one log line through in ten seconds, of a kind that strangers can cause, and counts the others.
struct Telling: Sendable {
    enum Topic: Sendable, Hashable {
        /// Somebody found no place.
        case crowd
        /// Somebody did not come through the TLS handshake.
        case handshake
    }

    /// How long after one the next one waits, in milliseconds.
    static let silence: Milliseconds = 10_000

    private var told: Milliseconds?
    private var keptBack = 0

    /// - Returns: how many were kept back since the last one; `nil` = this one is as well.
    mutating func tell(now: Milliseconds) -> Int? {
        if let told, now - told < Self.silence {
            keptBack += 1
            return nil
        }
        defer { (told, keptBack) = (now, 0) }
        return keptBack
    }
}
