// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fleet

@Suite struct QueryCompletionsTests {
    private let names = QueryCompletions.Names { kind, prefix in
        let all: [QueryCompletions.Names.Kind: [String]] = [
            .services: ["orders", "Billing dept"], .targets: ["payments", "pay (old)"],
        ]
        return all[kind, default: []].filter { $0.lowercased().hasPrefix(prefix.lowercased()) }
    }

    private func complete(_ text: String, at cursor: Int? = nil) -> QueryCompletions {
        QueryCompletions(for: text, cursor: cursor ?? text.count, names: names)
    }

    @Test("Every comparison has a line of help, and every example is a question")
    func operators() throws {
        let signs = QueryOperator.all.map(\.text)
        for comparison in QueryComparison.allCases { #expect(signs.contains(comparison.rawValue)) }
        for entry in QueryOperator.all { #expect(try !CircuitQuery(entry.example).isEmpty, "\(entry.text)") }
    }

    @Test("The beginning of a word becomes a field, a whole field gets its operators")
    func fields() {
        #expect(complete("forced st").words == ["state", "stale", "stopped"])
        #expect(complete("forced st").place == 7..<9)
        #expect(complete("fail").words == ["fail=", "fail!=", "fail>", "fail>=", "fail<", "fail<="])
        #expect(complete("").words.count == QueryField.all.count)
        #expect(complete("zzz").words.isEmpty)
        #expect(complete("st open", at: 2).words == ["state", "stale", "stopped"], "the cursor decides")
    }

    @Test("The first words in their order are kept, each once, whichever way they come")
    func firstWords() {
        let words = (100..<300).map { "w\($0)" }
        for order in [words, words.reversed(), words.shuffled() + words] {
            var first = FirstWords(maximum: 50)
            for word in order { first.add(word) }
            #expect(first.all == Array(words.prefix(50)))
        }
    }

    @Test("A value becomes a known one: of an enumeration, or of the fleet's names, quoted where it must be")
    func values() throws {
        #expect(complete("state=for").words == ["forced-open", "forced-closed"])
        #expect(complete("(svc~").words == ["orders", "\"Billing dept\""])
        #expect(complete("target = PAY").words == ["payments", "\"pay (old)\""])
        #expect(complete("fail>").words.isEmpty)
        #expect(complete("nonsense=").words.isEmpty)
        for word in complete("target=").words { _ = try CircuitQuery("target=" + word) }
        for word in complete("state=").words { _ = try CircuitQuery("state=" + word) }
    }
}
