// SPDX-License-Identifier: Apache-2.0

/// A question to the circuits: `state=open fail>20% svc~pay target=payments forced`.
///
/// Terms side by side must all hold; `or`, `not` or `!`, and parentheses join them otherwise; `not` binds closest, `or` least.
/// A term is a ``QueryField`` compared with a value, a field that stands alone, or a word that is found anywhere in a
/// circuit's names, target, tags or state, upper and lower case alike. Quotes make anything a plain word or value.
/// What is unknown fulfils no comparison, not even `!=`.
package struct CircuitQuery: Sendable {
    /// The most characters of a question.
    package static let maximumLength = 500

    /// What was typed.
    package let text: String
    private let root: QueryNode?

    /// Lets every circuit through.
    package init() {
        text = ""
        root = nil
    }

    /// Reads a question.
    ///
    /// - Throws: ``QueryError``, which says what is wrong with which word.
    package init(_ text: String) throws(QueryError) {
        var parser = QueryParser(try QueryTokens.read(text))
        self.text = text
        root = try parser.parse()
    }

    /// Lets through what holds all these words, between spaces, whatever characters they are of.
    package init(plainWords text: String) {
        self.text = text
        let words = text.split(separator: " ").map { QueryNode.term(.word(SearchText($0))) }
        root = words.isEmpty ? nil : .all(words)
    }

    package var isEmpty: Bool { root == nil }

    /// Whether a circuit passes. It allocates nothing for ASCII text.
    package func matches(_ view: CircuitView) -> Bool { root?.holds(of: view) ?? true }
}

/// Why a text is no question.
package struct QueryError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Which characters of the text are meant.
    package let place: Range<Int>
    /// A sentence that names the word and what to do.
    package let description: String

    init(_ place: Range<Int>, _ description: String) {
        self.place = place
        self.description = description
    }
}

/// A condition, or several. At most ``QueryParser/maximumNesting`` deep.
indirect enum QueryNode: Sendable {
    case all([QueryNode])
    case any([QueryNode])
    case not(QueryNode)
    case term(QueryTerm)

    func holds(of view: CircuitView) -> Bool {
        switch self {
        case .all(let nodes):
            for node in nodes where !node.holds(of: view) { return false }
            return true
        case .any(let nodes):
            for node in nodes where node.holds(of: view) { return true }
            return false
        case .not(let node): return !node.holds(of: view)
        case .term(let term): return term.holds(of: view)
        }
    }
}
