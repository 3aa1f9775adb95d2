// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// What an operator sees first about a circuit: whether what is known holds now, and what it is.
package enum CircuitStanding: Sendable, Hashable {
    /// The override decides; the calculated state stands beside it.
    case forced(OverrideMode, calculated: CircuitState?)
    case calculated(CircuitState)
    /// The service says nothing any more, or has not said yet: this never counts as closed.
    case stale(CircuitState?, OverrideMode)
    /// The service said goodbye.
    case stopped

    /// How urgently it wants to be looked at: 0 is the most urgent.
    package var urgency: Int {
        switch self {
        case .calculated(.open): 0
        case .calculated(.halfOpen): 1
        case .forced(.forcedOpen, _): 2
        case .forced: 3
        case .stale: 4
        case .calculated(.closed): 5
        case .stopped: 6
        }
    }
}

extension CircuitStanding {
    /// Every word that ``word`` may be, the most urgent first.
    package static let words = ["open", "half-open", "forced open", "forced closed", "stale", "closed", "stopped"]

    /// The standing in a word, as tables, filters and JSON say it.
    package var word: String {
        switch self {
        case .calculated(.closed): "closed"
        case .calculated(.halfOpen): "half-open"
        case .calculated(.open): "open"
        case .forced(.forcedClosed, _): "forced closed"
        case .forced: "forced open"
        case .stale: "stale"
        case .stopped: "stopped"
        }
    }
}

extension CircuitView {
    /// Whether the service says nothing about it any more.
    package var isSilent: Bool {
        switch standing {
        case .stale, .stopped: true
        case .forced, .calculated: false
        }
    }

    /// How urgently it wants to be looked at: a closed circuit whose override was lost, as much as a forced one.
    package var urgency: Int {
        isOverrideLost
            ? min(standing.urgency, CircuitStanding.forced(.forcedOpen, calculated: nil).urgency) : standing.urgency
    }
}

/// The order of a table of circuits: what wants to be looked at first, then by name.
package enum CircuitOrder {
    package static func urgentFirst(_ left: CircuitView, _ right: CircuitView) -> Bool {
        let (a, b) = (left.urgency, right.urgency)
        return a == b ? left.key < right.key : a < b
    }
}
