// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fleet

@Suite struct QueryCompletionsTests {
    private let names = QueryCompletions.Names(
        services: ["orders", "Billing dept"], targets: ["payments", "pay (old)"])

    private func complete(_ text: String, at cursor: Int? = nil) -> QueryCompletions {
        QueryCompletions(for: text, cursor: cursor ?? text.count, names: names)
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
