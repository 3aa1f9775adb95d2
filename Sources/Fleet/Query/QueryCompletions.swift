// SPDX-License-Identifier: Apache-2.0

/// What a word of a question may become.
package struct QueryCompletions: Sendable, Hashable {
    /// The most that are offered.
    package static let maximum = 50

    /// The names of a fleet that values may be.
    package struct Names: Sendable {
        package enum Kind: Sendable, Hashable { case services, instances, circuits, targets }

        /// The first of a kind that begin with a text, in order.
        let beginning: @Sendable (Kind, _ prefix: String) -> [String]

        /// - Parameter beginning: is asked for the one kind of which a value is typed.
        package init(_ beginning: @escaping @Sendable (Kind, _ prefix: String) -> [String] = { _, _ in [] }) {
            self.beginning = beginning
        }

        fileprivate func values(of field: QueryField, beginningWith prefix: String) -> [String] {
            switch field.name {
            case "service": beginning(.services, prefix)
            case "instance": beginning(.instances, prefix)
            case "circuit": beginning(.circuits, prefix)
            case "target": beginning(.targets, prefix)
            default: QueryCompletions.beginning(with: prefix, of: field.choices)
            }
        }
    }

    /// The characters that a completion takes the place of.
    package let place: Range<Int>
    package let words: [String]

    /// What the word before the cursor may become: a field, with the operators once it is whole, or a value.
    package init(for text: String, cursor: Int, names: Names = Names()) {
        let typed = Array(text.prefix(min(max(0, cursor), CircuitQuery.maximumLength)))
        let tokens = QueryTokens.all(of: typed)
        var (start, word, field): (Int, String, QueryField?) = (typed.count, "", nil)
        var before = tokens[...]
        if let last = tokens.last, case .word(let text, _) = last.kind, last.place.upperBound == typed.count {
            (start, word) = (last.place.lowerBound, text)
            before = tokens.dropLast()
        }
        if case .comparison = before.last?.kind, case .word(let name, _) = before.dropLast().last?.kind {
            field = QueryField.named(name)
            words = field.map { names.values(of: $0, beginningWith: word).map(Self.quoted) } ?? []
        } else {
            words = Self.fields(beginningWith: word)
        }
        place = start..<typed.count
    }

    private static func fields(beginningWith word: String) -> [String] {
        guard let field = QueryField.named(word), !field.comparisons.isEmpty else {
            return beginning(with: word, of: QueryField.all.map(\.name))
        }
        return field.comparisons.map { word + $0.rawValue }
    }

    fileprivate static func beginning(with word: String, of all: [String]) -> [String] {
        let word = word.lowercased()
        return Array(all.lazy.filter { $0.lowercased().hasPrefix(word) }.prefix(maximum))
    }

    /// A value that would be taken to pieces otherwise.
    private static func quoted(_ value: String) -> String {
        value.contains { $0.isWhitespace || "()\"".contains($0) } ? "\"\(value.filter { $0 != "\"" })\"" : value
    }
}
