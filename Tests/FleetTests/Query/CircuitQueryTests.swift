// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@testable import Fleet

@Suite struct CircuitQueryTests {
    /// A forced circuit of which everything is known.
    private static let full: ViewFixture = {
        var fixture = ViewFixture()
        fixture.target = CircuitTarget(service: "Payments", endpoint: "POST /charge (v2)")
        fixture.tags = ["team": "Checkout", "Tier": "1"]
        fixture.standing = .forced(.forcedOpen, calculated: .halfOpen)
        fixture.override = CircuitOverride(
            mode: .forcedOpen, revision: 1, principal: "uid 7", claimed: "ann", reason: "INC-42", since: 940_000,
            until: 1_300_000)
        fixture.figures = [.windowCalls: 60, .windowFailed: 20, .latencyP99: 250_500, .lastCall: 997_000, .opened: 1]
        fixture.rate = 10
        fixture.transitions = [
            ViewFixture.change(1, at: 399_999, from: .closed, to: .open),
            ViewFixture.change(2, at: 400_000, from: .halfOpen, to: .open),
            ViewFixture.change(3, at: 990_000, from: .open, to: .halfOpen),
        ]
        return fixture
    }()

    private func passes(_ text: String, _ fixture: ViewFixture = full) throws -> Bool {
        try CircuitQuery(text).matches(fixture.view)
    }

    @Test(
        "Each field lets through what is so",
        arguments: [
            "state=forced-open", "state=FORCED_OPEN", "state~forced", "state!=open", "service=orders", "svc~RDER",
            "instance=orders-1", "circuit=charge", "name!~pay", "target=payments", "endpoint~\"charge (v2)\"",
            "tag:team=checkout", "tag:team~check", "tag:Tier!=2", "tag:team", "env=prod", "version=1.4",
            "override=forced-open", "override!=none", "owner=ann", "reason~inc", "rule=failure_ratio", "fail>20%",
            "fail=33%", "fail<33.4%", "fail!=34%", "calls>=60", "calls=60", "rate=20", "rate>=20/s", "refused>0",
            "retry<11", "for=1m", "for<=60s", "left=5m", "left>4m", "opened=1", "flaps>=1", "p99>250ms", "p99>250",
            "p99<1s",
            "age=3s", "forced", "faulty", "open", "!half-open", "!closed", "!stale", "!stopped", "!lost",
        ])
    func holds(query: String) throws { #expect(try passes(query)) }

    @Test(
        "Each field keeps back what is not so",
        arguments: [
            "state=open", "state!=forced-open", "svc=order", "svc!=orders", "instance~-2", "circuit=charg",
            "target=payment", "target!~pay", "endpoint=charge", "tag:team=x", "tag:tier=1", "tag:none", "tag:none!=x",
            "env=test", "version~2", "override=none", "owner=uid", "reason=INC", "rule~consecutive", "fail>34%",
            "fail=34%", "calls>60", "calls<60", "rate>20", "refused=0", "retry>10", "for>1m", "for<1m", "left>5m",
            "flaps>1", "p99<250ms", "age>3s", "!forced", "!faulty", "!open", "stale", "stopped", "lost",
        ])
    func fails(query: String) throws { #expect(try !passes(query)) }

    @Test("Every field is in a test of what is so, by its name or an alias")
    func complete() throws {
        for field in QueryField.all {
            #expect(!field.help.isEmpty)
            let example = try CircuitQuery(field.example)
            #expect(!example.isEmpty, "the example of \(field.name) can be read")
            for name in field.aliases { #expect(QueryField.named(name)?.name == field.name) }
        }
        #expect(Set(QueryField.names).count == QueryField.names.count, "no name stands for two fields")
    }

    @Test("Flags tell the standings apart: a stale circuit is not open, whatever it was")
    func flags() throws {
        let standings: [(CircuitStanding, [String])] = [
            (.calculated(.open), ["open", "faulty"]), (.calculated(.halfOpen), ["open", "half-open", "faulty"]),
            (.calculated(.closed), ["closed"]),
            (.forced(.forcedClosed, calculated: .open), ["closed", "forced", "faulty"]),
            (.stale(.open, .none), ["stale", "faulty"]), (.stale(.open, .forcedOpen), ["stale", "faulty", "forced"]),
            (.stopped, ["stopped"]),
        ]
        for (standing, flags) in standings {
            var fixture = ViewFixture()
            fixture.standing = standing
            for flag in ["open", "half-open", "closed", "forced", "stale", "stopped", "faulty", "lost"] {
                #expect(try passes(flag, fixture) == flags.contains(flag), "\(flag) of \(standing)")
            }
        }
        var lost = ViewFixture()
        lost.isOverrideLost = true
        #expect(try passes("lost faulty", lost))
    }

    @Test("A word is found in every name, tag and state, upper and lower case alike, ASCII or not")
    func words() throws {
        var fixture = Self.full
        fixture.instance = "Bestellung-Süd"
        for word in ["ORDER", "charge", "payments", "v2", "team", "check", "forced op", "SÜD", "süd", "bestell", ""] {
            #expect(try passes("\"\(word)\"", fixture), "\(word)")
            #expect(CircuitQuery(plainWords: word).matches(fixture.view))
        }
        for word in ["order ", "chargee", "nord", "Sud", "ü-"] { #expect(try !passes("\"\(word)\"", fixture)) }
        #expect(CircuitQuery(plainWords: "a=b (open").isEmpty == false, "plain words are never read as a question")
        #expect(CircuitQuery(plainWords: " ").isEmpty)
    }

    @Test("Unknown fulfils no comparison, and neither do the figures of a stale circuit")
    func unknown() throws {
        let signs = ["=", "!=", "<", "<=", ">", ">="]
        for name in ["fail", "calls", "rate", "refused", "retry", "for", "left", "p99", "age"] {
            for sign in signs {
                let value = ["for", "left", "age"].contains(name) ? "1s" : name == "fail" ? "2%" : "2"
                #expect(try !passes(name + sign + value, ViewFixture()), "\(name)")
            }
        }
        for query in ["target!=x", "target!~x", "owner!=x", "reason!=x", "tag:a!=x"] {
            #expect(try !passes(query, ViewFixture()))
        }
        var silent = Self.full
        silent.standing = .stale(.open, .none)
        silent.silence = 65_000
        for query in ["fail>1%", "calls>0", "rate>0", "p99>1", "age>0", "left>0", "flaps>0"] {
            #expect(try !passes(query, silent), "\(query)")
        }
        #expect(try passes("for>1m", silent), "how long it has been silent is known")
    }

    @Test(
        "not binds closest, then terms side by side, then or; parentheses join otherwise",
        arguments: [
            ("forced or open stale", true), ("(forced or open) stale", false), ("open stale or forced", true),
            ("not stale forced", true), ("not (stale or forced)", false), ("!stale or lost", true),
            ("! ! forced", true),
            ("not not forced", true), ("forced and not stale", true), ("forced AND (open OR svc=orders)", true),
            ("svc = orders fail > 20 %", false), ("svc = orders fail > 20%", true), ("!svc=orders", false),
            ("!(svc=orders)", false), ("((forced))", true), ("\"or\" or \"or\"", true), ("\"not\"", false), ("", true),
        ])
    func precedence(query: String, isThrough: Bool) throws {
        #expect(try passes(query) == isThrough)
    }

    @Test(
        "An error tells its place, its word and what to do",
        arguments: [
            ("forced fial>20%", 7..<11, "“fial” is no field: did you mean fail?"),
            ("state=opne", 6..<10, "“opne” is no state: did you mean open?"),
            ("fail>many", 5..<9, "“many” is no value for fail: say it as in fail>20%"),
            ("fail>0.2", 5..<8, "“0.2” is no value for fail: say it as in fail>20%"),
            ("for>30", 4..<6, "“30” is no value for for: say it as in for<5m"),
            ("calls>-1", 6..<8, "“-1” is no value for calls: say it as in calls>=20"),
            ("svc>3", 3..<4, "“>” does not go with service, which is compared with = != ~ !~, as in svc~pay"),
            ("forced=1", 6..<7, "“=” does not go with forced, which stands alone, or as !forced"),
            ("fail>", 0..<5, "“fail>” lacks a value, such as fail>20%"),
            ("x >3", 2..<3, nil), (">3", 0..<1, "“>” needs a field before it, such as fail>20%"),
            ("a (b", 2..<3, "“(” is not closed: put “)” after"),
            ("a b)", 3..<4, "“)” closes nothing: take it away, or put “(” before"),
            ("a ()", 3..<4, "nothing stands before “)”: put a word there, or take it away"),
            ("a or", 2..<4, "something is missing at the end: a word, or a field with a value"),
            ("or a", 0..<2, "something is missing before “or”: quote it to look for the word"),
            ("a \"b", 2..<4, "the quote is open: end it with \""), ("tag=x", 0..<3, nil),
        ])
    func errors(query: String, place: Range<Int>, sentence: String?) {
        do {
            _ = try CircuitQuery(query)
            Issue.record("\(query) was read")
        } catch {
            if sentence != nil { #expect(error.place == place) }
            if let sentence { #expect(error.description == sentence) }
        }
    }

    @Test("A text that is too long or nested too deep is refused; one within the limits is not")
    func bounds() throws {
        _ = try CircuitQuery(String(repeating: "a", count: 500))
        #expect(throws: QueryError.self) { try CircuitQuery(String(repeating: "a", count: 501)) }
        #expect(throws: QueryError.self) { try CircuitQuery("e" + String(repeating: "\u{301}", count: 501)) }
        for opening in ["(", "!", "not "] {
            func nested(_ depth: Int) -> String {
                String(repeating: opening, count: depth) + "a"
                    + (opening == "(" ? String(repeating: ")", count: depth) : "")
            }
            _ = try CircuitQuery(nested(20))
            #expect(throws: QueryError.self) { try CircuitQuery(nested(21)) }
        }
    }

    @Test("Any text is read or refused with a place within it, and never traps; nor do its completions")
    func randomText() {
        var random = SystemRandomNumberGenerator()
        let pieces =
            QueryField.names + QueryComparison.allCases.map(\.rawValue)
            + [
                "(", ")", "!", "not", "or", "and", " ", " ", "\"", "20%", "5m", "é", "e\u{301}", "💥", "tag:a", ":",
                "1e9", "..", "\0",
            ]
        let view = Self.full.view
        for _ in 0..<4_000 {
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement() ?? "" }.joined()
            do {
                _ = try CircuitQuery(text).matches(view)
            } catch {
                #expect(error.place.lowerBound >= 0 && error.place.upperBound <= text.count && !error.place.isEmpty)
                #expect(!error.description.isEmpty)
            }
            let cursor = Int.random(in: -1...text.count + 1, using: &random)
            let completions = QueryCompletions(for: text, cursor: cursor)
            #expect(completions.place.upperBound <= text.count)
        }
    }

    @Test("Numbers at the ends of what there is pass through without harm")
    func hostileFigures() throws {
        var fixture = Self.full
        fixture.rate = nil
        fixture.override.until = .min + 1
        fixture.figures = [.windowCalls: .max, .windowFailed: .min + 1, .latencyP99: .max, .lastCall: .min + 1]
        for query in ["fail>1%", "calls>1", "p99>1", "age>1s", "left>1s"] { _ = try passes(query, fixture) }
        _ = try passes("calls=999999999999999k", fixture)
    }

    @Test("Of a figure that may be greater only > and >= can hold")
    func atLeast() throws {
        var fixture = ViewFixture()
        fixture.standing = .calculated(.open)
        fixture.figures = [.stateSince: 998_000]
        fixture.transitions = (1...40).map { seq in
            ViewFixture.change(seq, at: 900_000 + seq, from: .halfOpen, to: seq % 2 == 1 ? .open : .closed)
        }
        #expect(fixture.view.openings == Openings(count: 16, isAtLeast: true))
        for query in ["opened>15", "opened>=16", "for>1s"] { #expect(try passes(query, fixture)) }
        for query in ["opened=16", "opened<20", "opened<=20", "opened!=3", "opened>16", "for<1h", "for=2s", "for!=9s"] {
            #expect(try !passes(query, fixture))
        }
    }
}
