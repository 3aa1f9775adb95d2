// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerTelemetry
import Fleet
import Testing

@testable import breakertop

@Suite struct WatchStateMachineTests {
    /// A watch that was told of the standard shop, up to its picture.
    private func begun(
        _ selectors: String..., showsPicture: Bool = true, with facts: [Observation] = []
    ) throws -> (machine: WatchStateMachine, shop: Shop, picture: [WatchLine]) {
        var machine = WatchStateMachine(
            selectors: try selectors.map { try CircuitSelector($0) }, showsPicture: showsPicture)
        var shop = Shop()
        let told =
            shop.connect("orders", "orders-1", circuits: ["payments.charge", "stock"])
            + shop.connect("payments", "payments-1", circuits: ["bank"])
        let before = (told + facts).flatMap { machine.take($0) }
        #expect(before.isEmpty, "the picture is not whole yet")
        let picture = machine.begin(at: shop.now)
        return (machine, shop, picture)
    }

    private func texts(_ lines: [WatchLine]) -> [String] { lines.map { $0.text { _ in "12:03:04 UTC" } } }

    @Test("It begins with the picture and says where that ends")
    func picture() throws {
        #expect(
            texts(try begun().picture) == [
                "12:03:04 UTC orders-1 payments.charge: closed", "12:03:04 UTC orders-1 stock: closed",
                "12:03:04 UTC payments-1 bank: closed", "12:03:04 UTC watching 3 circuits; services reached: 2",
            ])
        #expect(texts(try begun(showsPicture: false).picture).count == 1)
        #expect(
            texts(try begun("st*").picture) == [
                "12:03:04 UTC orders-1 stock: closed", "12:03:04 UTC watching 1 circuit; services reached: 2",
            ])
    }

    @Test("What is wrong with the picture is told after it")
    func doubts() throws {
        var shop = Shop()
        let facts: [Observation.Fact] = [
            .complaint(code: "bad_line", message: "odd"), .gap(from: 3, to: 9),
        ]
        var told = shop.connect("orders", "orders-1", circuits: ["stock"]) + facts.map { shop.say("orders-1", $0) }
        let twin = ServiceIdentity(service: "orders", instance: "orders-1", boot: "another")
        told.append(shop.say("twin", .source(.greeted(twin, actions: []))))
        told.append(shop.say("dead", .source(.lost(reason: "cut"))))
        var machine = WatchStateMachine(selectors: [], showsPicture: true)
        #expect(told.flatMap { machine.take($0) }.isEmpty)
        // However much else is told meanwhile, as histories are.
        for seq in 10...4_000 {
            let event = shop.event(opening(), seq: Int64(seq))
            _ = machine.take(shop.say("orders-1", .event(event, replayed: true)))
        }
        #expect(
            texts(machine.begin(at: shop.now)) == [
                "12:03:04 UTC orders-1 stock: closed", "12:03:04 UTC orders-1: unreadable: odd (bad_line)",
                "12:03:04 UTC orders-1: gap, 7 events were lost on the way",
                "12:03:04 UTC orders-1: has a twin: another live process has this service and instance name",
                "12:03:04 UTC dead: lost: cut", "12:03:04 UTC watching 1 circuit; services reached: 1",
            ])
    }

    @Test("An event is a line with its reason, complete in itself")
    func events() throws {
        var (machine, shop, _) = try begun()
        let lines = machine.take(shop.say("orders-1", .event(shop.event(opening(), seq: 1), replayed: false)))
        #expect(
            texts(lines) == [
                "12:03:04 UTC orders-1 payments.charge: went from closed to open, failure ratio 56%, at least 50%: "
                    + "14 of 25 calls, last error HTTPError: 503"
            ])
    }

    @Test("What happened before the watch began is no news; what happened while a connection was down is")
    func replays() throws {
        var (machine, shop, _) = try begun()
        shop.connect("late", "late-1", circuits: ["x"]).forEach { _ = machine.take($0) }
        // Known at the beginning, then lost and found again: its replay is news, and told as late.
        _ = machine.take(shop.say("orders-1", .source(.lost(reason: "cut"))))
        let identity = ServiceIdentity(service: "orders", instance: "orders-1", boot: "boot of orders-1")
        _ = machine.take(shop.say("orders-1", .source(.greeted(identity, actions: []))))
        let missed = machine.take(shop.say("orders-1", .event(shop.event(opening(), seq: 3), replayed: true)))
        #expect(texts(missed).count == 1)
        #expect(texts(missed).first?.hasSuffix("(told late)") == true)
    }

    @Test(
        "A history that is replayed at the beginning is left out, with and without a picture", arguments: [true, false])
    func history(showsPicture: Bool) throws {
        var machine = WatchStateMachine(selectors: [], showsPicture: showsPicture)
        var shop = Shop()
        let identity = ServiceIdentity(service: "orders", instance: "orders-1", boot: "b")
        let facts: [Observation.Fact] = [
            .source(.greeted(identity, actions: [])), .source(.subscribed(interval: 250, mayOperate: true)),
            .event(shop.event(opening(), seq: 1), replayed: true),
        ]
        #expect(facts.flatMap { machine.take(shop.say("orders-1", $0)) }.isEmpty)
        let event = shop.event(opening(generation: 2), seq: 2)
        shop.wait(1)
        _ = machine.begin(at: shop.now)
        #expect(machine.take(shop.say("orders-1", .event(event, replayed: true))).isEmpty)
        #expect(machine.take(shop.rows("orders-1", [])).isEmpty, "the picture had to do without it; it was before that")
    }

    @Test(
        "Of a service that is found later all that happened since the watch began is news, whatever its wall clock says",
        arguments: [-120_000, 0, 120_000], [500, 4_000, 86_400_000] as [Milliseconds])
    func foundLater(skew: Milliseconds, up: Milliseconds) throws {
        var (machine, shop, _) = try begun()
        shop.wait(1_000)
        let identity = ServiceIdentity(service: "late", instance: "late-1", boot: "late")
        func reading(_ age: Milliseconds) -> TelemetryInstant {
            TelemetryInstant(t: shop.now.t + skew - age, up: up - age)
        }
        let ages: [Milliseconds] = [1_001, 1_000, 0]
        let events = ages.enumerated().map { index, age in
            let kind = Event.Kind.retryExhausted(attempts: Int64(age), error: nil)
            return Observation.Fact.event(
                Event(at: reading(age), seq: Int64(index + 1), circuit: nil, kind: kind), replayed: true)
        }
        let before = ([.source(.greeted(identity, actions: []))] + events).flatMap {
            machine.take(shop.say("late", $0))
        }
        #expect(texts(before) == ["12:03:04 UTC late-1: publishes its circuits"], "how old they are is not known yet")
        let sample = ProviderSample(at: reading(0), seq: 3, rows: [])
        let told = machine.take(shop.say("late", .sample(sample, isEnd: true)))
        #expect(told.compactMap(\.circuit).isEmpty && told.count == 2)
        #expect(texts(told).allSatisfy { $0.hasSuffix("(told late)") && !$0.contains("1,001") && !$0.contains("1001") })
    }

    @Test("A replayed event that nobody can date is told, and before what comes after it")
    func undated() throws {
        var (machine, shop, _) = try begun()
        let identity = ServiceIdentity(service: "late", instance: "late-1", boot: "late")
        func replay(_ source: String, _ seq: Int64) -> [WatchLine] {
            let kind = Event.Kind.retryExhausted(attempts: 2, error: nil)
            return machine.take(shop.say(source, .event(shop.event(kind, seq: seq, circuit: nil), replayed: true)))
        }
        _ = machine.take(shop.say("late", .source(.greeted(identity, actions: []))))
        #expect(replay("late", 1).isEmpty)
        let lost = texts(machine.take(shop.say("late", .source(.lost(reason: "cut")))))
        #expect(lost.count == 2 && lost.first?.hasSuffix("(told late)") == true && lost.last?.hasSuffix("cut") == true)
        _ = machine.take(shop.say("late", .source(.greeted(identity, actions: []))))
        let many = (2...Int64(WatchStateMachine.maximumHeld + 2)).flatMap { replay("late", $0) }
        #expect(many.count == 1, "what is held back is bounded")
    }

    @Test(
        "Only what was asked for is told, and gaps whatever was asked for",
        arguments: [
            ("state", [true, false, false, true]), ("override,command", [false, true, false, true]),
            ("circuit,source", [false, false, true, true]), ("retry-exhausted", [false, false, false, true]),
        ])
    func topics(words: String, expected: [Bool]) throws {
        let kinds: [WatchLine.Kind] = [
            .event(.told(opening()), nil), .event(.overrideLost(CircuitOverride()), nil), .heard, .dropped(count: 1),
        ]
        let topics = try WatchTopics(words)
        #expect(kinds.map { topics.include(WatchLine(t: 0, kind: $0)) } == expected)
        #expect(kinds.allSatisfy { WatchTopics.all.include(WatchLine(t: 0, kind: $0)) })
    }

    @Test("A topic that there is not is refused and named", arguments: ["sate", "", "state,"])
    func wrongTopics(words: String) {
        let error = #expect(throws: ValidationError.self) { try WatchTopics(words) }
        #expect(error?.message.contains("there are circuit, state, override") == true)
    }

    @Test("A service that comes later brings its picture; one that goes or comes back as another process is told")
    func comeAndGo() throws {
        var (machine, shop, _) = try begun()
        let came = shop.connect("late", "late-1", circuits: ["x"]).flatMap { machine.take($0) }
        #expect(texts(came) == ["12:03:04 UTC late-1: publishes its circuits", "12:03:04 UTC late-1 x: closed"])
        let went = machine.take(shop.say("late-1", .source(.lost(reason: "cut"))))
        #expect(texts(went) == ["12:03:04 UTC late-1: lost: cut"])
        let back = shop.connect("late", "late-1", circuits: ["x"], boot: "another").flatMap { machine.take($0) }
        #expect(texts(back).first == "12:03:04 UTC late-1: restarted as a new process")
    }

    @Test("Silence is news, once, and so is its end")
    func silence() throws {
        var (machine, shop, _) = try begun()
        shop.wait(2_500)
        #expect(texts(machine.tick(at: shop.now)).count == 2)
        #expect(texts(machine.tick(at: shop.now)).isEmpty)
        _ = machine.take(shop.rows("orders-1", []))
        #expect(texts(machine.tick(at: shop.now)) == ["12:03:04 UTC orders-1: heard again"])
    }

    @Test("A selector leaves out other circuits, and services that could have none")
    func filtered() throws {
        var (machine, shop, _) = try begun("orders/stock")
        #expect(machine.take(shop.say("orders-1", .event(shop.event(opening(), seq: 1), replayed: false))).isEmpty)
        let stock = machine.take(
            shop.say("orders-1", .event(shop.event(opening(), seq: 2, circuit: 2), replayed: false)))
        #expect(stock.count == 1)
        #expect(machine.take(shop.say("payments-1", .source(.lost(reason: "cut")))).isEmpty)
        #expect(machine.take(shop.say("orders-1", .gap(from: 3, to: 9))).count == 1, "it may have been about stock")
    }

    @Test("A name with slashes in it does not hide what befalls its service")
    func slashes() throws {
        var (machine, shop, _) = try begun("GET /a/*")
        shop.connect("web", "web-1", circuits: ["GET /a/b"]).forEach { _ = machine.take($0) }
        #expect(machine.take(shop.say("web-1", .source(.lost(reason: "cut")))).count == 1)
        #expect(machine.take(shop.say("orders-1", .source(.lost(reason: "cut")))).isEmpty)
    }

    @Test("What is kept does not grow with the processes that came and went")
    func bounded() throws {
        var machine = WatchStateMachine(selectors: [], showsPicture: false)
        var shop = Shop()
        _ = machine.begin(at: shop.now)
        for boot in 1...500 {
            for observation in shop.connect("orders", "orders-1", circuits: ["x"], boot: "\(boot)") {
                _ = machine.take(observation)
            }
            _ = machine.tick(at: shop.now)
        }
        #expect(machine.remembered <= 4)
    }
}
