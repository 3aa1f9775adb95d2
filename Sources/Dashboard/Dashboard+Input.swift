// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Dashboard {
    mutating func handle(_ event: InputEvent, at now: Milliseconds) -> [Effect] {
        switch event {
        case .key(let key): return handle(key, at: now)
        case .mouse(let mouse): handle(mouse)
        case .paste(let text): paste(text)
        case .resize(let size): self.size = size
        case .focus(let isFocused): return isFocused ? [.repaint] : []
        case .resumed: return [.repaint]
        case .terminate(let signal): return [.quit(status: 128 + signal)]
        case .endOfInput: return [.quit(status: 129)]
        }
        return []
    }

    private mutating func handle(_ key: Key, at now: Milliseconds) -> [Effect] {
        notice = nil
        if key == .control("l") { return [.repaint] }
        switch mode {
        case .table: return perform(Keymap.action(for: key), at: now)
        case .filter(let field): edit(field, with: key)
        case .help(let scroll): leaf(from: scroll, with: key)
        case .dialog(let dialog): return answer(dialog, with: key, at: now)
        }
        return []
    }

    private mutating func perform(_ action: Action?, at now: Milliseconds) -> [Effect] {
        switch action {
        case nil: break
        case .up: select(by: -1)
        case .down: select(by: 1)
        case .pageUp: select(by: -max(1, layout.table.rows - 1))
        case .pageDown: select(by: max(1, layout.table.rows - 1))
        case .first: selection = order.first
        case .last: selection = order.last
        case .toggleDetails: showsDetails = !areDetailsShown
        case .back: goBack()
        case .filter: mode = .filter(TextField(query.text))
        case .help: mode = .help(scroll: 0)
        case .repaint: return [.repaint]
        case .quit: return [.quit(status: 0)]
        case .forceOpen: ask(.forceOpen, at: now)
        case .clear: ask(.clear, at: now)
        case .reset: ask(.reset, at: now)
        }
        return []
    }

    private mutating func select(by step: Int) {
        guard !order.isEmpty else { return }
        selection = order[min(max(0, (selectedIndex ?? 0) + step), order.count - 1)]
    }

    private mutating func goBack() {
        if showsDetails == true {
            showsDetails = false
        } else if !query.isEmpty {
            filter("")
        }
    }

    // MARK: - Filter and help

    private mutating func edit(_ field: TextField, with key: Key) {
        var field = field
        switch key {
        case .enter: mode = .table
        case .escape, .control("c"):
            filter("")
            mode = .table
        case .up, .down: mode = .table
        default:
            _ = field.handle(key)
            mode = .filter(field)
            filter(field.text)
        }
    }

    private mutating func filter(_ text: String) {
        query = CircuitQuery(text)
        orderHeldUntil = .min
        arrange()
    }

    private mutating func leaf(from scroll: Int, with key: Key) {
        switch Keymap.action(for: key) {
        case .up: mode = .help(scroll: max(0, scroll - 1))
        case .down: mode = .help(scroll: min(scroll + 1, helpLines.count))
        case .pageUp: mode = .help(scroll: max(0, scroll - size.rows / 2))
        case .pageDown: mode = .help(scroll: min(scroll + size.rows / 2, helpLines.count))
        default: mode = .table
        }
    }

    private mutating func paste(_ text: String) {
        switch mode {
        case .filter(var field):
            field.insert(text)
            mode = .filter(field)
            filter(field.text)
        case .dialog(var dialog):
            dialog.paste(text)
            mode = .dialog(dialog)
        case .table, .help: break
        }
    }

    // MARK: - Mouse

    private mutating func handle(_ mouse: Mouse) {
        guard case .table = mode else { return }
        switch mouse.action {
        case .wheelUp: select(by: -3)
        case .wheelDown: select(by: 3)
        case .press where mouse.button == .left:
            guard layout.table.contains(mouse.position) else { return }
            let index = scroll + mouse.position.y - layout.table.y
            if order.indices.contains(index) { selection = order[index] }
        default: break
        }
    }
}
