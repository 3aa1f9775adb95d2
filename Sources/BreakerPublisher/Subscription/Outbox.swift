// SPDX-License-Identifier: Apache-2.0

import BreakerWire

/// The lines of one step, bounded: more is only made when a monitor has taken these.
struct Outbox: Sendable, Hashable {
    /// How many bytes may be in it when another line, or another piece of a sample, is added.
    static let room = 65_536

    private(set) var bytes: [UInt8] = []

    var isEmpty: Bool { bytes.isEmpty }
    var isFull: Bool { bytes.count >= Self.room }

    mutating func append(_ message: ServiceMessage) {
        MessageEncoder().append(message, to: &bytes)
    }
}
