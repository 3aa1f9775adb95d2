// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Dashboard
import Fleet

/// A post-mortem as Markdown that GitHub, GitLab and pandoc read alike. Texts from elsewhere stand as code: nothing in them
/// is a tag, a link, a mention or a mark.
package struct MarkdownReport {
    private let report: PostMortem
    private var text = ""

    /// The columns of a strip of states.
    private static let stripColumns = 72
    private static let nameColumns = 36

    package static func text(of report: PostMortem) -> String {
        var writer = MarkdownReport(report: report)
        writer.write()
        return writer.text
    }

    private init(report: PostMortem) { self.report = report }

    private mutating func write() {
        line("# Incident report")
        line()
        for (name, value) in report.head { line("- **\(name):** \(Self.escaped(value))") }
        line()
        line("Times are UTC.")
        heading("Summary")
        for sentence in report.summary { line("- \(Self.escaped(sentence))") }
        heading("Time line")
        strips()
        for table in report.tables { write(table) }
    }

    private mutating func line(_ words: String = "") { text += words + "\n" }

    private mutating func heading(_ title: String) {
        line()
        line("## \(title)")
        line()
    }

    private mutating func write(_ table: ReportTable) {
        heading(table.title)
        guard !table.rows.isEmpty else { return line(table.empty) }
        line("| \(table.columns.joined(separator: " | ")) |")
        line("|\(String(repeating: "---|", count: table.columns.count))")
        for row in table.rows {
            line("| \(row.map { Self.escaped($0, inTable: true) }.joined(separator: " | ")) |")
        }
        if table.more > 0 {
            line()
            line("And \(Format.count(Int64(table.more))) more.")
        }
    }

    // MARK: - The time line

    private mutating func strips() {
        guard !report.lanes.isEmpty else { return line("No circuit had trouble.") }
        var lines: [String] = []
        let indent = String(repeating: " ", count: Self.nameColumns + 1)
        lines.append(indent + axis())
        var service: String?
        for lane in report.lanes {
            if lane.key.instance.service != service {
                service = lane.key.instance.service
                lines.append(lane.key.instance.service.sanitizedForDisplay(maxColumns: Self.nameColumns))
            }
            lines.append(name(lane).padded(toColumns: Self.nameColumns) + " " + strip(lane.strip))
        }
        if !report.actions.isEmpty { lines.append("operators".padded(toColumns: Self.nameColumns) + " " + marks()) }
        let fence = Self.fence(beyond: lines.joined(separator: "\n"), atLeast: 3)
        line(fence + "text")
        for each in lines { line(each.trimmed) }
        line(fence)
        line()
        let legend = ShownState.allCases.reversed().map { "`\($0.glyph)` \($0.word)" }
        line(legend.joined(separator: ", ") + "; of what one character covers, the worst.")
        let rest = report.troubled - report.lanes.count
        if rest > 0 { line("\n\(rest.of("more circuit")) had trouble.") }
    }

    private func name(_ lane: PostMortem.Lane) -> String {
        let (name, instance) = (lane.key.name, lane.key.instance.instance)
        return "  \(instance)/\(name)".sanitizedForDisplay(maxColumns: Self.nameColumns)
    }

    private func strip(_ strip: TimeStrip) -> String {
        let (start, end) = (report.span.lowerBound, report.span.upperBound)
        let (length, columns) = (max(1, end - start), Milliseconds(Self.stripColumns))
        return String(
            (0..<columns).map { column in
                let from = start + length / columns * column + length % columns * column / columns
                let to = start + length / columns * (column + 1) + length % columns * (column + 1) / columns
                return strip.worst(from: from, to: max(to, from + 1)).glyph
            })
    }

    private func axis() -> String {
        var cells = Array(repeating: " " as Character, count: Self.stripColumns + 8)
        var free = 0
        for tick in report.clock.ticks(atMost: 8) {
            let column = Int(report.clock.share(tick.at) * Double(Self.stripColumns))
            let label = "╷" + tick.label
            guard column >= free, column + label.count <= cells.count else { continue }
            for (offset, character) in label.enumerated() { cells[column + offset] = character }
            free = column + label.count + 1
        }
        return String(cells)
    }

    private func marks() -> String {
        var cells = Array(repeating: " " as Character, count: Self.stripColumns)
        for (index, action) in report.actions.enumerated() where action.at >= report.span.lowerBound {
            let column = min(Self.stripColumns - 1, Int(report.clock.share(action.at) * Double(Self.stripColumns)))
            cells[column] = cells[column] != " " ? "+" : index < 9 ? Character(String(index + 1)) : "+"
        }
        return String(cells)
    }

    // MARK: - Escaping

    static func escaped(_ sentence: Sentence, inTable: Bool = false) -> String {
        sentence.parts.map { part in
            switch part {
            case .words(let words): words
            case .strong(let words): "**\(words)**"
            case .foreign(let text): code(text, inTable: inTable)
            }
        }.joined()
    }

    /// A text as code, whatever is in it.
    private static func code(_ text: String, inTable: Bool) -> String {
        let fence = fence(beyond: text, atLeast: 1)
        let isBlank = text.allSatisfy { $0 == " " }
        let isTrimmed = text.hasPrefix(" ") && text.hasSuffix(" ") && !isBlank
        let room = text.hasPrefix("`") || text.hasSuffix("`") || isTrimmed
        // Readers do not agree on what ends a cell after a backslash.
        let shown = inTable ? text.replacing("|", with: "¦") : text
        return room ? "\(fence) \(shown) \(fence)" : "\(fence)\(shown)\(fence)"
    }

    /// More backticks than stand anywhere in a row.
    private static func fence(beyond text: String, atLeast count: Int) -> String {
        var (longest, run) = (0, 0)
        for byte in text.utf8 {
            run = byte == UInt8(ascii: "`") ? run + 1 : 0
            longest = max(longest, run)
        }
        return String(repeating: "`", count: max(count, longest + 1))
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
