// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import Testing

@testable import breakertop

@Suite struct OrderTests {
    private func order(_ action: CommandAction) -> Order {
        Order(action: action, lifetime: action.isForce ? .limited(600_000) : nil, reason: "why", claimed: "ann")
    }

    @Test("A command holds only for the override that was looked at")
    func guarded() throws {
        var shop = Shop.standard()
        shop.rows("orders-1", [Shop.row(1, revision: 7)])
        let view = try #require(try shop.view("orders-1/payments.charge"))
        let command = order(.forceOpen).command(for: view, id: "id")
        #expect(command.ifOverrideRevision == 7)
        #expect((command.boot, command.circuit, command.lifetime) == ("boot of orders-1", 1, .limited(600_000)))
        #expect((command.reason, command.claimed) == ("why", "ann"))
    }

    @Test("A force is read back when the override is another one than before, even of the same kind")
    func forceReadBack() throws {
        var shop = Shop.standard()
        shop.rows("orders-1", [Shop.row(1, .closed, .forcedOpen, revision: 1)])
        let before = try #require(try shop.view("orders-1/payments.charge"))
        #expect(!order(.forceOpen).isReadBack(in: before, before: before, seq: 1))
        shop.rows("orders-1", [Shop.row(1, .closed, .forcedOpen, revision: 2)])
        let after = try #require(try shop.view("orders-1/payments.charge"))
        #expect(order(.forceOpen).isReadBack(in: after, before: before, seq: 1))
        #expect(!order(.forceClosed).isReadBack(in: after, before: before, seq: 1))
        #expect(!order(.clear).isReadBack(in: after, before: before, seq: 1))
    }

    @Test("A probe that failed at once is read back from its event")
    func probeReadBack() throws {
        var shop = Shop.standard()
        shop.rows("orders-1", [Shop.row(1, .open)])
        let before = try #require(try shop.view("orders-1/payments.charge"))
        #expect(!order(.probe).isReadBack(in: before, before: before, seq: 4))
        let probing = StateChange(from: .open, to: .halfOpen, generation: 2, cause: .probeCommand)
        let failing = StateChange(from: .halfOpen, to: .open, generation: 3, cause: .probeFailed)
        shop.say("orders-1", .event(shop.event(.state(probing), seq: 5), replayed: false))
        shop.say("orders-1", .event(shop.event(.state(failing), seq: 6), replayed: false))
        let after = try #require(try shop.view("orders-1/payments.charge"))
        #expect(after.row.state == .open)
        #expect(order(.probe).isReadBack(in: after, before: before, seq: 4))
        #expect(!order(.probe).isReadBack(in: after, before: before, seq: 7), "that was an earlier one")
    }

    @Test(
        "A reset is read back once the circuit is closed, or from its event",
        arguments: [CircuitState?.some(.halfOpen), .open, nil])
    func resetReadBack(state: CircuitState?) throws {
        var shop = Shop.standard()
        shop.rows("orders-1", [Shop.row(1, state)])
        let before = try #require(try shop.view("orders-1/payments.charge"))
        #expect(!order(.reset).isReadBack(in: before, before: before, seq: 4))
        var closed = shop
        closed.rows("orders-1", [Shop.row(1, .closed)])
        let after = try #require(try closed.view("orders-1/payments.charge"))
        #expect(order(.reset).isReadBack(in: after, before: before, seq: 4))
        // It has opened again by the time one looks.
        let reset = StateChange(from: .halfOpen, to: .closed, generation: 2, cause: .reset)
        shop.say("orders-1", .event(shop.event(.state(reset), seq: 5), replayed: false))
        shop.rows("orders-1", [Shop.row(1, .open)])
        let opened = try #require(try shop.view("orders-1/payments.charge"))
        #expect(order(.reset).isReadBack(in: opened, before: before, seq: 4))
        #expect(!order(.reset).isReadBack(in: opened, before: before, seq: 7), "that was an earlier one")
    }

    @Test("No answer is neither done nor refused: JSON says unknown, and null for whether it is done")
    func unknownOutcome() throws {
        let view = try #require(try Shop.standard().view("payments-1/bank"))
        func result(_ outcome: Result<Int64, CommandError>) -> ActionResult {
            ActionResult(view, .reset, outcome, latency: 1)
        }
        var unknown = result(.failure(CommandError(.noAnswer, "no answer within 5 s")))
        unknown.read_back = true
        #expect(!unknown.isDone, "somebody else may have done it")
        let json = try JSONText.encode(unknown)
        #expect(json.contains(#""ok":null,"outcome":"unknown""#))
        #expect(unknown.line.hasPrefix("reset payments-1/bank: not known: no answer within 5 s (no_answer)"))
        let refused = result(.failure(CommandError(.notConnected, "there is no connection")))
        #expect(try JSONText.encode(refused).contains(#""ok":false,"outcome":"refused""#))
        #expect(try JSONText.encode(result(.success(3))).contains(#""ok":true,"outcome":"done""#))
    }

    @Test("Who forces a circuit of a service that keeps no overrides is told so", arguments: [true, false, nil])
    func lostAtRestart(keeps: Bool?) throws {
        var shop = Shop()
        shop.connect("orders", "orders-1", circuits: ["x"], keepsOverrides: keeps)
        let view = try #require(try shop.view("orders-1/x"))
        var result = ActionResult(view, .forceOpen, .success(1), latency: 1)
        result.read_back = true
        result.standing = "forced open"
        let doubt = "a restart may lose it"
        #expect(result.line.hasSuffix("now forced open; \(doubt)") == (keeps == false))
        let briefing = Briefing(order: order(.forceOpen), circuits: [view]).line(view)
        #expect(briefing.contains(doubt) == (keeps == false))
        #expect(!Briefing(order: order(.clear), circuits: [view]).line(view).contains(doubt))
        let word = keeps.map(String.init) ?? "null"
        #expect(try JSONText.encode(result).contains(#""keeps_overrides":\#(word)"#))
        #expect(try JSONText.encode(CircuitListing.Entry(view: view)).contains(#""keeps_overrides":\#(word)"#))
        // Said anew with each connection.
        shop.connect("orders", "orders-1", circuits: ["x"], keepsOverrides: true)
        #expect(try shop.view("orders-1/x")?.identity.keepsOverrides == true)
    }

    @Test("The briefing tells the present state, who holds it, what is refused, and what a service will not do")
    func briefing() throws {
        var shop = Shop.standard()
        shop.connect("odd", "odd-1", circuits: ["x"], actions: [.clear])
        shop.rows("orders-1", [Shop.row(1, calls: 100)])
        shop.wait(1_000)
        shop.rows("orders-1", [Shop.row(1, calls: 142)])
        let slot = CircuitOverride(
            mode: .forcedClosed, revision: 1, principal: "uid 1", claimed: "bob", reason: "test", since: 0, until: nil)
        let rule = RuleDescription(name: RuleDescription.failureRatio)
        shop.say("orders-2", .circuit(CircuitDescription(id: 1, name: "payments.charge", rule: rule, override: slot)))
        shop.rows("orders-2", [Shop.row(1, .open, .forcedClosed, revision: 1)])
        let circuits = ["orders-1/payments.charge", "orders-2/payments.charge", "odd-1/x"].compactMap {
            try? shop.view($0)
        }
        let lines = Briefing(order: order(.forceOpen), circuits: circuits).lines()
        #expect(lines.count == 5)
        #expect(lines[0] == "force open for 10 min: every call is refused; reason “why”")
        #expect(lines[1] == "  orders/orders-1/payments.charge, now closed, 42.0 calls/s would be refused")
        #expect(lines[2].contains("now forced closed, by bob (uid 1): “test”, until cleared"))
        #expect(order(.forceOpen).replaced(on: circuits[0]) == nil)
        #expect(
            order(.forceOpen).replaced(on: circuits[1])
                == "orders-2/payments.charge is forced closed by bob (uid 1): “test”, until cleared")
        #expect(order(.clear).replaced(on: circuits[1])?.contains("forced closed by bob") == true)
        #expect(lines[3].hasSuffix("will be refused: its service cannot do that"))
        #expect(lines[4].hasPrefix("3 circuits of 2 services"))
        #expect(
            Briefing(order: order(.clear), circuits: circuits).lines(limit: 1)[2] == "  and 2 more; --dry-run shows all"
        )
    }

    @Test("A circuit that is forced or failed a probe still says why it opened at first")
    func whyItOpened() throws {
        var shop = Shop.standard()
        func open(seq: Int64) -> Event.Kind {
            let probe = Trip(at: 5_000 + seq, rule: "probe_failed", calls: 1, failed: 1)
            return .state(StateChange(from: .halfOpen, to: .open, generation: seq, cause: .probeFailed, trip: probe))
        }
        shop.say("orders-1", .event(shop.event(opening(), seq: 1), replayed: false))
        shop.say("orders-1", .event(shop.event(open(seq: 2), seq: 2), replayed: false))
        let why = "failure ratio 56% ≥ 50%: 14 of 25 calls; a probe failed since"
        #expect(CircuitLine.text(try #require(try shop.view("orders-1/payments.charge"))).hasSuffix(why))
        let slot = CircuitOverride(mode: .forcedOpen, revision: 1, principal: "uid 1", claimed: "ann", since: 5_000)
        let force = OverrideChange(from: .none, to: slot, cause: .command)
        shop.say("orders-1", .event(shop.event(.override(force), seq: 3), replayed: false))
        let line = CircuitLine.text(try #require(try shop.view("orders-1/payments.charge")))
        #expect(
            line.contains("forced open") && line.hasSuffix("by ann (uid 1), until cleared; it opened because \(why)"))
    }
}
