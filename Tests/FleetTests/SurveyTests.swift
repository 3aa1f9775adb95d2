// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@testable import Fleet

/// Looking through all circuits in steps.
@Suite struct SurveyTests {
    private func world() -> FleetModelTests.World {
        var world = FleetModelTests.World()
        world.connect("b", service: "beta", boot: "1", circuits: 7)
        world.connect("a", service: "alpha", boot: "2", circuits: 5)
        world.connect("c", service: "gamma", boot: "3", circuits: 40)
        world.sample("b", up: 5_250, calls: 200, state: .open, circuits: 2)
        world.sample("c", up: 5_250, calls: 500, state: .halfOpen, circuits: 3)
        return world
    }

    private func survey(_ model: FleetModel, by plan: SurveyPlan, step: Int) -> Roster {
        var survey = Survey(of: model, by: plan)
        for _ in 0..<10_000 {
            if let roster = survey.step(over: model, circuits: step) { return roster }
        }
        Issue.record("it never ends")
        return Roster()
    }

    private func names(_ roster: Roster, _ model: FleetModel) -> [String] {
        roster.groups.flatMap(\.members).compactMap { member in
            model.key(of: member.handle).map { "\($0.instance.service)/\($0.name)" }
        }
    }

    @Test("However small the steps, the order is that of sorting everything at once", arguments: [1, 2, 3, 7, 1_000])
    func steps(step: Int) {
        let model = world().model
        let expected = model.circuits().sorted(by: CircuitOrder.urgentFirst).map {
            "\($0.key.instance.service)/\($0.key.name)"
        }
        #expect(names(survey(model, by: SurveyPlan(), step: step), model) == expected)
    }

    @Test("It counts what it sees as the model does")
    func totals() {
        let model = world().model
        let roster = survey(model, by: SurveyPlan(query: CircuitQuery(plainWords: "alpha")), step: 3)
        #expect(roster.totals == model.totals(), "whatever the table shows")
        #expect(roster.count == 5)
    }

    @Test("What nobody knows comes last, whichever way the order goes", arguments: [true, false])
    func unknownLast(isDescending: Bool) {
        let model = world().model
        let plan = SurveyPlan(isDescending: isDescending) { view in
            view.identity.service == "alpha" ? .unknown : SortValue(view.row[.calls])
        }
        let order = names(survey(model, by: plan, step: 4), model)
        #expect(order.suffix(5).allSatisfy { $0.hasPrefix("alpha/") })
        #expect(order.first?.hasPrefix(isDescending ? "gamma/" : "beta/") == true)
    }

    @Test("Groups come in the order of their first members, with sums of their own", arguments: [1, 1_000])
    func groups(step: Int) {
        let model = world().model
        let roster = survey(model, by: SurveyPlan(grouping: .service), step: step)
        #expect(roster.groups.map(\.key.service) == ["beta", "gamma", "alpha"])
        #expect(roster.groups.map(\.totals.open) == [2, 0, 0])
        #expect(roster.groups.map(\.members.count) == [7, 40, 5])
    }

    @Test("Faults only leaves out what is closed")
    func faults() {
        let model = world().model
        #expect(survey(model, by: SurveyPlan(isFaultsOnly: true), step: 10).count == 5)
    }

    @Test("A process that goes or comes while it looks is no trap")
    func movingGround() {
        var world = world()
        var survey = Survey(of: world.model, by: SurveyPlan())
        #expect(survey.step(over: world.model, circuits: 6) == nil)
        world.say("c", .source(.removed))
        world.say("c", .source(.connecting))
        world.connect("d", service: "delta", boot: "4", circuits: 3)
        world.say("b", .circuit(gone(3)))
        var roster: Roster?
        for _ in 0..<100 where roster == nil { roster = survey.step(over: world.model, circuits: 6) }
        #expect(roster != nil)
    }

    private func gone(_ id: Int64) -> CircuitDescription {
        CircuitDescription(
            id: id, name: "circuit-\(id)", rule: RuleDescription(name: RuleDescription.failureRatio), isGone: true)
    }
}
