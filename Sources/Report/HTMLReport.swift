// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Dashboard
import Fleet

/// A post-mortem as one HTML page that needs nothing else: no script, no network, no font.
package struct HTMLReport {
    private let report: PostMortem

    package static func text(of report: PostMortem) -> String { HTMLReport(report: report).page }

    private var page: String {
        let title = HTMLText.plain("Incident report, \(words: CivilSpan(report.span).text)")
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>\(title)</title>
            <style>
            \(HTMLStyle.text)
            </style>
            </head>
            <body>
            \(HTMLDrawing.definitions)
            <main>
            \(head)
            \(summary)
            \(HTMLDrawing(report).timeLine)
            \(HTMLCurves(report).section)
            \(report.tables.map(table).joined(separator: "\n"))
            <footer>Made by breakertop from \(HTMLText.escaped(.foreign(report.file))).</footer>
            </main>
            </body>
            </html>

            """
    }

    private var head: String {
        let lines = report.head.map { "<div><dt>\($0.name)</dt><dd>\(HTMLText.escaped($0.value))</dd></div>" }
        return """
            <header>
            <h1>Incident report</h1>
            <dl>
            \(lines.joined(separator: "\n"))
            </dl>
            </header>
            """
    }

    private var summary: String {
        let lines = report.summary.map { "<li>\(HTMLText.escaped($0))</li>" }
        return "<section id=\"summary\">\n<h2>Summary</h2>\n<ul>\n\(lines.joined(separator: "\n"))\n</ul>\n</section>"
    }

    private func table(_ table: ReportTable) -> String {
        let id = table.title.lowercased().replacing(" ", with: "-")
        guard !table.rows.isEmpty else {
            return "<section id=\"\(id)\">\n<h2>\(table.title)</h2>\n<p>\(table.empty)</p>\n</section>"
        }
        let titles = table.columns.map { "<th scope=\"col\">\($0)</th>" }.joined()
        let rows = table.rows.map { row in
            let cells = zip(table.columns, row).map { title, cell in
                let text = cell.isEmpty ? "<span class=\"none\">–</span>" : HTMLText.escaped(cell)
                // On a narrow page each cell says what it is.
                return "<td\(Self.width(of: title)) data-title=\"\(title)\">\(text)</td>"
            }
            return "<tr>\(cells.joined())</tr>"
        }
        let more = table.more > 0 ? "\n<p>And \(Format.count(Int64(table.more))) more.</p>" : ""
        return """
            <section id="\(id)">
            <h2>\(table.title)</h2>
            <table>
            <thead><tr>\(titles)</tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody>
            </table>\(more)
            </section>
            """
    }

    private static func width(of column: String) -> String {
        switch column {
        case "When", "Opened": " class=\"when\""
        case "Circuit", "Why", "How it ended", "Outage": " class=\"wide\""
        default: ""
        }
    }
}
