// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
package import Canvas
import Fleet

extension Dashboard {
    /// The smallest screen that is drawn; below it stands one sentence.
    package static let minimumSize = Size(columns: 60, rows: 12)

    /// Where things are on the main screen, from top to bottom.
    struct Layout {
        var table: Rect
        var details: Rect
        var events: Rect
        var statusRow: Int
        var footerRow: Int
    }

    /// Whether the details pane is wanted: as asked, else where there is room for it.
    var areDetailsWanted: Bool { showsDetails ?? (size.rows >= 34) }

    /// The table keeps at least this many rows beside the details.
    private static let leastTableRows = 3

    var layout: Layout {
        let top = headerRows + 2
        let footer = size.rows - 1
        let eventRows = size.rows >= 34 ? 6 : size.rows >= 18 ? 3 : 1
        let events = Rect(x: 0, y: footer - 1 - eventRows, columns: size.columns, rows: eventRows)
        // A rule stands above the events, and one above the details.
        let room = events.y - 2 - top - Self.leastTableRows
        let detailRows = areDetailsWanted ? max(0, min(DetailsPane.rows, room)) : 0
        let details = Rect(x: 0, y: events.y - 1 - detailRows, columns: size.columns, rows: detailRows)
        let tableEnd = detailRows > 0 ? details.y - 1 : events.y - 1
        let table = Rect(x: 0, y: top, columns: size.columns, rows: max(0, tableEnd - top))
        return Layout(table: table, details: details, events: events, statusRow: footer - 1, footerRow: footer)
    }

    /// Draws the screen.
    package func view() -> Canvas {
        var canvas = Canvas(size: size)
        guard size.columns >= Self.minimumSize.columns, size.rows >= Self.minimumSize.rows else {
            let needed = "\(Self.minimumSize.columns)×\(Self.minimumSize.rows)"
            let text = "terminal too small: \(size.columns)×\(size.rows), needs \(needed)"
            canvas.write(text, x: 0, y: 0)
            return canvas
        }
        drawHeader(on: &canvas)
        drawTable(on: &canvas)
        if !layout.details.isEmpty { drawDetails(on: &canvas) }
        drawEvents(on: &canvas)
        drawStatus(on: &canvas)
        drawFooter(on: &canvas)
        switch mode {
        case .table, .filter: break
        case .help(let scroll): drawHelp(scroll: scroll, on: &canvas)
        case .dialog(let dialog): draw(dialog, on: &canvas)
        }
        return canvas
    }
}
