// SPDX-License-Identifier: Apache-2.0

/// One rule of the protocol and how to see whether a service keeps it.
///
/// All of them are listed in ``all``; to add one, write it into the table of its topic, and plant a publisher that
/// breaks it: a test asks for one.
package struct Rule: Sendable, Identifiable {
    package enum Severity: String, Sendable {
        /// Without it a monitor goes wrong.
        case must
        /// A monitor gets along without it.
        case should
    }

    /// What the rule is called, in kebab-case.
    package let id: String
    /// Where the protocol's page states it.
    package let section: String
    package let severity: Severity
    /// The rule itself, after the page.
    package let statement: String
    private let check: @Sendable (Record) throws(Finding) -> Void

    init(
        _ id: String, _ section: String, _ statement: String, severity: Severity = .must,
        check: @escaping @Sendable (Record) throws(Finding) -> Void
    ) {
        (self.id, self.section, self.severity, self.statement) = (id, section, severity, statement)
        self.check = check
    }

    /// A rule that one conversation shows.
    init(
        _ id: String, _ section: String, _ statement: String, severity: Severity = .must, in dialogue: Dialogue,
        check: @escaping @Sendable (Transcript) throws(Finding) -> Void
    ) {
        self.init(id, section, statement, severity: severity) { record throws(Finding) in
            try check(try record[dialogue])
        }
    }

    /// A rule that every conversation must keep; those that say nothing about it do not count.
    static func everywhere(
        _ id: String, _ section: String, _ statement: String, severity: Severity = .must,
        check: @escaping @Sendable (Transcript) throws(Finding) -> Void
    ) -> Rule {
        Rule(id, section, statement, severity: severity) { record throws(Finding) in
            var isKept = false
            var reason: String?
            for transcript in record.transcripts {
                do throws(Finding) {
                    try check(transcript)
                    isKept = true
                } catch {
                    guard case .notTested(let why) = error else { throw error }
                    reason = reason ?? why
                }
            }
            guard isKept else { throw .notTested(reason ?? "no conversation came about") }
        }
    }

    /// Looks into what was said.
    package func verdict(on record: Record) -> Verdict {
        do throws(Finding) {
            try check(record)
            return .kept
        } catch {
            switch error {
            case .broken(let evidence):
                // What is missing may be what we did not listen to.
                if evidence.line == nil, let reason = record.cutOff(evidence.conversation) { return .notTested(reason) }
                return .broken(evidence)
            case .notTested(let reason): return .notTested(reason)
            }
        }
    }

    /// The table, in the order of a conversation.
    package static let all: [Rule] =
        hello + picture + form + rows + instants + events + replay + manners + mistakes + commands + overrides
        + farewell
}
