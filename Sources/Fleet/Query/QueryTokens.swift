// SPDX-License-Identifier: Apache-2.0

/// A piece of a question and where it stands in it.
struct QueryToken: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// With quotes taken off; one that had some is never a field, an operator or `or`.
        case word(String, isQuoted: Bool)
        case comparison(QueryComparison)
        case not
        case open
        case close
    }

    let kind: Kind
    let place: Range<Int>
    /// Whether its last quote is still open: nothing follows.
    var isUnfinished = false
}

/// How a field is compared with a value.
package enum QueryComparison: String, Sendable, Hashable, CaseIterable {
    // Those of two characters first: this is the order in which they are looked for.
    case different = "!="
    case lacks = "!~"
    case atMost = "<="
    case atLeast = ">="
    case equal = "="
    case contains = "~"
    case less = "<"
    case greater = ">"
}

/// Takes a question to pieces.
struct QueryTokens {
    private let characters: [Character]
    private var position = 0
    private var tokens: [QueryToken] = []

    /// - Throws: ``QueryError`` for a text that is too long or whose quote is open.
    static func read(_ text: String) throws(QueryError) -> [QueryToken] {
        // A character may be of any number of scalars.
        guard text.unicodeScalars.count <= CircuitQuery.maximumLength else {
            let most = CircuitQuery.maximumLength
            throw QueryError(
                min(most, text.count)..<text.count,
                "the filter has \(text.unicodeScalars.count) characters: at most \(most) are read")
        }
        let tokens = all(of: Array(text))
        if let last = tokens.last, last.isUnfinished {
            throw QueryError(last.place, "the quote is open: end it with \"")
        }
        return tokens
    }

    /// All pieces, an open quote among them.
    static func all(of characters: [Character]) -> [QueryToken] {
        var reader = QueryTokens(characters)
        while let token = reader.next() { reader.tokens.append(token) }
        return reader.tokens
    }

    private init(_ characters: [Character]) { self.characters = characters }

    private var isValueNext: Bool {
        if case .comparison = tokens.last?.kind { true } else { false }
    }

    private mutating func next() -> QueryToken? {
        while position < characters.count, characters[position].isWhitespace { position += 1 }
        guard position < characters.count else { return nil }
        switch characters[position] {
        case "(": return taking(1, .open)
        case ")": return taking(1, .close)
        default: break
        }
        guard !isValueNext else { return word() }
        if let comparison = comparison(at: position) {
            return taking(comparison.rawValue.count, .comparison(comparison))
        }
        return characters[position] == "!" ? taking(1, .not) : word()
    }

    private mutating func taking(_ count: Int, _ kind: QueryToken.Kind) -> QueryToken {
        defer { position += count }
        return QueryToken(kind: kind, place: position..<position + count)
    }

    private func comparison(at index: Int) -> QueryComparison? {
        let pair = String(characters[index...].prefix(2))
        return QueryComparison.allCases.first { pair.hasPrefix($0.rawValue) }
    }

    /// A word ends at a space or a parenthesis, and before a comparison unless it is a value.
    private mutating func word() -> QueryToken {
        let (start, isValue) = (position, isValueNext)
        var (text, isQuoted, isInQuotes) = ("", false, false)
        while position < characters.count {
            let character = characters[position]
            if character == "\"" {
                isQuoted = true
                isInQuotes.toggle()
            } else if !isInQuotes {
                if character.isWhitespace || "()".contains(character) { break }
                if !isValue && comparison(at: position) != nil { break }
                text.append(character)
            } else {
                text.append(character)
            }
            position += 1
        }
        return QueryToken(
            kind: .word(text, isQuoted: isQuoted), place: start..<position, isUnfinished: isInQuotes)
    }
}
