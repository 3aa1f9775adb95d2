// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// What a circuit did in the last five minutes, in slots of five seconds of its service's monotonic clock.
///
/// Small on purpose, because every circuit has one: ten bytes a slot, and slots only from its first row on.
package struct CircuitHistory: Sendable {
    /// A slot's length.
    package static let period: Milliseconds = 5_000
    /// The most slots that are over and kept.
    package static let capacity = 60

    /// What a slot counts.
    package enum Flow: Int, Sendable, CaseIterable {
        case calls, failed, rejected, retries
    }

    /// Slots that are over, oldest first; the last one is the one before ``current``.
    private var slots: [Slot] = []
    /// The number of the slot that is going on: its start over ``period``.
    private var current: Int64 = 0
    private var tally = Tally()
    private var counts: RateWindow.Counts?

    package init() {}

    /// Takes a row, and its counters, as of a moment. What was added since the row before happened in the slot of this one.
    ///
    /// - Parameter window: how far back the rule's window reaches; `nil` = it is not one of time. A row need not come when it
    ///   runs empty.
    package mutating func record(
        _ new: RateWindow.Counts, of row: CircuitRow, up: Milliseconds, window: Milliseconds? = nil
    ) {
        let slot = max(0, up) / Self.period
        if counts == nil {
            begin(at: slot)
        } else if slot < current {
            // The peer's clock went back: nothing before it can be placed.
            self = CircuitHistory()
            current = slot
        } else {
            advance(to: slot, window: window)
        }
        tally.add(from: counts, to: new, row)
        counts = new
    }

    /// The connection was gone: what was counted meanwhile belongs to no slot.
    package mutating func interrupt() { counts = nil }

    private mutating func begin(at slot: Int64) {
        let isFirst = slots.isEmpty && tally.shade == .unknown
        guard !isFirst, slot >= current else {
            self = CircuitHistory()
            current = slot
            return
        }
        close(filling: slot) { _ in .unknown }
        tally = Tally()
    }

    private mutating func advance(to slot: Int64, window: Milliseconds?) {
        guard slot > current else { return }
        // Nothing arrived in between because nothing changed.
        let (old, last) = (tally, current)
        close(filling: slot) { old.idle(forgetsRatio: Self.isOver(window, from: last, to: $0)) }
        tally = Tally(ratio: tally.ratio, shade: .unknown)
    }

    /// Whether all that a window held in one slot has left it before another one begins.
    private static func isOver(_ window: Milliseconds?, from slot: Int64, to other: Int64) -> Bool {
        window.map { other - slot - 1 >= max(0, $0) / period } ?? false
    }

    private mutating func close(filling slot: Int64, with filler: (Int64) -> Slot) {
        guard slot > current else { return }
        slots.append(tally.slot)
        let first = max(current + 1, slot - Int64(Self.capacity))
        for missing in first..<slot { slots.append(filler(missing)) }
        if slots.count > Self.capacity { slots.removeFirst(slots.count - Self.capacity) }
        current = slot
    }

    // MARK: - Reading

    /// The newest values, oldest first, the last one of the slot that is going on at a moment; `nil` = not known.
    ///
    /// A flow is what was counted a second, averaged over the slot.
    package func values(of flow: Flow, count: Int, up: Milliseconds?) -> [Double?] {
        read(count, up: up, open: { self.rate(of: flow, up: $0) }) { $0.rate(flow) }
    }

    /// Failures over calls in the rule's window as each slot ended, 0…1; `window` as in ``record(_:up:window:)``.
    package func ratios(count: Int, up: Milliseconds?, window: Milliseconds? = nil) -> [Double?] {
        read(count, up: up, window: window, open: { _ in Slot.ratio(tally.ratio) }) { Slot.ratio($0.ratio) }
    }

    /// The worst that the circuit was in each slot.
    package func shades(count: Int, up: Milliseconds?) -> [CircuitShade] {
        read(count, up: up, open: { _ in tally.shade }) { $0.shade }.map { $0 ?? .unknown }
    }

    private func read<Value>(
        _ count: Int, up: Milliseconds?, window: Milliseconds? = nil, open: (Milliseconds) -> Value?,
        closed: (Slot) -> Value?
    ) -> [Value?] {
        let count = min(max(0, count), Self.capacity + 1)
        guard count > 0, let up else { return Array(repeating: nil, count: count) }
        let last = max(current, max(0, up) / Self.period)
        func value(_ index: Int64) -> Value? {
            if index == current { return open(up) }
            // Fresh and without a new row: nothing changed.
            if index > current {
                let isOver = Self.isOver(window, from: current, to: index)
                return tally.shade == .unknown ? nil : closed(tally.idle(forgetsRatio: isOver))
            }
            let place = slots.count - Int(current - index)
            return slots.indices.contains(place) ? closed(slots[place]) : nil
        }
        // A slot that has just begun says nothing yet: the one before stands for it.
        let isYoung = up.saturatingDifference(last * Self.period) < 1_000
        return (0..<count).map { position in
            let index = last - Int64(count - 1 - position)
            return index == last && isYoung ? value(index - 1) ?? value(index) : value(index)
        }
    }

    private func rate(of flow: Flow, up: Milliseconds) -> Double? {
        let elapsed = max(1_000, min(up.saturatingDifference(current * Self.period), Self.period))
        let sum = tally.sums[flow.rawValue]
        return sum < 0 ? nil : Double(sum) * 1_000 / Double(elapsed)
    }
}

/// What a circuit was in a stretch of time, the worst last.
package enum CircuitShade: UInt8, Sendable, Comparable, CaseIterable {
    case unknown, closed, forcedClosed, halfOpen, open, forcedOpen

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    init(_ row: CircuitRow) {
        self =
            switch (row.overrideMode, row.state) {
            case (.forcedOpen, _): .forcedOpen
            case (.forcedClosed, _): .forcedClosed
            case (_, .open): .open
            case (_, .halfOpen): .halfOpen
            case (_, .closed): .closed
            case (_, nil): .unknown
            }
    }
}

/// A slot that is over.
private struct Slot: Sendable {
    /// Rates as the upper half of a `Float`: three digits are plenty for a picture.
    var rates: (UInt16, UInt16, UInt16, UInt16)
    /// In percent; ``noRatio`` = unknown.
    var ratio: UInt8
    var shade: CircuitShade

    static let noRatio: UInt8 = 255
    private static let noRate: UInt16 = 0xFFFF
    static let unknown = Slot(sums: [-1, -1, -1, -1], ratio: noRatio, shade: .unknown)

    init(sums: InlineArray<4, Int64>, ratio: UInt8, shade: CircuitShade) {
        func pack(_ sum: Int64) -> UInt16 {
            guard sum >= 0 else { return Self.noRate }
            let rate = Float(sum) * 1_000 / Float(CircuitHistory.period)
            return UInt16(truncatingIfNeeded: rate.bitPattern >> 16)
        }
        rates = (pack(sums[0]), pack(sums[1]), pack(sums[2]), pack(sums[3]))
        self.ratio = ratio
        self.shade = shade
    }

    func rate(_ flow: CircuitHistory.Flow) -> Double? {
        let packed =
            switch flow {
            case .calls: rates.0
            case .failed: rates.1
            case .rejected: rates.2
            case .retries: rates.3
            }
        return packed == Self.noRate ? nil : Double(Float(bitPattern: UInt32(packed) << 16))
    }

    static func ratio(_ percent: UInt8) -> Double? { percent == noRatio ? nil : Double(percent) / 100 }
}

/// The slot that is going on.
private struct Tally: Sendable {
    /// Below 0 = unknown.
    var sums: InlineArray<4, Int64> = [-1, -1, -1, -1]
    var ratio = Slot.noRatio
    var shade = CircuitShade.unknown

    var slot: Slot { Slot(sums: sums, ratio: ratio, shade: shade) }

    /// What a slot is in which nothing was counted and nothing changed.
    func idle(forgetsRatio: Bool) -> Slot {
        Slot(sums: [0, 0, 0, 0], ratio: forgetsRatio ? Slot.noRatio : ratio, shade: shade)
    }

    mutating func add(from old: RateWindow.Counts?, to new: RateWindow.Counts, _ row: CircuitRow) {
        add(old?.calls, new.calls, to: 0)
        add(old?.failed, new.failed, to: 1)
        add(old?.rejected, new.rejected, to: 2)
        add(old?.retries, new.retries, to: 3)
        ratio = row.failureRatio.map { UInt8(min(100, max(0, ($0 * 100).rounded()))) } ?? Slot.noRatio
        shade = max(shade, CircuitShade(row))
    }

    /// The first count is where counting begins: it adds nothing, but from here on it is known.
    private mutating func add(_ before: Int64?, _ after: Int64?, to index: Int) {
        guard let after else { return }
        sums[index] = max(0, sums[index]).saturatingSum(max(0, after.saturatingDifference(before ?? after)))
    }
}

extension CircuitHistory {
    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        try memento.exchange(&slots, atMost: Self.capacity, blank: .unknown) { (slot, memento) throws(MementoError) in
            try slot.exchange(with: &memento)
        }
        // So far from the ends of the range that no arithmetic of slots overflows.
        try memento.exchange(&current, in: 0...(1 << 40))
        try tally.exchange(with: &memento)
        try memento.exchange(&counts, blank: RateWindow.Counts(CircuitRow(id: 0))) {
            (counts, memento) throws(MementoError) in
            try counts.exchange(with: &memento)
        }
    }
}

extension Slot {
    fileprivate mutating func exchange(with memento: inout Memento) throws(MementoError) {
        for rate in [\Self.rates.0, \.rates.1, \.rates.2, \.rates.3] {
            try memento.exchange(&self[keyPath: rate], in: 0...UInt16.max)
        }
        try memento.exchange(&ratio, in: 0...UInt8.max)
        try memento.exchange(choice: &shade)
    }
}

extension Tally {
    fileprivate mutating func exchange(with memento: inout Memento) throws(MementoError) {
        for index in sums.indices { try memento.exchange(&sums[index]) }
        try memento.exchange(&ratio, in: 0...UInt8.max)
        try memento.exchange(choice: &shade)
    }
}
