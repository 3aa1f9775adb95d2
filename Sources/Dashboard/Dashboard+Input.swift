// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

extension Dashboard {
    mutating func handle(_ event: InputEvent, readAt: Milliseconds, at now: TelemetryInstant) -> [Effect] {
        switch event {
        case .key(let key): return handle(key, readAt: readAt, at: now)
        case .mouse(let mouse): return handle(mouse)
        case .paste(let text): return paste(text)
        case .resize(let size):
            self.size = size
            // As much of what is broken first as the cursor leaves in sight.
            table.scroll = 0
            // What the dialog says stands elsewhere now, or can be read again.
            operations.settle()
        case .focus(let isFocused):
            if isFocused { operations.settle() }
            return isFocused ? [.repaint] : []
        case .resumed:
            // Keys were typed elsewhere meanwhile, and the dialog is seen anew.
            operations.settle()
            return [.repaint]
        case .terminate(let signal): return [.quit(status: 128 + signal)]
        case .endOfInput: return [.quit(status: 129)]
        }
        return []
    }

    private mutating func handle(_ key: Key, readAt: Milliseconds, at now: TelemetryInstant) -> [Effect] {
        keyReadAt = readAt
        if readAt < deafUntil, case .character = key {
            // Who goes on typing has not looked yet.
            deafUntil = readAt.saturatingSum(OrderDialog.settlingTime)
            return []
        }
        if key == .enter, isView, readAt < enterDeafUntil {
            enterDeafUntil = readAt.saturatingSum(OrderDialog.repeatTime)
            return []
        }
        if readAt < chordUntil, case .character = key { return [] }
        if case .alt = key, !isTextTyped {
            // For text only. Escape with something typed right behind it looks the same on a slow line: that is no command.
            chordUntil = readAt.saturatingSum(Self.chordTime)
            if isView { return [] }
        }
        (notice, search) = (nil, nil)
        if !Self.quitting.contains(key) { quitAskedAt = nil }
        if key == .control("l") { return [.repaint] }
        guard isDrawn || Self.leaving.contains(key) else { return [] }
        if operations.dialog != nil { return answer(with: key, readAt: readAt, at: now) }
        switch mode {
        case .view:
            if let pastRefusal, Keymap.all.contains(where: { $0.isOrder && $0.keys.contains(key) }) {
                refuse(pastRefusal, at: now.up)
                return []
            }
            let deed = Keymap.deed(of: key, on: screen, inThePast: transport != nil)
            if deed == nil, Keymap.all.contains(where: { $0.isOrder && $0.keys.contains(key) }) {
                refuseOutOfSight(at: now.up)
            }
            return perform(deed, at: now.up)
        case .prompt(let prompt):
            defer { if key == .enter { operations.openedByEnter(readAt: readAt) } }
            return edit(prompt, with: key, at: now.up)
        case .help(let scroll, let chooser):
            leaf(from: scroll, over: chooser, with: Keymap.deed(of: key, on: screen, inThePast: false))
        case .columns(let chooser): return choose(chooser, with: key)
        }
        return []
    }

    /// Whether keys are for the view: neither dialog nor prompt nor list is open.
    private var isView: Bool {
        guard case .view = mode else { return false }
        return operations.dialog == nil
    }

    private var isTextTyped: Bool {
        if case .prompt = mode { return true }
        return operations.dialog != nil
    }

    private static let quitting: Set<Key> = [.character("q"), .control("c"), .function(10)]

    /// What is taken while the screen is too small to show what a key would do.
    private static let leaving: Set<Key> = [.escape, .control("c"), .character("q")]

    private mutating func perform(_ deed: Binding.Deed?, at now: Milliseconds) -> [Effect] {
        switch deed {
        case nil: return []
        case .act(let act): return act(&self, now)
        case .move(let movement):
            Screen.named(screen).move(&self, movement, body)
            return []
        }
    }

    // MARK: - Views

    mutating func show(_ screen: Screen.ID) {
        if screen == .circuit, self.screen != .circuit {
            shownCircuit = selection
            table.stick()
        }
        self.screen = screen
    }

    /// Goes to the next view, or the one before.
    mutating func turn(by step: Int) {
        let all = Screen.all.map(\.id)
        let index = all.firstIndex(of: screen) ?? 0
        show(all[(index + step + all.count) % all.count])
    }

    /// Goes to a circuit, wherever it is told of. What hides it from the table gives way: the cursor stays where it is seen.
    mutating func visit(_ key: CircuitKey, on screen: Screen.ID) -> [Effect] {
        table.selected = .circuit(key)
        show(screen)
        shownCircuit = key
        table.locateSelection(in: fleet)
        guard let circuit = fleet.circuit(key), let handle = fleet.handle(of: key), table.shown(of: [handle]).isEmpty
        else { return [] }
        table.folded.remove(table.grouping.group(of: circuit))
        if table.isFiltered {
            table.filter = CircuitQuery()
            table.isFaultsOnly = false
            notice = "the filter hid \(key.displayName): it is dropped"
        }
        return surveyAnew()
    }

    /// One step back: what is open closes, a view goes back to the circuits, then the filter goes.
    mutating func goBack() -> [Effect] {
        if screen != .circuits {
            show(.circuits)
        } else if table.showsDetails == true {
            table.showsDetails = false
        } else if table.isFiltered {
            table.isFaultsOnly = false
            table.filter = CircuitQuery()
            return surveyAnew()
        }
        return []
    }

    // MARK: - Prompts and help

    /// Opens a prompt, with what its line may begin with.
    mutating func open(_ prompt: Prompt) {
        var prompt = prompt
        suggest(to: &prompt)
        mode = .prompt(prompt)
    }

    private mutating func edit(_ prompt: Prompt, with key: Key, at now: Milliseconds) -> [Effect] {
        var prompt = prompt
        switch key {
        case .enter: return enter(prompt, at: now)
        case .escape, .control("c"):
            mode = .view
            prompt.field = TextField(prompt.former, maximum: 500)
            return take(&prompt)
        case .tab, .backTab: if prompt.complete(by: key == .tab ? 1 : -1) { suggest(to: &prompt) }
        case .up, .down:
            history.leaf(&prompt, by: key == .up ? 1 : -1)
            suggest(to: &prompt)
        default: if prompt.field.handle(key) { suggest(to: &prompt) }
        }
        let effects = take(&prompt)
        mode = .prompt(prompt)
        return effects
    }

    /// Looks anew what the word before the cursor may become.
    private func suggest(to prompt: inout Prompt) {
        let (text, cursor) = (prompt.field.text, prompt.field.cursor)
        switch prompt.kind {
        case .filter: prompt.offer(filterCompletions(of: text, cursor: cursor))
        case .find: break
        case .command: prompt.offer(CommandLine(text).completions(in: self))
        }
    }

    /// Lets what is being typed take effect as far as it is right.
    private mutating func take(_ prompt: inout Prompt) -> [Effect] {
        (prompt.problem, prompt.problemPlace) = (nil, nil)
        switch prompt.kind {
        case .filter:
            do {
                return try Screen.named(screen).filter?.take(&self, prompt.field.text) ?? []
            } catch {
                (prompt.problem, prompt.problemPlace) = (error.description.sanitizedForDisplay(), error.place)
            }
        case .find: table.find = prompt.field.text
        case .command: prompt.problem = CommandLine(prompt.field.text).presentProblem
        }
        return []
    }

    private mutating func enter(_ prompt: Prompt, at now: Milliseconds) -> [Effect] {
        if prompt.kind == .command { return enter(command: prompt, at: now) }
        guard prompt.problem == nil else {
            notice = prompt.problem
            return []
        }
        history.add(prompt.field.text, to: prompt.kind)
        mode = .view
        if prompt.kind == .filter { return keepFilter() }
        find(by: 1, includingThis: true)
        return []
    }

    /// Movements turn the pages of the help; any other key leaves it.
    private mutating func leaf(from scroll: Int, over chooser: ColumnChooser?, with deed: Binding.Deed?) {
        guard case .move(let movement) = deed else {
            mode = chooser.map(Mode.columns) ?? .view
            return
        }
        let last = helpPage.count
        let next =
            switch movement {
            case .up: scroll - 1
            case .down: scroll + 1
            case .pageUp: scroll - size.rows / 2
            case .pageDown: scroll + size.rows / 2
            case .first: 0
            case .last: last
            }
        mode = .help(scroll: max(0, min(next, last)), over: chooser)
    }

    private mutating func paste(_ text: String) -> [Effect] {
        guard operations.dialog == nil else {
            operations.paste(text)
            return []
        }
        switch mode {
        case .prompt(var prompt):
            prompt.field.insert(text)
            suggest(to: &prompt)
            let effects = take(&prompt)
            mode = .prompt(prompt)
            return effects
        case .view, .help, .columns: notice = "pasted text is not for the views: / filters by it, : takes commands"
        }
        return []
    }

    // MARK: - Mouse

    private mutating func handle(_ mouse: Mouse) -> [Effect] {
        guard case .view = mode, operations.dialog == nil else { return [] }
        if let moment = transportMoment(at: mouse.position), mouse.button == .left,
            mouse.action == .press || mouse.action == .drag
        {
            return travel { $0.seek(to: moment) }
        }
        let view = Screen.named(screen)
        switch mouse.action {
        case .wheelUp: for _ in 0..<3 { view.move(&self, .up, body) }
        case .wheelDown: for _ in 0..<3 { view.move(&self, .down, body) }
        case .press where mouse.button == .left:
            if mouse.position.y == headerRows, let id = tab(at: mouse.position.x) {
                show(id)
            } else {
                view.click(&self, mouse.position, body)
            }
        default: break
        }
        return []
    }
}
