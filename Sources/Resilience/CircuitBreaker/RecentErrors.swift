// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// An error as a breaker keeps it: its type and its redacted text, never the error itself.
struct ErrorNote: Sendable, Hashable {
    var type: String
    var message: String

    init(_ error: any Error, redact: @Sendable (String) -> String) {
        type = String(describing: Swift.type(of: error))
        message = String(redact(String(describing: error)).prefix(TripError.maximumMessageLength))
    }

    init(type: String, message: String) {
        self.type = type
        self.message = message
    }
}

/// The last failures' errors, so that a trip can tell what they were.
struct RecentErrors: Sendable {
    private struct Entry: Sendable {
        var note: ErrorNote
        var at: UInt64
    }

    private static let capacity = 16

    private var entries: [Entry] = []
    private var next = 0

    mutating func record(_ note: ErrorNote, at now: UInt64) {
        let entry = Entry(note: note, at: now)
        if entries.count < Self.capacity {
            entries.append(entry)
        } else {
            entries[next] = entry
            next = (next + 1) % Self.capacity
        }
    }

    mutating func clear() {
        entries.removeAll(keepingCapacity: true)
        next = 0
    }

    /// The errors since a moment, newest first, equal ones counted together, at most ``Trip/maximumErrors`` kinds.
    func summary(since start: UInt64) -> [TripError] {
        var kinds: [TripError] = []
        for age in entries.indices.reversed() {
            let entry = entries[(next + age) % entries.count]
            guard entry.at >= start else { continue }
            let note = entry.note
            if let known = kinds.firstIndex(where: { $0.type == note.type && $0.message == note.message }) {
                kinds[known].count += 1
            } else if kinds.count < Trip.maximumErrors {
                kinds.append(TripError(type: note.type, message: note.message))
            }
        }
        return kinds
    }
}
