// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Dashboard {
    mutating func handle(_ event: InputEvent, readAt: Milliseconds, at now: Milliseconds) -> [Effect] {
        switch event {
        case .key(let key): return handle(key, readAt: readAt, at: now)
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

    private mutating func handle(_ key: Key, readAt: Milliseconds, at now: Milliseconds) -> [Effect] {
        notice = nil
        if key == .control("l") { return [.repaint] }
        switch mode {
        case .table: return perform(Keymap.deed(of: key), at: now)
        case .filter(let field): edit(field, with: key)
        case .help(let scroll): leaf(from: scroll, with: Keymap.deed(of: key))
        case .dialog(let dialog): return answer(dialog, with: key, readAt: readAt, at: now)
        }
        return []
    }

    private mutating func perform(_ deed: Binding.Deed?, at now: Milliseconds) -> [Effect] {
        switch deed {
        case nil: return []
        case .act(let act): return act(&self, now)
        case .move(let movement):
            move(movement)
            return []
        }
    }

    private mutating func move(_ movement: Movement) {
        let page = max(1, layout.table.rows - 1)
        switch movement {
        case .up: select(by: -1)
        case .down: select(by: 1)
        case .pageUp: select(by: -page)
        case .pageDown: select(by: page)
        case .first: selection = order.first
        case .last: selection = order.last
        }
    }

    private mutating func select(by step: Int) {
        guard !order.isEmpty else { return }
        selection = order[min(max(0, (selectedIndex ?? 0) + step), order.count - 1)]
    }

    mutating func toggleDetails() {
        showsDetails = !areDetailsWanted
        if areDetailsWanted, layout.details.isEmpty { notice = "no room for the details: the screen is too low" }
    }

    mutating func goBack() {
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

    /// Movements turn the pages of the help; any other key leaves it.
    private mutating func leaf(from scroll: Int, with deed: Binding.Deed?) {
        guard case .move(let movement) = deed else {
            mode = .table
            return
        }
        let last = helpLines.count
        let next =
            switch movement {
            case .up: scroll - 1
            case .down: scroll + 1
            case .pageUp: scroll - size.rows / 2
            case .pageDown: scroll + size.rows / 2
            case .first: 0
            case .last: last
            }
        mode = .help(scroll: max(0, min(next, last)))
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
