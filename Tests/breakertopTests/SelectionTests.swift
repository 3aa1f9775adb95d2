// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Feeds
import Fleet
import Testing

@testable import breakertop

@Suite struct SelectionTests {
    private func select(_ texts: String..., in shop: Shop = .standard()) throws -> Selection {
        Selection(try texts.map { try CircuitSelector($0) }, among: shop.fleet.circuits())
    }

    private func names(_ selection: Selection) -> [String] { selection.circuits.map(\.shortName) }

    @Test(
        "A circuit is meant by its name, with its service, its instance or both before it",
        arguments: [
            ("bank", ["payments-1/bank"]), ("payments/bank", ["payments-1/bank"]),
            ("payments-1/bank", ["payments-1/bank"]),
            ("payments/payments-1/bank", ["payments-1/bank"]),
            ("orders/payments.charge", ["orders-1/payments.charge", "orders-2/payments.charge"]),
            (
                "*",
                [
                    "orders-1/payments.charge", "orders-2/payments.charge", "orders-1/stock", "orders-2/stock",
                    "payments-1/bank",
                ]
            ),
            ("orders-[12]/st*", ["orders-1/stock", "orders-2/stock"]),
            ("*/*-1/*k", ["orders-1/stock", "payments-1/bank"]),
            ("orders/orders-2/*", ["orders-2/payments.charge", "orders-2/stock"]),
        ])
    func meant(text: String, expected: [String]) throws {
        #expect(names(try select(text)) == expected)
    }

    @Test("A star in a name's pattern reaches no service: `o*` is not all of orders")
    func starsStayInTheirPart() throws {
        #expect(try select("o*").circuits.isEmpty)
        #expect(try select("orders*stock").circuits.isEmpty)
    }

    @Test("Only one circuit that is called by its name is changed without a question")
    func plain() throws {
        #expect(try select("bank").isPlain)
        #expect(try select("orders-1/stock").isPlain)
        #expect(try !select("ban[k]").isPlain, "a pattern, though it stands for one circuit only")
        #expect(try !select("stock").isPlain, "a name, but of two circuits")
        #expect(try !select("bank", "orders-1/stock").isPlain)
        #expect(try select("bank", "ban*").isPlain, "the pattern adds nothing to the name")
    }

    @Test(
        "A service that could not be asked may hold what is meant, unless the instance is named",
        arguments: [
            ("bank", true), ("payments/bank", true), ("ban*", true), ("payments-1/bank", false),
            ("payments/payments-1/bank", false), ("payments-1/ban*", true),
        ])
    func hidden(text: String, isHidden: Bool) throws {
        let selection = try select(text)
        #expect(Shop.standard().fleet.troubles(hiding: selection.open).isEmpty, "all were asked")
        for phase in [SourcePhase.connecting, .lost(reason: "no answer")] {
            var shop = Shop.standard()
            shop.say("mute", .source(phase))
            #expect(shop.fleet.troubles(hiding: selection.open).count == (isHidden ? 1 : 0))
        }
        var known = Shop.standard()
        known.say("orders-1", .source(.lost(reason: "cut")))
        #expect(known.fleet.troubles(hiding: selection.open).count == (text == "bank" || text == "ban*" ? 1 : 0))
        known = Shop.standard()
        known.wait(2_001)
        known.rows("payments-1", [])
        #expect(known.fleet.troubles(hiding: try select("stock").open).count == 2, "what is silent was not asked")
    }

    @Test(
        "Whose a socket in a folder is, its name tells: it may hold what is meant of that service",
        arguments: [
            ("bank", true), ("orders/bank", true), ("orders-3/bank", true), ("payments/bank", false), ("ban*", true),
            ("orders-1/stock", false), ("*/stock", true),
        ])
    func unreached(text: String, isHidden: Bool) throws {
        let selector = try CircuitSelector(text)
        for phase in [SourcePhase.died, .connecting, .lost(reason: "Permission denied")] {
            func shop(_ path: String, isFound: Bool) -> Shop {
                var shop = Shop.standard()
                shop.say(path, .source(phase))
                shop.say(path, .origin(SourceOrigin(kind: .unix, isFound: isFound)))
                return shop
            }
            let path = "unix:/run/x/orders.orders-3.sock"
            #expect(shop(path, isFound: true).fleet.mayHide(selector) == isHidden)
            #expect(shop(path, isFound: false).fleet.mayHide(selector), "a target may have any name")
            #expect(shop("unix:/run/x.sock", isFound: true).fleet.mayHide(selector), "such a name tells nothing")
        }
    }

    @Test("What is not there is a wrong name only where nobody who was not reached could have it")
    func strays() throws {
        var shop = Shop.standard()
        func strays(_ texts: String...) throws -> Strays {
            Strays(try texts.map { try CircuitSelector($0) }, among: shop.fleet.circuits(), of: shop.fleet)
        }
        #expect(try strays("bank").status == .done)
        #expect(try strays("bnak").status == .noSuchCircuit)
        shop.say("unix:/run/x/orders.orders-3.sock", .source(.died))
        shop.say("unix:/run/x/orders.orders-3.sock", .origin(SourceOrigin(kind: .unix, isFound: true)))
        #expect(try strays("bnak").status == .nobody)
        #expect(
            try strays("bnak").complaints == ["no circuit “bnak” among those reached; did you mean payments/bank?"])
        #expect(try strays("orders-3/stock", "bank").status == .nobody)
        #expect(try strays("orders-3/stock", "payments/bnak").status == .noSuchCircuit, "one of them is surely wrong")
    }

    @Test("An instance that is called like its service does not tell the circuits of the two apart")
    func sameName() throws {
        var shop = Shop()
        shop.connect("web", "web", circuits: ["x"])
        #expect(try select("web/x", in: shop).open.count == 1)
        #expect(try select("web/web/x", in: shop).open.isEmpty)
    }

    @Test("A circuit whose name looks like a pattern is meant by that name")
    func odd() throws {
        var shop = Shop()
        shop.connect("web", "web-1", circuits: ["GET /a/*", "pay[1]", "pay1"])
        #expect(names(try select("GET /a/*", in: shop)) == ["web-1/GET /a/*"])
        #expect(try select("GET /a/*", in: shop).isPlain)
        #expect(names(try select("web/GET /a/*", in: shop)) == ["web-1/GET /a/*"])
        // It stands for pay1 as well: then nobody knows which is meant, and it is asked.
        #expect(names(try select("pay[1]", in: shop)) == ["web-1/pay1", "web-1/pay[1]"])
        #expect(try !select("pay[1]", in: shop).isPlain)
    }

    @Test("A selector that stands for nothing is named, whatever the others stand for")
    func unmatched() throws {
        let selection = try select("bank", "nothing", "orders/")
        #expect(selection.unmatched.map(\.text) == ["nothing", "orders/"])
    }

    @Test("More than five circuits, or circuits of two services, are wide")
    func wide() throws {
        #expect(try !select("orders/*").isWide)
        #expect(try select("*").isWide)
        var shop = Shop()
        shop.connect("one", "one-1", circuits: (1...6).map { "c\($0)" })
        #expect(try select("c*", in: shop).isWide)
        #expect(try !select("c[1-5]", in: shop).isWide)
    }

    @Test("An answer confirms only if it is what was asked for")
    func question() throws {
        let narrow = Question(about: try select("stock"))
        #expect(narrow.isConfirmed(by: " YES \n"))
        let wide = Question(about: try select("*"))
        #expect(wide.isConfirmed(by: "5"))
        for answer in ["", "y", "no", "6", "yes!", "\n", nil] {
            #expect(!narrow.isConfirmed(by: answer))
            #expect(!wide.isConfirmed(by: answer))
        }
        #expect(!wide.isConfirmed(by: "yes"), "nobody has read how many it were")
    }

    @Test("What is too long or has too many slashes is refused, not tried", .timeLimit(.minutes(1)))
    func bounds() throws {
        #expect(throws: (any Error).self) { try CircuitSelector("") }
        #expect(throws: (any Error).self) { try CircuitSelector(String(repeating: "a", count: 1_001)) }
        #expect(throws: (any Error).self) { try CircuitSelector(String(repeating: "/", count: 13)) }
        _ = try CircuitSelector(String(repeating: "*/", count: 12)).match(
            service: String(repeating: "a", count: 200), instance: "b", name: String(repeating: "/", count: 200))
    }
}
