// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerTelemetry
import Fleet
import Testing

@testable import breakertop

@Suite struct CheckTests {
    private func verdict(
        _ shop: Shop, _ selectors: String..., failOn: String? = nil, minimum: Int = 1
    ) throws -> CheckVerdict {
        CheckVerdict(
            shop.fleet, selectors: try selectors.map { try CircuitSelector($0) },
            failOn: try failOn.map { try ConcernSet($0) } ?? .standard, minimumSources: minimum)
    }

    @Test("All closed is fine; none at all is not")
    func fine() throws {
        #expect(try verdict(.standard()).status == .done)
        #expect(
            try verdict(.standard()).summary == "OK: 5 circuits, 3 services, none open, forced_open, stale, unknown")
        #expect(try verdict(Shop()).status == .nobody)
        #expect(try verdict(Shop(), minimum: 0).status == .done)
    }

    @Test(
        "Each state offends when it is asked for, and only then",
        arguments: [
            (CircuitState?.some(.open), OverrideMode.none, "open", "half_open,forced,stale,unknown"),
            (.halfOpen, .none, "half_open", "open,forced,stale,unknown"),
            (.closed, .forcedOpen, "forced_open", "open,half_open,forced_closed"),
            (.open, .forcedClosed, "forced_closed", "open,half_open,forced_open"),
            (.closed, .forcedOpen, "forced", "open"), (nil, .none, "unknown", "open,forced,stale"),
        ])
    func concerns(state: CircuitState?, mode: OverrideMode, word: String, others: String) throws {
        var shop = Shop.standard()
        shop.rows("orders-1", [Shop.row(1, state, mode)])
        let found = try verdict(shop, failOn: word)
        #expect(found.status == .notDone)
        #expect(found.offending.map(\.circuit.shortName) == ["orders-1/payments.charge"])
        #expect(try verdict(shop, failOn: others).status == .done)
        #expect(try verdict(shop, "stock", failOn: word).status == .done, "another circuit was asked about")
    }

    @Test("What offends hides no service that is missing")
    func shortfall() throws {
        var shop = Shop.standard()
        shop.rows("orders-1", [Shop.row(1, .open)])
        let found = try verdict(shop, minimum: 4)
        #expect(found.status == .notDone)
        #expect(found.summary == "FAILED: 1 open, at least 4 services expected; 5 circuits, 3 services")
    }

    @Test("A circuit whose state is not told is not fine")
    func unknown() throws {
        var shop = Shop.standard()
        shop.rows("orders-1", [Shop.row(1, nil)])
        #expect(try verdict(shop).status == .notDone)
        #expect(try verdict(shop).offending.map(\.concern) == [.unknown])
    }

    @Test("Silence is never taken for health")
    func stale() throws {
        var shop = Shop.standard()
        shop.wait(2_001)
        #expect(try verdict(shop).status == .notDone)
        #expect(try verdict(shop).offending.count == 5)
        #expect(try verdict(shop, failOn: "open").status == .nobody, "nobody was heard, whatever offends")
    }

    @Test("A service that does not answer offends as stale does; one too few is a matter of --min-sources")
    func troubles() throws {
        var shop = Shop.standard()
        shop.say("silent", .source(.connecting))
        #expect(try verdict(shop).status == .notDone)
        #expect(try verdict(shop).summary.contains("1 not reached"))
        #expect(try verdict(shop, failOn: "open").status == .done)
        #expect(try verdict(shop, minimum: 4).status == .nobody, "with too few it is not known what else is wrong")
        #expect(try verdict(.standard(), minimum: 4).status == .nobody)
        #expect(try verdict(.standard(), minimum: 3).status == .done)
        shop.rows("orders-1", [Shop.row(1, .open)])
        #expect(try verdict(shop, minimum: 9).status == .notDone, "what is known to be wrong is said first")
    }

    @Test("A service counts once, however many connections or processes there are of it")
    func twins() throws {
        var shop = Shop()
        shop.connect("orders", "orders-1", circuits: ["stock"])
        shop.connect("orders", "orders-1", circuits: ["stock"], over: "another way")
        shop.connect("orders", "orders-1", circuits: ["stock"], boot: "a twin", over: "a twin")
        #expect(shop.fleet.sources.count == 3)
        #expect(try verdict(shop, minimum: 1).status == .done)
        #expect(try verdict(shop, minimum: 2).status == .nobody)
    }

    @Test("A circuit that is asked for and not there is not fine")
    func unmatched() throws {
        #expect(try verdict(.standard(), "bank", "nothing").status == .noSuchCircuit)
        var shop = Shop.standard()
        shop.say("silent", .source(.connecting))
        let both = try verdict(shop, "nothing")
        #expect(both.status == .notDone)
        #expect(both.summary == "FAILED: 1 not reached, no circuit “nothing”; 0 circuits, 3 services")
        #expect(try verdict(shop, "nothing", minimum: 4).summary.hasSuffix("; no circuit “nothing”"))
    }

    @Test("A line says why its circuit offends once")
    func lines() throws {
        var shop = Shop.standard()
        shop.rows("orders-1", [Shop.row(1, .closed, .forcedOpen), Shop.row(2, nil)])
        let lines = try verdict(shop).offending.map { Check.line($0.circuit, $0.concern) }
        #expect(lines.first?.split(separator: " ").prefix(3) == ["forced", "open", "orders-1/payments.charge"])
        #expect(lines.last?.hasSuffix("  unknown") == true, "its state alone would not say it")
    }

    @Test("A state is understood as it is shown, too")
    func spellings() throws {
        #expect(try ConcernSet("half-open,forced-open") == ConcernSet("half_open,forced_open"))
        #expect(Concern.allCases.map(\.words).prefix(4) == ["open", "half-open", "forced open", "forced closed"])
    }

    @Test("Who stopped cannot be asked for: a look at what is there does not show it")
    func stopped() throws {
        let error = #expect(throws: ValidationError.self) { try ConcernSet("open,stopped") }
        #expect(error?.message.contains("--min-sources") == true)
        var shop = Shop.standard()
        shop.say("payments-1", .source(.stopped(reason: "deploy")))
        #expect(try verdict(shop, failOn: "open,half_open,forced,stale,unknown").status == .done)
        #expect(try verdict(shop, minimum: 3).status == .nobody)
    }

    @Test("A word that is no state is refused and named", arguments: ["opne", "", "open,", "open,,stale"])
    func words(text: String) {
        #expect(throws: (any Error).self) { try ConcernSet(text) }
    }
}
