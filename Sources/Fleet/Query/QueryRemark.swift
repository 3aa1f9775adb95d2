// SPDX-License-Identifier: Apache-2.0

extension CircuitQuery {
    /// What is read otherwise than it may have been meant, for when nothing matches: a word that is nearly a field, a field
    /// that is compared with nothing, a value with commas in it. A sentence; `nil` = all of it is plain.
    package var remark: String? {
        let tokens = QueryTokens.all(of: Array(text))
        for (index, token) in tokens.enumerated() {
            guard case .word(let word, isQuoted: false) = token.kind else { continue }
            if index > 0, case .comparison(let comparison) = tokens[index - 1].kind {
                let field = index > 1 ? tokens[index - 2].kind : nil
                guard case .word(let name, _) = field, let remark = Self.remark(onValue: word, of: name, comparison)
                else {
                    continue
                }
                return remark
            }
            if index + 1 < tokens.count, case .comparison = tokens[index + 1].kind { continue }
            if let remark = Self.remark(onWord: word) { return remark }
        }
        return nil
    }

    private static func remark(onValue value: String, of field: String, _ comparison: QueryComparison) -> String? {
        let parts = value.split(separator: ",").prefix(3)
        guard parts.count > 1 else { return nil }
        let terms = parts.map { "\(field)\(comparison.rawValue)\($0)" }.joined(separator: " or ")
        return "“\(value.prefix(40))” is one value: for any of them say \(terms)"
    }

    private static func remark(onWord word: String) -> String? {
        guard QueryField.alone(word) == nil, !["or", "and", "not"].contains(word.lowercased()) else { return nil }
        if let field = QueryField.named(word) {
            return
                "“\(word.prefix(20))” alone is looked for as a word: as a field it is compared, as in \(field.example)"
        }
        guard let near = NearestWord.find(word, among: QueryField.names), let field = QueryField.named(near) else {
            return nil
        }
        return "“\(word.prefix(20))” is looked for as a word: did you mean the field \(near), as in \(field.example)?"
    }
}
