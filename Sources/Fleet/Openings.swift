// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// How often a circuit opened of late.
package struct Openings: Sendable, Hashable {
    /// How far back "of late" reaches.
    package static let window: Milliseconds = 600_000

    /// Openings that are known of.
    package let count: Int
    /// Whether there may have been more: what is known does not reach back as far.
    package let isAtLeast: Bool
    /// The most that there can have been, of a process that was watched since before it was as old as the window; `nil` = that
    /// is not known.
    package let most: Int?

    init(count: Int, isAtLeast: Bool, most: Int? = nil) {
        self.count = count
        self.isAtLeast = isAtLeast
        self.most = most
    }
}

extension CircuitView {
    /// How often the calculated state went to open within the last ``Openings/window``.
    package var openings: Openings {
        guard let up else { return Openings(count: 0, isAtLeast: true) }
        let own = circuit.openings(up: up)
        // The process before may have opened as well.
        return instance.isSuccessor && up < Openings.window ? Openings(count: own.count, isAtLeast: true) : own
    }
}

extension Circuit {
    func openings(up: Milliseconds) -> Openings {
        let start = up.saturatingDifference(Openings.window)
        guard let total = row[.opened] else {
            return Openings(count: told(from: start, to: up), isAtLeast: true)
        }
        // Its boot is younger than the window, or nothing has changed within it.
        if start <= 0 { return Openings(count: Int(clamping: total), isAtLeast: false) }
        if let since = row[.stateSince], since <= start { return Openings(count: 0, isAtLeast: false) }
        guard let base = openingCounts.base(at: start) else {
            return Openings(count: told(from: start, to: up), isAtLeast: true)
        }
        let risen = max(0, total.saturatingDifference(base.total))
        if base.up <= start { return Openings(count: Int(clamping: risen), isAtLeast: false) }
        // It has not been open for longer than the window: that tells of one, though nobody saw it.
        let isOpen = row.state == .open && row[.stateSince] != nil
        let seen = max(isOpen ? 1 : 0, risen.saturatingSum(Int64(told(from: start, to: base.up))))
        let count = min(total, seen)
        // When its boot becomes older than the window the figure was exact a moment ago: all of them may still be of late.
        let most = base.up <= Openings.window && count < total ? Int(clamping: total) : nil
        return Openings(count: Int(clamping: count), isAtLeast: count < total, most: most)
    }

    /// The openings within a stretch of time of which an event told.
    private func told(from start: Milliseconds, to end: Milliseconds) -> Int {
        transitions.count { transition in
            guard case .state(let change) = transition.kind, change.to == .open, change.from != .open else {
                return false
            }
            return (start...max(start, end)).contains(transition.at.up)
        }
    }
}

/// What a circuit's counter of openings stood at within ``Openings/window``, on the service's monotonic clock.
struct OpeningCounts: Sendable {
    struct Reading: Sendable {
        var up: Milliseconds
        var total: Int64
    }

    static let capacity = 64

    /// The first reading that is known; in place, since most circuits never get another one.
    private var first: Reading?
    /// The later ones that differ from the one before, oldest first.
    private var rises: [Reading] = []

    /// Takes a reading. A clock or a counter that fell starts anew.
    mutating func record(_ total: Int64?, up: Milliseconds) {
        guard let total, let last = rises.last ?? first, up >= last.up, total >= last.total else {
            first = total.map { Reading(up: up, total: $0) }
            return rises.removeAll()
        }
        guard total > last.total else { return }
        rises.append(Reading(up: up, total: total))
        let start = up.saturatingDifference(Openings.window)
        while let oldest = rises.first, oldest.up <= start || rises.count > Self.capacity {
            first = oldest
            rises.removeFirst()
        }
    }

    /// The newest reading that is not after a moment, or else the oldest one.
    func base(at start: Milliseconds) -> Reading? { rises.last { $0.up <= start } ?? first }
}

extension OpeningCounts {
    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        try memento.exchange(&first, blank: Reading(up: 0, total: 0)) { (reading, memento) throws(MementoError) in
            try memento.exchange(&reading.up)
            try memento.exchange(&reading.total)
        }
        try memento.exchange(&rises, atMost: Self.capacity, blank: Reading(up: 0, total: 0)) {
            (reading, memento) throws(MementoError) in
            try memento.exchange(&reading.up)
            try memento.exchange(&reading.total)
        }
    }
}
