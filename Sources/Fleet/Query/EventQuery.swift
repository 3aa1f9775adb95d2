// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// A question to the events: `kind=state svc~pay timeout`.
///
/// Terms side by side must all hold; `not` or `!` before one turns it round. A term is a field compared with a value, or a
/// word that is found in the event as it is written. Quotes make anything a plain word or value.
package struct EventQuery: Sendable {
    /// What was typed.
    package let text: String
    private let terms: [Term]

    private struct Term: Sendable {
        var isNegated: Bool
        var condition: Condition

        enum Condition: Sendable {
            case word(SearchText)
            case field(@Sendable (FleetEvent) -> String, QueryComparison, SearchText)
        }
    }

    /// What a question may ask about an event.
    private struct Field: Sendable {
        let names: [String]
        let read: @Sendable (FleetEvent) -> String
    }

    private static let fields: [Field] = [
        Field(names: ["kind"]) { $0.kindWord },
        Field(names: ["service", "svc"]) { $0.service },
        Field(names: ["instance", "inst"]) { $0.instance },
        Field(names: ["circuit", "name"]) { $0.circuit ?? "" },
    ]

    /// What ``text`` may hold, a line each.
    package static let notes = [
        "/ filters by words, found anywhere in an event, and by terms such as kind=state svc~pay circuit=charge !probe.",
        "Fields are \(fields.flatMap(\.names).joined(separator: ", ")), compared by = != ~ (has in it) and !~; ! or not turns round.",
        "Kinds are \(FleetEvent.kindWords.joined(separator: ", ")).",
    ]

    /// Lets every event through.
    package init() {
        text = ""
        terms = []
    }

    /// Reads a question.
    ///
    /// - Throws: ``QueryError``, which says what is wrong with which word.
    package init(_ text: String) throws(QueryError) {
        var tokens = try QueryTokens.read(text)[...]
        var terms: [Term] = []
        while let token = tokens.first {
            tokens.removeFirst()
            var (isNegated, head) = (false, token)
            if token.kind == .not || token.kind == .word("not", isQuoted: false) {
                guard let next = tokens.popFirst() else {
                    throw QueryError(token.place, "a word is missing after it: put one there, or take it away")
                }
                (isNegated, head) = (true, next)
            }
            terms.append(Term(isNegated: isNegated, condition: try Self.condition(head, &tokens)))
        }
        self.text = text
        self.terms = terms
    }

    package var isEmpty: Bool { terms.isEmpty }

    private static func condition(
        _ head: QueryToken, _ rest: inout ArraySlice<QueryToken>
    ) throws(QueryError) -> Term.Condition {
        guard case .word(let word, let isQuoted) = head.kind else {
            throw QueryError(head.place, "only terms side by side are read here: quote it to look for it")
        }
        guard !isQuoted, case .comparison(let comparison) = rest.first?.kind, let sign = rest.popFirst() else {
            return .word(SearchText(word))
        }
        guard let field = fields.first(where: { $0.names.contains(word.lowercased()) }) else {
            let names = fields.compactMap(\.names.first).joined(separator: ", ")
            throw QueryError(head.place, "“\(word.prefix(20))” is no field of an event: there are \(names)")
        }
        guard [.equal, .different, .contains, .lacks].contains(comparison) else {
            throw QueryError(sign.place, "“\(comparison.rawValue)” does not go with \(word): there are = != ~ !~")
        }
        guard case .word(let value, _) = rest.first?.kind, !value.isEmpty, let place = rest.popFirst()?.place else {
            throw QueryError(
                head.place.lowerBound..<sign.place.upperBound, "“\(word)\(comparison.rawValue)” lacks a value")
        }
        if field.names == ["kind"], comparison == .equal || comparison == .different,
            !FleetEvent.kindWords.contains(value.lowercased())
        {
            let hint = NearestWord.find(value.lowercased(), among: FleetEvent.kindWords).map { "did you mean \($0)?" }
            throw QueryError(
                place,
                "“\(value.prefix(20))” is no kind: \(hint ?? "there are " + FleetEvent.kindWords.joined(separator: ", "))"
            )
        }
        return .field(field.read, comparison, SearchText(value))
    }

    /// Whether an event passes.
    ///
    /// - Parameter line: the event as it is written, in which words are found; only asked for where there are any.
    package func matches(_ event: FleetEvent, line: () -> String) -> Bool {
        var written: String?
        for term in terms {
            let holds: Bool
            switch term.condition {
            case .word(let word):
                let text = written ?? line()
                written = text
                holds = word.isFound(in: text)
            case .field(let read, let comparison, let value):
                holds = value.holds(comparison, read(event))
            }
            if holds == term.isNegated { return false }
        }
        return true
    }

    /// What the word before the cursor may become, and the characters that it takes the place of.
    package static func completions(
        for text: String, cursor: Int, names: QueryCompletions.Names
    ) -> (place: Range<Int>, words: [String]) {
        let typed = Array(text.prefix(max(0, cursor)))
        let start = typed.lastIndex { $0 == " " || $0 == "!" || $0 == "=" || $0 == "~" }.map { $0 + 1 } ?? 0
        let word = String(typed[start...]).lowercased()
        let field = start > 0 && "=~".contains(typed[start - 1]) ? fieldName(before: start, in: typed) : nil
        let all =
            switch field {
            case nil:
                start > 0 && "=~".contains(typed[start - 1])
                    ? [] : fields.compactMap { $0.names.first.map { $0 + "=" } }
            case "kind": FleetEvent.kindWords
            case "service", "svc": names.beginning(.services, word)
            case "instance", "inst": names.beginning(.instances, word)
            default: names.beginning(.circuits, word)
            }
        let words = all.lazy.filter { $0.lowercased().hasPrefix(word) }.prefix(QueryCompletions.maximum)
        return (start..<typed.count, Array(words))
    }

    private static func fieldName(before end: Int, in typed: [Character]) -> String? {
        let head = typed[..<end].reversed().drop { "!=~".contains($0) }
        let name = String(head.prefix { $0.isLetter }.reversed()).lowercased()
        return fields.contains { $0.names.contains(name) } ? name : nil
    }
}

extension FleetEvent {
    /// Every word that ``kindWord`` may be.
    package static let kindWords = ["state", "override", "command", "probe", "retry", "config", "source", "gap"]

    /// What it is about in a word, as a filter says it.
    package var kindWord: String {
        switch kind {
        case .told(.state): "state"
        case .told(.override), .overrideLost: "override"
        case .told(.command): "command"
        case .told(.probe): "probe"
        case .told(.retryExhausted): "retry"
        case .told(.config): "config"
        case .told(.suppressed(let kind, _)): kind == "probe" ? kind : kind == "retry_exhausted" ? "retry" : "gap"
        case .gap: "gap"
        case .lost, .stopped, .appeared, .restarted, .twin, .unreadable, .tooMany: "source"
        }
    }
}
