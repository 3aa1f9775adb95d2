// SPDX-License-Identifier: Apache-2.0

/// What a word of a question may become.
package struct QueryCompletions: Sendable, Hashable {
    /// The most that are offered.
    package static let maximum = 50

    /// The names of a fleet that values may be.
    package struct Names: Sendable {
        package var services: [String]
        package var instances: [String]
        package var circuits: [String]
        package var targets: [String]

        package init(
            services: [String] = [], instances: [String] = [], circuits: [String] = [], targets: [String] = []
        ) {
            self.services = services
            self.instances = instances
            self.circuits = circuits
            self.targets = targets
        }

        fileprivate func values(of field: QueryField) -> [String] {
            switch field.name {
            case "service": services
            case "instance": instances
            case "circuit": circuits
            case "target": targets
            default: field.choices
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
            words = field.map { Self.beginning(with: word, of: names.values(of: $0)).map(Self.quoted) } ?? []
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

    private static func beginning(with word: String, of all: [String]) -> [String] {
        let word = word.lowercased()
        return Array(all.lazy.filter { $0.lowercased().hasPrefix(word) }.prefix(maximum))
    }

    /// A value that would be taken to pieces otherwise.
    private static func quoted(_ value: String) -> String {
        value.contains { $0.isWhitespace || "()\"".contains($0) } ? "\"\(value.filter { $0 != "\"" })\"" : value
    }
}
