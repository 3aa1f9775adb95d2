// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

/// All about one circuit in words: why it opened, what holds it, what it counted, how it is set.
struct DetailsPane {
    static let rows = 8

    let circuit: CircuitView
    let theme: Theme
    let wallClock: WallClock
    /// What there is room for: narrow screens get fewer words, never fewer facts about the state.
    let columns: Int

    /// Something about the circuit: what it is about, and what there is to say.
    struct Fact {
        var label: String
        var text: [Span]
    }

    /// At most ``rows`` lines. What is too long for one goes on in a second where there is room: what has nothing to say
    /// makes it, the least telling first.
    var lines: [[Span]] {
        var facts = [trip, errors, override, calls, policies, configuration, history]
        while wrapped(facts).count > Self.rows, let nothing = facts.lastIndex(where: saysNothing) {
            facts.remove(at: nothing)
        }
        var most = facts.count + 1
        // From the end on each has one line again, until they fit.
        while most > 0, wrapped(facts, upTo: most).count > Self.rows { most -= 1 }
        return wrapped(facts, upTo: most)
    }

    /// The title and facts; so many of them, from the first on, may have two lines.
    private func wrapped(_ facts: [Fact], upTo most: Int = .max) -> [[Span]] {
        let all = [title] + facts.map { [Span(" " + $0.label.padded(toColumns: 15), theme.quiet)] + $0.text }
        return all.enumerated().flatMap { index, line in
            line.wrapped(toColumns: columns - 1, indent: 16, maximumLines: index < most ? 2 : 1)
        }
    }

    private func saysNothing(_ fact: Fact) -> Bool { fact.text.count == 1 && fact.text[0].style == theme.quiet }

    private func line(_ label: String, _ spans: [Span]) -> Fact { Fact(label: label, text: spans) }

    /// Nothing that a service may say is longer than this; what does not fit the screen is for the view to cut or wrap.
    private func clean(_ text: String, _ columns: Int = 400) -> String { text.sanitizedForDisplay(maxColumns: columns) }

    private func clock(_ up: Milliseconds?) -> String {
        up.flatMap(circuit.wallClock).map(wallClock.zoned) ?? "–"
    }

    private var title: [Span] {
        let target = circuit.description.target
        let called = [target.service, target.endpoint].filter { !$0.isEmpty }.map { clean($0, 40) }.joined(
            separator: " ")
        let name = "\(clean(circuit.identity.displayName, 40)) / \(clean(circuit.key.name, 60))"
        return [
            Span(" " + name, theme.title), Span(build, theme.quiet),
            Span(called.isEmpty || columns < 100 ? "" : " → \(called)", theme.plain),
            Span("   \(theme.glyph(circuit.standing)) \(circuit.standing.word)", theme.style(circuit.standing)),
            Span(" for \(age)\(circuit.outlook)\(circuit.openedWords)", theme.plain),
        ]
    }

    /// The service's own version, where there is room for it.
    private var build: String {
        let version = circuit.identity.version
        return version.isEmpty || columns < 100 ? "" : " (\(clean(version, 20)))"
    }

    private var age: String { columns < 100 ? Format.age(circuit.age) : circuit.ageWords(wallClock) }

    var trip: Fact {
        guard let first = circuit.outageTrip ?? circuit.description.trip else {
            return line("last opened", [Span("never in this boot", theme.quiet)])
        }
        let rule = circuit.description.rule
        let force = circuit.isProbedAfterForce && circuit.outageTrip != nil ? " after a force" : ""
        let again = force + (circuit.laterTrip.map { ", then \(clean($0.sentence(rule))) at \(clock($0.at))" } ?? "")
        // Only an open circuit is open because of it.
        let isOpen =
            circuit.row.state != .closed && circuit.row.overrideMode == OverrideMode.none
            && circuit.outageTrip != nil
        return line(
            isOpen ? "opened because" : "last opened",
            [
                Span(clean(first.sentence(rule)), theme.alarm), Span("  at \(clock(first.at))", theme.quiet),
                Span(again, theme.plain),
            ]
        )
    }

    private var errors: Fact {
        let trip = circuit.description.trip
        return line("last errors", trip.map(errors(of:)) ?? [Span("– (noted when it opens)", theme.quiet)])
    }

    /// The errors of a trip with how often each was seen, the newest first.
    func errors(of trip: Trip) -> [Span] {
        guard !trip.errors.isEmpty else { return [Span("–", theme.quiet)] }
        let text = trip.errors.map { error in
            let message = error.message.isEmpty ? error.type : error.message
            return "\(clean(message)) ×\(Format.count(error.count))"
        }
        return [Span(text.joined(separator: " · "), theme.plain)]
    }

    var override: Fact {
        let slot = circuit.description.override
        guard slot.mode != .none else {
            guard let lost = circuit.lostOverride else { return line("override", [Span("none", theme.quiet)]) }
            return line(
                "override", [Span("LOST by the restart: \(what(lost))", theme.alarm), Span(again, theme.quiet)])
        }
        let end =
            circuit.isSilent
            ? "as far as was heard" : circuit.overrideLeft.map { "ends in \(Format.countdown($0))" } ?? "until cleared"
        let effect = circuit.circuit.overrideEffect.map {
            ": \(Format.count($0.admitted)) admitted, \(Format.count($0.refused)) refused since seen"
        }
        return line(
            "override",
            [
                Span(what(slot), theme.forced),
                Span(", \(end) (r\(slot.revision))\(slot.mode == .forcedOpen ? effect ?? "" : "")", theme.plain),
            ]
        )
    }

    private let again = "; apply it again if it is still needed"

    private func what(_ slot: CircuitOverride) -> String {
        let mode = slot.mode == .forcedOpen ? "forced open" : "forced closed"
        return "\(mode) by \(clean(slot.author, 80))\(slot.reason.isEmpty ? "" : ", “\(clean(slot.reason))”")"
    }

    private func count(_ field: Field) -> String { Format.count(circuit.row[field]) }

    var calls: Fact {
        let figures =
            "\(count(.calls)) = \(count(.ok)) ok + \(count(.failed)) failed (\(count(.timeouts)) timeouts)"
            + " + \(count(.ignored)) ignored + \(count(.late)) late + \(count(.inFlight)) now"
        return line("calls", [Span(figures, theme.plain)])
    }

    private var policies: Fact {
        let figures =
            "\(count(.rejected)) by state + \(count(.rejectedForced)) by force · fallbacks \(count(.fallbacks)) · retries \(count(.retries)):"
            + " \(count(.retriesSaved)) saved, \(count(.retriesExhausted)) gave up"
        return line("refused", [Span(figures, theme.plain)])
    }

    var configuration: Fact {
        let description = circuit.description
        let open = description.openTime.map { "open \(Format.duration($0))" }
        let probes = description.probeLimit.flatMap { limit in
            description.probeNeed.map { "probes: \(limit) at once, \($0) to close" }
        }
        let parts = [clean(description.rule.sentence), open, probes].compactMap { $0 }
        return line("configured", [Span(parts.joined(separator: " · "), theme.plain)])
    }

    private var history: Fact {
        let steps = circuit.circuit.transitions.suffix(4).reversed().compactMap { event -> String? in
            guard case .state(let change) = event.kind else { return nil }
            return "\(wallClock.time(event.at.t)) \(change.to.word) (\(change.cause.words))"
        }
        guard !steps.isEmpty else { return line("history", [Span("no change seen yet", theme.quiet)]) }
        return line("history", [Span(steps.joined(separator: " · "), theme.plain)])
    }
}

extension CircuitView {
    /// How long it has been so, and of an outage when it began: `12 min (since 17:12:07Z)`.
    func ageWords(_ clock: WallClock) -> String {
        guard case .calculated = standing, let begin = outageWallClock else { return Format.age(age) }
        return "\(Format.age(age)) (since \(clock.zoned(begin)))"
    }

    /// How often it opened, lately and in all, as the end of a sentence about its standing; empty where it never did.
    var openedWords: String {
        guard let total = row[.opened], total > 0 else { return "" }
        let lately = openings
        let times = ", opened \(Format.count(total))×"
        if Int64(lately.count) == total { return times + " in 10 min" }
        guard lately.count > 0 else { return times + " in all" }
        return times + " in all, \(lately.isAtLeast ? "≥ " : "")\(lately.count) in 10 min"
    }

    /// What comes next, as the end of a sentence about its standing; empty where nothing is known to come.
    var outlook: String {
        switch standing {
        case .forced(_, let calculated):
            return ", calculated: \(calculated?.word ?? "unknown")" + (outageAge.map { " for \(Format.age($0))" } ?? "")
        case .calculated(.open):
            guard let left = untilProbe else { return "" }
            return left > 0 ? ", probe in \(Format.duration(left))" : ", probe due, awaits a call"
        case .calculated(.halfOpen): return ", probes \(probeText)"
        default: return ""
        }
    }
}
