// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

/// Looking through all circuits, again and again, in steps that no key has to wait for.
extension Dashboard {
    /// The circuits that are looked at in one go: a few milliseconds.
    static let surveyStep = 1_000
    /// The circuits that may be looked at in a second, one round after the other.
    private static let surveyRate = 40_000

    mutating func surveyIfDue() -> [Effect] {
        if survey == nil, isSurveyDue { beginSurvey() }
        return goOnSurveying()
    }

    /// The table is put in order with each second of the clock, and where something happened with the next tick; of a large
    /// fleet as often as is cheap.
    private var isSurveyDue: Bool {
        // A moment of the past is looked at when it comes.
        guard transport == nil else { return surveyed == nil }
        let leastAge = min(1_000, Milliseconds(roster.totals.circuits) * 1_000 / Milliseconds(Self.surveyRate))
        guard let last = surveyed else { return true }
        guard fleet.now.up.saturatingDifference(last.at.up) >= leastAge else { return false }
        return last.news != fleet.news || last.at.t / 1_000 != fleet.now.t / 1_000
    }

    /// What the table shall show has changed: it is shown at once, or as soon as all circuits have been looked at.
    mutating func surveyAnew() -> [Effect] {
        isSurveyAsked = true
        return surveyNow()
    }

    mutating func surveyNow() -> [Effect] {
        beginSurvey()
        return goOnSurveying()
    }

    private mutating func beginSurvey() {
        surveyed = (fleet.now, fleet.news)
        survey = Survey(of: fleet, by: table.plan)
    }

    mutating func goOnSurveying() -> [Effect] {
        guard var current = survey else { return [] }
        // Not held twice while it works, so that nothing is copied.
        survey = nil
        repeat {
            if let roster = current.step(over: fleet, circuits: Self.surveyStep) {
                finish(roster)
                return []
            }
        } while current.count <= Self.surveyStep
        survey = current
        return [.goOn]
    }

    private mutating func finish(_ roster: Roster) {
        if markedIn != fleet.membership {
            // Marks go over to the process that took a circuit's place, and stay on what is gone: the dialog says so.
            table.marks = Set(table.marks.map(fleet.heir))
            markedIn = fleet.membership
        }
        hasNoMatch = roster.count == 0
        // A filter that is half typed does not empty the table.
        let isKept = isFilterTyped && hasNoMatch
        if isKept { self.roster.totals = roster.totals } else { self.roster = roster }
        if transport == nil {
            flows.record(roster.totals, at: fleet.now.up)
            operations.fleetArrivals = roster.totals.callsPerSecond
        }
        // What the operator asked for is shown, whatever keys came since.
        let isAsked = isSurveyAsked
        isSurveyAsked = false
        if isAsked { table.release() }
        guard !isKept else { return }
        table.arrange(roster, in: fleet, at: now.up)
        // Who changes the filter sees what becomes of the cursor.
        if isAsked { table.forgetLeft() }
        keepSelectionInSight()
    }
}

extension FleetModel {
    /// Rises when something happened, or circuits came or went.
    fileprivate var news: Int { events.total + membership }
}
