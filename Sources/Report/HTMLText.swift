// SPDX-License-Identifier: Apache-2.0

/// Text and values that stand in HTML, whoever wrote them.
enum HTMLText {
    static func escaped(_ text: String) -> String {
        var clean = ""
        clean.reserveCapacity(text.utf8.count)
        for character in text.unicodeScalars {
            switch character {
            case "&": clean += "&amp;"
            case "<": clean += "&lt;"
            case ">": clean += "&gt;"
            case "\"": clean += "&quot;"
            case "'": clean += "&#39;"
            default: clean.unicodeScalars.append(character)
            }
        }
        return clean
    }

    /// A sentence; what comes from elsewhere is told apart by its looks.
    static func escaped(_ sentence: Sentence) -> String {
        sentence.parts.map { part in
            switch part {
            case .words(let words): escaped(words)
            case .strong(let words): "<b>\(escaped(words))</b>"
            case .foreign(let text): "<span class=\"named\">\(escaped(text))</span>"
            }
        }.joined()
    }

    /// A sentence where no tag may stand.
    static func plain(_ sentence: Sentence) -> String {
        sentence.parts.map { part in
            switch part {
            case .words(let text), .strong(let text), .foreign(let text): escaped(text)
            }
        }.joined()
    }

    /// A share of the width, as `12.345%`.
    static func percent(_ share: Double) -> String {
        let thousandths = Int((min(1, max(0, share)) * 100_000).rounded())
        let rest = String(thousandths % 1_000)
        return "\(thousandths / 1_000).\(String(repeating: "0", count: 3 - rest.count))\(rest)%"
    }
}
