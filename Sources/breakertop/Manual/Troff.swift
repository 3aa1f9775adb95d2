// SPDX-License-Identifier: Apache-2.0

/// Text for man(1): every character of the text stands for itself, whatever troff would make of it.
struct Troff {
    private(set) var text = ""

    /// A request with its arguments; a hyphen in those is left as it is, since dates are read by machines too.
    mutating func macro(_ name: String, _ arguments: String...) {
        let words = arguments.map { argument in
            "\"\(Self.escape(argument).replacing("\\-", with: "-").replacing("\"", with: "\\(dq"))\""
        }
        text += ([".\(name)"] + words).joined(separator: " ") + "\n"
    }

    mutating func section(_ title: String) { macro("SH", title) }

    mutating func subsection(_ title: String) { macro("SS", title) }

    /// A paragraph of its own.
    mutating func paragraph(_ line: String) { text += Self.line(line) }

    /// Paragraphs that are parted by empty lines.
    mutating func paragraphs(_ paragraphs: String) {
        for (index, paragraph) in paragraphs.split(separator: "\n", omittingEmptySubsequences: true).enumerated() {
            if index > 0 { text += ".PP\n" }
            self.paragraph(String(paragraph))
        }
    }

    /// Lines in bold type, each alone.
    mutating func bold(_ lines: [String]) {
        text += lines.map { ".B \(Self.argument($0))\n" }.joined(separator: ".br\n")
    }

    /// A word and what it means.
    mutating func tagged(_ tag: String, _ meaning: String) {
        text += ".TP\n.B \(Self.argument(tag))\n" + Self.line(meaning)
    }

    /// A text, broken where a person would break it.
    private static func line(_ line: String) -> String {
        var lines = [""]
        for word in escape(line).split(separator: " ") {
            if lines[lines.count - 1].count + word.count > 78 { lines.append("") }
            lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
        }
        // A point at a line's begin would make it a request; an apostrophe is escaped already.
        return lines.map { ($0.hasPrefix(".") ? "\\&" : "") + $0 + "\n" }.joined()
    }

    /// Of a request, whose own quotes part its arguments.
    private static func argument(_ text: String) -> String { escape(text).replacing("\"", with: "\\(dq") }

    private static func escape(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "'": result += "\\(aq"
            case "`": result += "\\(ga"
            case "^": result += "\\(ha"
            case "~": result += "\\(ti"
            case "\n": result += " "
            case " "..."~": result.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\[u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "]"
            }
        }
    }
}
