// SPDX-License-Identifier: Apache-2.0

extension Canvas {
    /// The rows as plain text, one a line, without the spaces at their ends: a golden screen that one can review.
    package var text: String {
        (0..<size.rows).map(rowText).joined(separator: "\n")
    }

    /// `text`, then a line for each row with styles: `y: from-to style, …`, columns counted from 0, both inclusive.
    package var styledText: String {
        let styles = (0..<size.rows).compactMap { y in
            let runs = styleRuns(y)
            return runs.isEmpty ? nil : "\(y): " + runs.joined(separator: ", ")
        }
        return ([text, "-- styles"] + styles).joined(separator: "\n")
    }

    private func rowText(_ y: Int) -> String {
        let row = cells[(y * size.columns)..<((y + 1) * size.columns)]
        guard let end = row.lastIndex(where: { !$0.isBlank }) else { return "" }
        var text = ""
        for cell in row[...end] { cell.append(to: &text) }
        return text
    }

    private func styleRuns(_ y: Int) -> [String] {
        var runs: [String] = []
        var start = 0
        for x in 0..<size.columns {
            let style = self[x, y].style
            guard x == size.columns - 1 || self[x + 1, y].style != style else { continue }
            if style != .plain { runs.append("\(start)-\(x) \(style)") }
            start = x + 1
        }
        return runs
    }
}
