// SPDX-License-Identifier: Apache-2.0

package import Canvas

/// A list of all columns, in which an operator says which show, in which order, and which one rows are ordered by.
package struct ColumnChooser: Sendable {
    /// What a key led to.
    package enum Outcome: Sendable, Hashable {
        /// The columns as chosen now; it stays open.
        case open([String])
        /// Close it, and order by this column.
        case sort(String)
        case closed
        /// Show the help, and come back.
        case help
    }

    /// Every column: first those that show in their order, then the others.
    package private(set) var ids: [String]
    package private(set) var shown: Set<String>
    package private(set) var index = 0

    package init(shown: [String], sorted: String) {
        self.shown = Set(shown)
        ids = shown + Column.all.map(\.id).filter { !shown.contains($0) }
        index = ids.firstIndex(of: sorted) ?? 0
    }

    /// Takes a key.
    package mutating func handle(_ key: Key) -> Outcome {
        switch key {
        case .up, .character("k"): index = max(0, index - 1)
        case .down, .character("j"): index = min(ids.count - 1, index + 1)
        case .home, .character("g"): index = 0
        case .end, .character("G"): index = ids.count - 1
        case .character(" "): toggle()
        case .character("<"), .character("K"): move(by: -1)
        case .character(">"), .character("J"): move(by: 1)
        case .character("0"): self = ColumnChooser(shown: Column.standard, sorted: ids[index])
        case .enter: return .sort(ids[index])
        case .character("?"), .function(1): return .help
        case .escape, .control("c"), .character("q"), .character("s"), .function(2), .function(6): return .closed
        default: break
        }
        return .open(ids.filter(shown.contains))
    }

    /// The name cannot be hidden: without it nobody knows what a row is about.
    private mutating func toggle() {
        guard ids[index] != Column.name else { return }
        if shown.remove(ids[index]) == nil { shown.insert(ids[index]) }
    }

    static func keys(_ theme: Theme) -> [Span] {
        let all = [
            ("Space", "shows or hides"), ("< >", "move"), ("Enter", "orders by it"), ("0", "as at first"),
            ("?", "help"), ("Esc", "closes"),
        ]
        return all.flatMap { [Span($0.0, theme.key), Span(" \($0.1)  ", theme.quiet)] }
    }

    private mutating func move(by step: Int) {
        guard ids.indices.contains(index + step) else { return }
        ids.swapAt(index, index + step)
        index += step
    }
}

extension Dashboard {
    mutating func openColumnChooser() {
        mode = .columns(ColumnChooser(shown: table.columns, sorted: table.sortColumn))
    }

    mutating func choose(_ chooser: ColumnChooser, with key: Key) -> [Effect] {
        var chooser = chooser
        switch chooser.handle(key) {
        case .open(let columns):
            table.columns = columns
            mode = .columns(chooser)
        case .help:
            let columns = helpPage.firstIndex { $0.first?.text == "Columns" }
            mode = .help(scroll: columns ?? 0, over: chooser)
        case .closed: mode = .view
        case .sort(let id):
            mode = .view
            if let column = Column.named(id) { return sort(by: column) }
        }
        return []
    }

    func draw(_ chooser: ColumnChooser, on canvas: inout Canvas) {
        let width = min(size.columns - 4, 160)
        let help = Column.named(chooser.ids[chooser.index])?.help ?? ""
        let foot =
            [Span(help, theme.plain)].wrapped(toColumns: width - 4)
            + ColumnChooser.keys(theme).wrapped(toColumns: width - 4)
        let rows = max(1, min(chooser.ids.count, size.rows - 5 - foot.count))
        let box = Rect(x: (size.columns - width) / 2, y: 2, columns: width, rows: rows + foot.count + 3)
        canvas.frame(box, title: "Columns", style: theme.title)
        let first = max(0, min(chooser.index - rows / 2, chooser.ids.count - rows))
        for (offset, id) in chooser.ids.dropFirst(first).prefix(rows).enumerated() {
            guard let column = Column.named(id) else { continue }
            let y = box.y + 1 + offset
            canvas.write(line(of: column, in: chooser), x: box.x + 1, y: y, maximumColumns: width - 2)
            guard first + offset == chooser.index else { continue }
            canvas.restyle(Rect(x: box.x + 1, y: y, columns: width - 2, rows: 1)) {
                Style(foreground: $0.foreground, attributes: .reverse)
            }
        }
        canvas.fill(
            Rect(x: box.x + 1, y: box.y + rows + 1, columns: width - 2, rows: 1), with: "─", style: theme.rule)
        for (offset, line) in foot.enumerated() {
            canvas.write(line, x: box.x + 2, y: box.y + rows + 2 + offset, maximumColumns: width - 3)
        }
    }

    /// What it is, and what becomes of it: one that is chosen may find no room.
    private func line(of column: Column, in chooser: ColumnChooser) -> [Span] {
        let isShown = chooser.shown.contains(column.id)
        let note =
            if column.id == table.sortColumn {
                Span("ordered by", theme.accent)
            } else if isShown, !columnsWithRoom.contains(column.id) {
                Span("no room", theme.attention)
            } else {
                Span(column.id == Column.name ? "always" : "", theme.quiet)
            }
        return [
            Span(isShown ? " [x] " : " [ ] ", isShown ? theme.title : theme.quiet),
            Span(column.title.padded(toColumns: 10), theme.title),
            Span(note.text.padded(toColumns: 11), note.style), Span(column.help, theme.plain),
        ]
    }
}
