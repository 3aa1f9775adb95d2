// SPDX-License-Identifier: Apache-2.0

/// Puts the pieces of a question together.
struct QueryParser {
    /// How deep parentheses and negations may be within each other.
    static let maximumNesting = 20

    private let tokens: [QueryToken]
    private var position = 0
    private var nesting = 0

    init(_ tokens: [QueryToken]) { self.tokens = tokens }

    /// - Returns: `nil` when there is nothing to be asked.
    mutating func parse() throws(QueryError) -> QueryNode? {
        guard !tokens.isEmpty else { return nil }
        let node = try alternatives()
        if let rest = token { throw QueryError(rest.place, "“)” closes nothing: take it away, or put “(” before") }
        return node
    }

    private var token: QueryToken? { position < tokens.count ? tokens[position] : nil }

    /// The end of the text, for what is missing there.
    private var end: Range<Int> { tokens.last.map { $0.place } ?? 0..<0 }

    private func isNext(_ keyword: String) -> Bool {
        if case .word(let text, isQuoted: false) = token?.kind { text.lowercased() == keyword } else { false }
    }

    private mutating func alternatives() throws(QueryError) -> QueryNode {
        var nodes = [try terms()]
        while isNext("or") {
            position += 1
            nodes.append(try terms())
        }
        return nodes.count == 1 ? nodes[0] : .any(nodes)
    }

    private mutating func terms() throws(QueryError) -> QueryNode {
        var nodes = [try condition()]
        while let token, token.kind != .close, !isNext("or") {
            if isNext("and") { position += 1 }
            nodes.append(try condition())
        }
        return nodes.count == 1 ? nodes[0] : .all(nodes)
    }

    private mutating func condition() throws(QueryError) -> QueryNode {
        guard let token else {
            throw QueryError(end, "something is missing at the end: a word, or a field with a value")
        }
        if isNext("or") || isNext("and") {
            throw QueryError(
                token.place, "something is missing before “\(shown(token))”: quote it to look for the word")
        }
        position += 1
        switch token.kind {
        case .not: return .not(try nested(in: token) { parser throws(QueryError) in try parser.condition() })
        case .word(let text, isQuoted: false) where text.lowercased() == "not" && !isComparisonNext:
            return .not(try nested(in: token) { parser throws(QueryError) in try parser.condition() })
        case .open:
            let node = try nested(in: token) { parser throws(QueryError) in try parser.alternatives() }
            guard self.token?.kind == .close else { throw QueryError(token.place, "“(” is not closed: put “)” after") }
            position += 1
            return node
        case .close: throw QueryError(token.place, "nothing stands before “)”: put a word there, or take it away")
        case .comparison(let comparison):
            throw QueryError(token.place, "“\(comparison.rawValue)” needs a field before it, such as fail>20%")
        case .word(let text, let isQuoted): return .term(try term(text, isQuoted: isQuoted, at: token.place))
        }
    }

    private var isComparisonNext: Bool {
        if case .comparison = token?.kind { true } else { false }
    }

    private mutating func nested(
        in token: QueryToken, _ read: (inout QueryParser) throws(QueryError) -> QueryNode
    ) throws(QueryError) -> QueryNode {
        guard nesting < Self.maximumNesting else {
            throw QueryError(
                token.place, "this is nested more than \(Self.maximumNesting) deep: say it with fewer parentheses")
        }
        nesting += 1
        defer { nesting -= 1 }
        return try read(&self)
    }

    private func shown(_ token: QueryToken) -> String {
        if case .word(let text, _) = token.kind { String(text.prefix(20)) } else { "" }
    }

    // MARK: - Terms

    private mutating func term(_ text: String, isQuoted: Bool, at place: Range<Int>) throws(QueryError) -> QueryTerm {
        guard case .comparison(let comparison) = token?.kind else {
            return (isQuoted ? nil : QueryField.alone(text)) ?? .word(SearchText(text))
        }
        let sign = token?.place ?? place
        position += 1
        guard let field = isQuoted ? nil : QueryField.named(text) else { throw unknownField(text, at: place) }
        guard field.comparisons.contains(comparison) else { throw wrongComparison(field, comparison, at: sign) }
        guard case .word(let value, _) = token?.kind, !value.isEmpty, let valuePlace = token?.place else {
            throw QueryError(
                place.lowerBound..<sign.upperBound,
                "“\(text.prefix(20))\(comparison.rawValue)” lacks a value, such as \(field.example)")
        }
        position += 1
        return try field.term(named: text, comparison, value, at: valuePlace)
    }

    private func unknownField(_ text: String, at place: Range<Int>) -> QueryError {
        guard text.lowercased() != "tag" else {
            return QueryError(place, "“\(text)” needs the tag's key: say it as in tag:team=checkout")
        }
        let hint = NearestWord.find(text, among: QueryField.names).map { "did you mean \($0)?" }
        let names = QueryField.all.filter { !$0.comparisons.isEmpty }.map(\.name).joined(separator: ", ")
        return QueryError(place, "“\(text.prefix(20))” is no field: \(hint ?? "there are \(names)")")
    }

    private func wrongComparison(_ field: QueryField, _ comparison: QueryComparison, at place: Range<Int>) -> QueryError
    {
        let signs = field.comparisons.map(\.rawValue).joined(separator: " ")
        let advice =
            signs.isEmpty ? "stands alone, or as !\(field.name)" : "is compared with \(signs), as in \(field.example)"
        return QueryError(place, "“\(comparison.rawValue)” does not go with \(field.name), which \(advice)")
    }
}
