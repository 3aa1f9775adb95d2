// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
package import Canvas
import Fleet

extension Dashboard {
    /// The smallest screen that is drawn; below it stands one sentence.
    package static let minimumSize = Size(columns: 60, rows: 12)

    /// Whether there is room to draw anything.
    var isDrawn: Bool { size.columns >= Self.minimumSize.columns && size.rows >= Self.minimumSize.rows }

    /// The block of the screen that belongs to the view: between the tabs and the line of status.
    var body: Rect {
        let top = headerRows + 1
        return Rect(x: 0, y: top, columns: size.columns, rows: max(0, statusRow - top))
    }

    var statusRow: Int { size.rows - (transport == nil ? 2 : 3) }
    /// Where the moments are that there are; only while one before now is shown.
    var transportRow: Int { size.rows - 2 }
    var footerRow: Int { size.rows - 1 }

    /// Draws the screen.
    package func view() -> Canvas {
        var canvas = Canvas(size: size)
        guard isDrawn else {
            drawTooSmall(on: &canvas)
            return canvas
        }
        drawHeader(on: &canvas)
        drawTabs(on: &canvas)
        if case .help(let scroll, _) = mode {
            drawHelp(scroll: scroll, on: &canvas)
        } else {
            Screen.named(screen).draw(self, &canvas, body)
        }
        drawStatus(on: &canvas)
        drawTransport(on: &canvas)
        drawFooter(on: &canvas)
        switch mode {
        case .columns(let chooser): draw(chooser, on: &canvas)
        case .view, .prompt, .help: break
        }
        operations.drawDialog(on: &canvas, theme: theme, clock: clock)
        return canvas
    }

    /// Where it does not fit one line it has three, each as short as it can be: of the last, what it needs, no word is cut off
    /// where there is any room.
    private func drawTooSmall(on canvas: inout Canvas) {
        let lines = [
            isReplay ? "REPLAY, too small:" : "too small:", "is \(size.columns)×\(size.rows),",
            "need \(Self.minimumSize.columns)×\(Self.minimumSize.rows)",
        ].suffix(max(0, size.rows))
        let text =
            (isReplay ? "REPLAY, " : "")
            + "terminal too small: \(size.columns)×\(size.rows), needs \(Self.minimumSize.columns)×\(Self.minimumSize.rows)"
        guard text.displayWidth > size.columns else {
            canvas.write(text, x: 0, y: 0)
            return
        }
        for (y, line) in lines.enumerated() { canvas.write(line, x: 0, y: y) }
    }
}
