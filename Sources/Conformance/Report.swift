// SPDX-License-Identifier: Apache-2.0

/// What came out for every rule, for people and for scripts.
package struct Report: Sendable {
    package let target: String
    /// In the order of the table.
    package let verdicts: [(rule: Rule, verdict: Verdict)]
    private let hello: JSON?

    /// Judges what was said.
    package init(_ record: Record, target: String) {
        self.target = target
        verdicts = Rule.all.map { ($0, $0.verdict(on: record)) }
        hello = (try? record[.watch])?.first("hello")?.json
    }

    package var broken: Int { count { if case .broken = $0 { true } else { false } } }
    package var notTested: Int { count { if case .notTested = $0 { true } else { false } } }
    package var kept: Int { count { $0 == .kept } }

    private func count(_ isMeant: (Verdict) -> Bool) -> Int { verdicts.count { isMeant($0.verdict) } }

    /// Lines of at most 80 columns, with nothing in them that could harm a terminal.
    package var lines: [String] {
        let name = ["service", "instance", "boot"].compactMap { hello?[$0]?.string }.map(Excerpt.of).joined(
            separator: ", ")
        let head = Self.wrapped("\(target)\(name.isEmpty ? "" : ": \(name)")", indent: 0)
        return head + verdicts.flatMap { Self.lines($0.rule, $0.verdict) }
            + ["\(verdicts.count) rules: \(kept) kept, \(broken) broken, \(notTested) not tested"]
    }

    private static func lines(_ rule: Rule, _ verdict: Verdict) -> [String] {
        switch verdict {
        case .kept: return ["kept        \(rule.id)"]
        case .notTested(let reason):
            let id = rule.id + String(repeating: " ", count: max(1, 20 - rule.id.utf8.count))
            return wrapped("not tested  \(id)\(Excerpt.of(reason))")
        case .broken(let evidence):
            let place = evidence.line.map { ", line \($0)" } ?? ""
            return ["BROKEN      \(rule.id)\(rule.severity == .should ? " (should)" : "")"]
                + wrapped(String(repeating: " ", count: indent) + rule.statement)
                + wrapped(
                    String(repeating: " ", count: indent) + "\(evidence.conversation)\(place): \(evidence.message)")
                + (evidence.excerpt.map { wrapped(String(repeating: " ", count: indent) + $0) } ?? [])
        }
    }

    private static let indent = 12
    private static let width = 80

    /// Breaks a text into lines, at spaces where there are any.
    private static func wrapped(_ text: String, indent: Int = indent) -> [String] {
        var lines: [String] = []
        var rest = Substring(text)
        while rest.count > width {
            let limit = rest.index(rest.startIndex, offsetBy: width)
            let start = rest.index(rest.startIndex, offsetBy: indent)
            let cut = rest[start..<limit].lastIndex(of: " ").flatMap { $0 > start ? $0 : nil } ?? limit
            lines.append(String(rest[..<cut]))
            rest = Substring(String(repeating: " ", count: indent) + rest[cut...].drop { $0 == " " })
        }
        return lines + [String(rest)]
    }
}

// MARK: - JSON

extension Report: Encodable {
    private enum Key: String, CodingKey {
        case version, target, service, instance, boot, kept, broken, notTested = "not_tested", rules
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(1, forKey: .version)
        try container.encode(target, forKey: .target)
        for (key, name) in [(Key.service, "service"), (.instance, "instance"), (.boot, "boot")] {
            try container.encode(hello?[name]?.string, forKey: key)
        }
        try container.encode(kept, forKey: .kept)
        try container.encode(broken, forKey: .broken)
        try container.encode(notTested, forKey: .notTested)
        try container.encode(verdicts.map { RuleEntry($0.rule, $0.verdict) }, forKey: .rules)
    }
}

/// A rule in JSON, with its verdict where there is one.
package struct RuleEntry: Encodable, Sendable {
    package var id: String
    package var section: String
    package var severity: String
    package var statement: String
    package var verdict: String?
    package var reason: String?
    package var conversation: String?
    package var line: Int?
    package var excerpt: String?

    package init(_ rule: Rule, _ verdict: Verdict? = nil) {
        (id, section, severity, statement) = (rule.id, rule.section, rule.severity.rawValue, rule.statement)
        switch verdict {
        case nil: break
        case .kept: self.verdict = "kept"
        case .notTested(let reason): (self.verdict, self.reason) = ("not_tested", reason)
        case .broken(let evidence):
            (self.verdict, reason) = ("broken", evidence.message)
            (conversation, line, excerpt) = (evidence.conversation, evidence.line, evidence.excerpt)
        }
    }
}
