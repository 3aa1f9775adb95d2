// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import breakertop

@Suite struct GlobTests {
    @Test(
        "A pattern stands for the texts that a shell's user expects",
        arguments: [
            ("pay*", "payments", true), ("pay*", "pay", true), ("pay*", "repay", false), ("*pay", "repay", true),
            ("*", "", true), ("", "", true), ("", "a", false), ("?", "", false), ("?", "ü", true), ("a?c", "abc", true),
            ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXcYb", false), ("**a**", "a", true), ("a.c", "abc", false),
            ("[a-c]x", "bx", true), ("[a-c]x", "dx", false), ("[!a-c]x", "dx", true), ("[^a-c]x", "ax", false),
            ("[*]", "*", true), ("[*]", "a", false), ("[]]", "]", true), ("[a-]", "-", true), ("[-a]", "-", true),
            ("[!]]", "]", false), ("PAY", "pay", false), ("a/*", "a/b/c", true),
        ])
    func matches(pattern: String, text: String, isMatch: Bool) {
        #expect(Glob(pattern).matches(text) == isMatch)
    }

    @Test(
        "A bracket that nothing closes and a range that runs backwards are no trap",
        arguments: [
            ("[abc", "[abc", true), ("[", "[", true), ("[!", "[!", true), ("[]", "[]", true), ("[z-a]", "m", false),
        ])
    func oddBrackets(pattern: String, text: String, isMatch: Bool) {
        #expect(Glob(pattern).matches(text) == isMatch)
    }

    @Test("A pattern full of stars ends soon on a text that does not fit", .timeLimit(.minutes(1)))
    func isBounded() {
        let pattern = String(repeating: "a*", count: 400) + "b"
        #expect(!Glob(pattern).matches(String(repeating: "a", count: 20_000)))
    }

    @Test(
        "Only what can stand for another text is a pattern",
        arguments: [("pay", false), ("p*", true), ("p?", true), ("[p]", true), ("[p", false)])
    func isPattern(text: String, isPattern: Bool) {
        #expect(Glob(text).isPattern == isPattern)
    }
}
