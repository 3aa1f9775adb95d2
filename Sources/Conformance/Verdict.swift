// SPDX-License-Identifier: Apache-2.0

/// What came out for one rule.
package enum Verdict: Sendable, Hashable {
    case kept
    case broken(Evidence)
    case notTested(String)
}

/// Where a rule was seen broken.
package struct Evidence: Sendable, Hashable {
    /// Which conversation.
    package var conversation: String
    /// The number of the service's line in it, from 1; `nil` when the line is what is missing.
    package var line: Int?
    /// The beginning of that line, safe to show.
    package var excerpt: String?
    /// What is wrong and what was expected, safe to show.
    package var message: String
}

/// Why a check ends before it can say that its rule is kept.
enum Finding: Error {
    case broken(Evidence)
    case notTested(String)
}

extension Transcript {
    /// Says that a rule is broken here.
    func broken(_ message: String, _ line: ReceivedLine? = nil) -> Finding {
        .broken(
            Evidence(conversation: name, line: line?.number, excerpt: line?.excerpt, message: Excerpt.of(message)))
    }

    /// The first line of a type that a check needs; without it another rule is at stake.
    func needed(_ type: String) throws(Finding) -> ReceivedLine {
        guard let line = first(type) else { throw .notTested("no `\(type)` came in \(name)") }
        return line
    }

    /// The line that was sent for this purpose.
    func needed(sent label: String) throws(Finding) -> Sent {
        guard let line = sent(label) else { throw .notTested("\(name) did not get that far") }
        return line
    }
}
