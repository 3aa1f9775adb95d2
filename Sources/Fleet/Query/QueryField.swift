// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// Something that a question may ask about a circuit: all that there is to say about it in one value.
package struct QueryField: Sendable {
    enum Kind: Sendable {
        /// `nil` or empty = unknown. `choices` are all that it may be, when they are few.
        case text(choices: [String] = [], @Sendable (CircuitView) -> String?)
        /// A text that is told apart by what follows the name and a colon.
        case tag
        case figure(QueryUnit, @Sendable (CircuitView) -> QueryFigure?)
        /// Stands alone.
        case flag(@Sendable (CircuitView) -> Bool)

        static func number(_ unit: QueryUnit, _ read: @escaping @Sendable (CircuitView) -> Double?) -> Kind {
            .figure(unit) { view in read(view).map { QueryFigure($0) } }
        }
    }

    /// What is typed.
    package let name: String
    /// Other words for the same.
    package let aliases: [String]
    package let example: String
    /// A line for help.
    package let help: String
    let kind: Kind

    private init(_ name: String, _ aliases: [String] = [], _ example: String? = nil, _ help: String, _ kind: Kind) {
        self.name = name
        self.aliases = aliases
        self.example = example ?? name
        self.help = help
        self.kind = kind
    }

    /// What ``all`` leaves to be said, a line each.
    package static let notes = [
        "A plain word is found in service, instance, circuit, target, tags or state; \"quotes\" make anything a plain word.",
        "What is unknown fulfils no comparison, not even !=; the figures of a stale circuit are unknown.",
        "Where a figure may be greater (≥), only > and >= can hold.",
    ]

    /// Every field. A field is one value here; help, completion and errors derive from it.
    package static let all: [QueryField] = [
        .init(
            "state", [], "state=open", "what it is now: forced and stale are states too",
            .text(choices: CircuitStanding.words) { $0.standing.word }),
        .init("service", ["svc"], "svc~pay", "the service", .text { $0.identity.service }),
        .init("instance", ["inst"], "instance=orders-2", "the instance", .text { $0.identity.instance }),
        .init("circuit", ["name"], "circuit~charge", "the circuit's name", .text { $0.circuit.key.name }),
        .init(
            "target", [], "target=payments", "the service that it calls",
            .text { $0.circuit.description.target.service }),
        .init(
            "endpoint", [], "endpoint~charge", "the operation that it calls",
            .text { $0.circuit.description.target.endpoint }),
        .init("tag", [], "tag:team=checkout", "one of its tags, by key; tag:team alone = has it", .tag),
        .init("env", ["environment"], "env=prod", "the service's environment", .text { $0.identity.environment }),
        .init("version", [], "version=1.4", "the service's version", .text { $0.identity.version }),
        .init(
            "override", [], "override=forced-open", "the override, whether or not it is stale",
            .text(choices: ["none", "forced open", "forced closed"]) { $0.overrideMode.word }),
        .init("owner", ["by"], "owner~ann", "who holds the override, as claimed", .text { $0.overrideOwner }),
        .init("reason", [], "reason~INC-42", "why it is forced", .text { $0.heldOverride?.reason }),
        .init(
            "rule", [], "rule=failure_ratio", "what opens it", .text { $0.circuit.description.rule.name }),
        .init(
            "fail", ["failed"], "fail>20%",
            "failures of the calls in its window; of an open one, of those that opened it",
            .number(.percent) { view in
                view.figure { $0.failureRatio }.map { $0 * 100 }
            }),
        .init(
            "calls", [], "calls>=20", "finished calls in its window: the sample",
            .number(.count) { view in
                view.figure { view in
                    if case .forced = view.standing { return view.windowCalls }
                    return view.failures?.calls ?? view.windowCalls
                }.map(Double.init)
            }),
        .init("rate", [], "rate>100", "calls that arrive a second", .number(.perSecond) { $0.arrivals }),
        .init(
            "refused", ["rejected"], "refused>0", "calls refused a second",
            .number(.perSecond) { $0.rates.rejected }),
        .init(
            "retry", ["retries"], "retry>5", "attempts after the first a second",
            .number(.perSecond) { $0.rates.retries }),
        .init(
            "for", [], "for<5m", "how long it has been so; open and half-open: since it was last closed",
            .figure(.time) { $0.age.map { QueryFigure(Double($0.span), isAtLeast: $0.isAtLeast) } }),
        .init(
            "left", [], "left<10m", "what is left of its override",
            .number(.time) { view in
                view.figure { $0.age(of: $0.heldOverride?.until) }.map {
                    Double(max(0, Milliseconds(0).saturatingDifference($0)))
                }
            }),
        .init(
            "opened", ["flaps"], "opened>=3", "how often it opened in the last 10 minutes",
            .figure(.count) { view in
                view.figure { QueryFigure(Double($0.openings.count), isAtLeast: $0.openings.isAtLeast) }
            }),
        .init(
            "p99", [], "p99>250ms", "99th percentile of recent latencies",
            .number(.latency) { view in
                view.figure { $0.circuit.row[.latencyP99] }.map { Double($0) / 1_000 }
            }),
        .init(
            "age", ["last"], "age>1m", "how long ago the last call came",
            .number(.time) { view in
                view.figure { $0.age(of: $0.circuit.row[.lastCall]) }.map(Double.init)
            }),
        .init("faulty", ["faults", "fault"], nil, "all but plainly closed or stopped", .flag { $0.isFaulty }),
        .init("forced", [], nil, "held by an override", .flag { $0.overrideMode != .none }),
        .init("lost", [], nil, "its override went with a restart", .flag { $0.isOverrideLost }),
        .init(
            "open", [], nil, "open, half-open or forced open; state=open is open only", .flag { $0.isCalled("open") }),
        .init("half-open", [], nil, "half-open", .flag { $0.isCalled("half-open") }),
        .init("closed", [], nil, "closed or forced closed", .flag { $0.isCalled("closed") }),
        .init("stale", [], nil, "nothing is heard of it", .flag { $0.isCalled("stale") }),
        .init("stopped", [], nil, "its service said goodbye", .flag { $0.isCalled("stopped") }),
    ]

    /// Every name and alias.
    static let names = all.flatMap { [$0.name] + $0.aliases }

    private static let byName = Dictionary(
        all.flatMap { field in ([field.name] + field.aliases).map { ($0, field) } },
        uniquingKeysWith: { first, _ in first })

    /// The field of a name; for tags, whatever follows the colon.
    static func named(_ name: String) -> QueryField? {
        guard tagKey(name) == nil else { return byName["tag"] }
        let field = byName[name.lowercased()]
        if case .tag = field?.kind { return nil }
        return field
    }

    /// What stands for a condition without a value.
    static func alone(_ word: String) -> QueryTerm? {
        if let key = tagKey(word) { return .hasTag(key) }
        if case .flag(let read) = byName[word.lowercased()]?.kind { return .flag(read) }
        return nil
    }

    private static func tagKey(_ name: String) -> String? {
        guard name.lowercased().hasPrefix("tag:"), name.count > 4 else { return nil }
        return String(name.dropFirst(4))
    }

    /// What it may be compared with.
    package var comparisons: [QueryComparison] {
        switch kind {
        case .text, .tag: [.equal, .different, .contains, .lacks]
        case .figure: [.equal, .different, .greater, .atLeast, .less, .atMost]
        case .flag: []
        }
    }

    /// All that it may be, when that is known.
    package var choices: [String] {
        if case .text(let choices, _) = kind { choices.map(Self.typed) } else { [] }
    }

    /// A choice of two words as it is typed without quotes.
    private static func typed(_ choice: String) -> String { choice.replacing(" ", with: "-") }

    /// The condition that compares it with a value.
    func term(
        named name: String, _ comparison: QueryComparison, _ value: String, at place: Range<Int>
    ) throws(QueryError) -> QueryTerm {
        switch kind {
        case .text(let choices, let read):
            let value = try choice(of: choices, comparison, value, at: place)
            return .text(read, comparison, SearchText(value))
        case .tag: return .tag(Self.tagKey(name) ?? "", comparison, SearchText(value))
        case .figure(let unit, let read):
            guard let number = unit.value(value) else {
                throw QueryError(place, "“\(value.prefix(20))” is no value for \(self.name): say it as in \(example)")
            }
            return .number(read, comparison, number)
        case .flag: throw QueryError(place, "\(self.name) stands alone, or as !\(self.name)")
        }
    }

    private func choice(
        of choices: [String], _ comparison: QueryComparison, _ value: String, at place: Range<Int>
    ) throws(QueryError) -> String {
        guard !choices.isEmpty, comparison == .equal || comparison == .different else { return value }
        let folded = Self.typed(value.lowercased().replacing("_", with: "-"))
        if let choice = choices.first(where: { Self.typed($0) == folded }) { return choice }
        let words = choices.map(Self.typed)
        let hint = NearestWord.find(folded, among: words).map { "did you mean \($0)?" }
        throw QueryError(
            place, "“\(value.prefix(20))” is no \(name): \(hint ?? "there are \(words.joined(separator: ", "))")")
    }
}

extension CircuitView {
    /// A figure that holds now; what was last heard of a stale or stopped circuit does not.
    fileprivate func figure<Value>(_ read: (CircuitView) -> Value?) -> Value? {
        switch standing {
        case .stale, .stopped: nil
        case .forced, .calculated: read(self)
        }
    }

    /// Whether the words for its standing end with one.
    fileprivate func isCalled(_ word: String) -> Bool {
        standing.word.utf8.reversed().starts(with: word.utf8.reversed())
    }

    /// The override that is known of, even when nothing is heard any more.
    fileprivate var overrideMode: OverrideMode {
        circuit.row.overrideMode ?? circuit.description.override.mode
    }

    /// The override's particulars; `nil` when there is none.
    fileprivate var heldOverride: CircuitOverride? {
        overrideMode == .none ? nil : circuit.description.override
    }

    fileprivate var overrideOwner: String? {
        heldOverride.map { $0.claimed.isEmpty ? $0.principal : $0.claimed }
    }
}

extension OverrideMode {
    fileprivate var word: String {
        switch self {
        case .none: "none"
        case .forcedOpen: "forced open"
        case .forcedClosed: "forced closed"
        }
    }
}
