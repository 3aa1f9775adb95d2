// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// What a circuit was as far as anybody could see.
package enum ShownState: UInt8, Sendable, Hashable, CaseIterable {
    // From the best to the worst.
    /// Nothing was heard of it.
    case unknown
    case closed, forcedClosed, halfOpen, forcedOpen, open

    init(_ row: CircuitRow) {
        switch (row.overrideMode, row.state) {
        case (.forcedOpen, _): self = .forcedOpen
        case (.forcedClosed, _): self = .forcedClosed
        case (_, .closed): self = .closed
        case (_, .halfOpen): self = .halfOpen
        case (_, .open): self = .open
        case (_, nil): self = .unknown
        }
    }

    package var word: String {
        switch self {
        case .unknown: "not known"
        case .closed: "closed"
        case .forcedClosed: "forced closed"
        case .halfOpen: "half-open"
        case .forcedOpen: "forced open"
        case .open: "open"
        }
    }

    /// One character, different for each.
    package var glyph: Character {
        switch self {
        case .unknown: "?"
        case .closed: "·"
        case .forcedClosed: "c"
        case .halfOpen: "◐"
        case .forcedOpen: "F"
        case .open: "■"
        }
    }

    /// Whether an operator or the rule keeps it from being simply closed.
    var isTrouble: Bool { self != .closed && self != .unknown }
}

/// The states of a circuit, one after the other. Bounded: of what changed back within less than can be seen, the worst stays.
package struct TimeStrip: Sendable, Hashable {
    package struct Stretch: Sendable, Hashable {
        package var from: Milliseconds
        package var state: ShownState
    }

    package private(set) var stretches: [Stretch]
    /// Nothing shorter is kept.
    let finest: Milliseconds

    init(from start: Milliseconds, _ state: ShownState, finest: Milliseconds) {
        stretches = [Stretch(from: start, state: state)]
        self.finest = max(1, finest)
    }

    /// From then on it is this.
    mutating func append(_ state: ShownState, at: Milliseconds) {
        guard let last = stretches.last else { return }
        // A short one that is worse is drawn a little longer than it was; a short one that is better is not drawn.
        if at < last.from {
            stretches[stretches.count - 1].state = state
        } else if at - last.from < finest, stretches.count > 1 || at == last.from {
            if state.rawValue >= last.state.rawValue {
                stretches[stretches.count - 1].state = state
            } else {
                stretches.append(Stretch(from: last.from + finest, state: state))
            }
        } else if state != last.state {
            stretches.append(Stretch(from: at, state: state))
        }
        let count = stretches.count
        if count > 1, stretches[count - 1].state == stretches[count - 2].state { stretches.removeLast() }
    }

    /// The worst that it was between two moments; nothing from the second one on counts.
    package func worst(from: Milliseconds, to: Milliseconds) -> ShownState {
        var worst = ShownState.unknown
        for (index, stretch) in stretches.enumerated() where stretch.from < to || index == 0 {
            let end = index + 1 < stretches.count ? stretches[index + 1].from : .max
            if end > from, stretch.state.rawValue > worst.rawValue { worst = stretch.state }
        }
        return worst
    }

    /// Its stretches with their ends.
    package func spans(until end: Milliseconds) -> [(from: Milliseconds, to: Milliseconds, state: ShownState)] {
        stretches.enumerated().compactMap { index, stretch in
            let next = index + 1 < stretches.count ? stretches[index + 1].from : end
            return stretch.from < min(next, end) ? (stretch.from, min(next, end), stretch.state) : nil
        }
    }
}
