// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
package import Fleet

/// What a recording holds of an incident, read once and kept small: what a report is made of.
///
/// All times are on the recording's own clock, in milliseconds since 1970, which never goes back.
package struct PostMortem: Sendable {
    package var file = ""
    package var program = ""
    package var isRedacted = false
    /// Whether the recording was ended in order.
    package var isEnded = true
    /// What all of the recording covers.
    package var recorded: ClosedRange<Milliseconds>
    /// What of it was looked at.
    package var span: ClosedRange<Milliseconds>

    package var services: [Service] = []
    /// Circuits that were seen, each counted once however often its process was started.
    package var circuits = 0
    package var totals = Totals()
    /// The circuits that had trouble, the worst ones only, in the order in which they are shown.
    package var lanes: [Lane] = []
    /// How many had trouble.
    package var troubled = 0
    /// Outages in the order in which they began, the first ``maximumOutages``.
    package var outages: [Outage] = []
    package var outageCount = 0
    /// The first ``maximumActions``.
    package var actions: [Action] = []
    package var actionCount = 0
    /// The first ``maximumLosses``.
    package var losses: [Loss] = []
    package var lossCount = 0

    /// The most circuits that are drawn.
    package static let maximumLanes = 40
    package static let maximumOutages = 500
    package static let maximumActions = 500
    package static let maximumLosses = 300
}

extension PostMortem {
    /// A process' name, whatever boot of it.
    package struct Place: Sendable, Hashable, Comparable {
        package var service: String
        package var instance: String

        package static func < (left: Place, right: Place) -> Bool {
            (left.service, left.instance) < (right.service, right.instance)
        }
    }

    package struct Service: Sendable, Hashable {
        package var name: String
        package var instances: Set<String> = []
        package var environments: Set<String> = []
        package var versions: Set<String> = []
    }

    /// What was counted within the span.
    package struct Totals: Sendable, Hashable {
        package var calls: Int64 = 0
        package var failed: Int64 = 0
        package var rejected: Int64 = 0
        package var rejectedForced: Int64 = 0

        package static func += (left: inout Totals, right: Totals) {
            left.calls = left.calls.saturatingSum(right.calls)
            left.failed = left.failed.saturatingSum(right.failed)
            left.rejected = left.rejected.saturatingSum(right.rejected)
            left.rejectedForced = left.rejectedForced.saturatingSum(right.rejectedForced)
        }
    }

    /// A circuit with what became of it.
    package struct Lane: Sendable {
        package var key: CircuitKey
        package var target: CircuitTarget
        package var rule: RuleDescription
        package var strip: TimeStrip
        package var curve: RatioCurve?
        package var outages: [Outage] = []
        /// Outages beyond those that are kept.
        package var moreOutages = 0
        package var totals = Totals()
        /// For how long it was forced.
        package var forced: Milliseconds = 0
        /// Operators acted on it.
        package var isOperated = false
        var firstTrouble: Milliseconds?
    }

    /// From leaving closed until closed again, whatever probes did meanwhile.
    package struct Outage: Sendable, Hashable {
        package enum End: Sendable, Hashable {
            case closed(StateChange.Cause?)
            /// Its process ended or was replaced.
            case gone
        }

        package var key: CircuitKey
        package var began: Milliseconds
        package var cause: StateChange.Cause?
        package var trip: Trip?
        package var rule: RuleDescription
        /// Whether it was open at all: after a force it may only have been half-open for a while.
        package var wasOpen = true
        /// How often it opened again before it closed.
        package var reopened = 0
        package var ended: Milliseconds?
        package var end: End?

        /// How long it lasted, up to a moment at most.
        package func length(until now: Milliseconds) -> Milliseconds { max(0, (ended ?? now) - began) }
    }

    /// What somebody did to a circuit, or what became of an override by itself.
    package struct Action: Sendable, Hashable {
        package enum What: Sendable, Hashable {
            case command(CommandAction)
            /// An override whose command nobody saw, such as one from before.
            case override(OverrideMode, OverrideChange.Cause?)
        }

        package enum End: Sendable, Hashable {
            case cleared(by: String)
            case expired
            /// Another override took its place.
            case replaced
            case lost
            case other(OverrideChange.Cause)
        }

        package var at: Milliseconds
        package var key: CircuitKey
        package var what: What
        package var principal: String
        package var claimed: String
        package var reason: String
        package var refusal: CommandError.Code?
        /// How long a force was meant to hold; `nil` = until cleared, or it is none.
        package var lifetime: Milliseconds?
        package var ended: Milliseconds?
        package var end: End?

        /// Whether an override holds because of it until it ends.
        package var isForce: Bool {
            switch what {
            case .command(let action): action.isForce && refusal == nil
            case .override(let mode, _): mode != .none
            }
        }
    }

    /// What was not seen, or not to be relied upon.
    package struct Loss: Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            case lost(reason: String)
            case stopped(reason: String)
            case silent
            case gap(count: Int64)
            case suppressed(kind: String, count: Int64)
            case unreadable(String)
            case tooMany(limit: Int)
            case twin
            case overrideLost
            case damage(String)
            /// Of the recording itself nothing is there, or can be read, until then.
            case missing
            /// The recorder's wall clock was put right by so much.
            case clock(Milliseconds)
        }

        package var at: Milliseconds
        /// Until when; `nil` = that is not known, or it was a moment.
        package var until: Milliseconds?
        /// Whether another process came in its place.
        package var isReplaced = false
        package var place: Place?
        package var circuit: String?
        package var kind: Kind
    }
}
