// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

/// The line of commands: typing, completing, doing.
extension Dashboard {
    /// Does what was typed, unless there is no such command: then it can be mended.
    mutating func enter(command prompt: Prompt, at now: Milliseconds) -> [Effect] {
        let line = CommandLine(prompt.field.text)
        if let problem = line.problem {
            notice = problem
            return []
        }
        guard let command = line.command else { return [] }
        if command.arguments.isEmpty, !line.arguments.isEmpty {
            notice = "\(command.name) takes nothing behind it"
            return []
        }
        history.add(prompt.field.text, to: .command)
        mode = .view
        if command.isOrder, let pastRefusal {
            refuse(pastRefusal, at: now)
            return []
        }
        if command.isOrder, command.screens?.contains(screen) == false {
            refuseOutOfSight(at: now)
            return []
        }
        if let screens = command.screens, !screens.contains(screen),
            let first = Screen.all.first(where: { screens.contains($0.id) })
        {
            show(first.id)
        }
        return command.run(&self, line.arguments, now)
    }

    // MARK: - What shows above the line

    /// The command's help, on the row above the candidates.
    func drawUsage(of prompt: Prompt, on canvas: inout Canvas) {
        let text: [Span]
        if let command = CommandLine(prompt.field.text).command {
            text = [Span(" :\(command.usage)", theme.title), Span("  \(command.help)")]
        } else {
            text = [Span(" \(prompt.candidates.count) commands", theme.quiet)]
        }
        canvas.fill(Rect(x: 0, y: statusRow - 1, columns: size.columns, rows: 1))
        canvas.write(text, x: 0, y: statusRow - 1, maximumColumns: size.columns)
    }

    // MARK: - Commands with arguments

    /// What `/` does in the present view, with a text or asking for it.
    mutating func filter(by text: String) -> [Effect] {
        guard !text.isEmpty else {
            openFilter()
            return []
        }
        showFiltered()
        do {
            guard let effects = try Screen.named(screen).filter?.take(&self, text) else { return [] }
            history.add(text, to: .filter)
            return effects
        } catch {
            notice = error.description
            return []
        }
    }

    mutating func find(words: String) -> [Effect] {
        guard !words.isEmpty else {
            open(Prompt(.find, text: table.find))
            return []
        }
        table.find = words
        history.add(words, to: .find)
        find(by: 1, includingThis: true)
        return []
    }

    mutating func sort(byColumn id: String) -> [Effect] {
        do {
            return sort(by: try TableArrangement.column(id))
        } catch {
            notice = error.description
            return []
        }
    }

    mutating func group(byKind kind: String) -> [Effect] {
        if kind.isEmpty { return groupByNext() }
        do {
            return group(by: try TableArrangement.grouping(kind))
        } catch {
            notice = error.description
            return []
        }
    }

    mutating func show(columns text: String) {
        guard !text.isEmpty else { return openColumnChooser() }
        do {
            table.columns = try TableArrangement.columns(text)
            let hidden = table.columns.filter { !columnsWithRoom.contains($0) }.compactMap { Column.named($0)?.title }
            if !hidden.isEmpty { notice = "no room on this screen for \(hidden.joined(separator: ", "))" }
        } catch {
            notice = error.description
        }
    }

    // MARK: - Going to a circuit

    mutating func go(to place: String) -> [Effect] {
        let found = fleet.instances.values.flatMap { instance in
            let names = [instance.identity.service, instance.identity.instance]
            return instance.circuits.values.lazy.map(\.value.key).filter { key in
                names.contains { place == "\($0)/\(key.name)" }
            }
        }
        let live = found.filter { fleet.instances[$0.instance]?.lostAt == nil }.sorted()
        guard let key = live.first ?? found.min() else {
            notice = "no circuit “\(place.sanitizedForDisplay(maxColumns: 40))”; Tab completes SERVICE/CIRCUIT"
            return []
        }
        let effects = visit(key, on: screen == .circuit ? .circuit : .circuits)
        if live.count > 1 { notice = "the first of \(live.count): \(key.displayName)" }
        return effects
    }

    /// The services that begin so, and behind the slash their circuits.
    func placeCompletions(of text: String) -> Completions {
        let typed = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var words = FirstWords(maximum: QueryCompletions.maximum)
        func add(_ word: String) {
            // What would not look like what it is cannot be typed either.
            if words.wants(word), word.sanitizedForDisplay(maxColumns: 200) == word { words.add(word) }
        }
        for instance in fleet.instances.values {
            for name in [instance.identity.service, instance.identity.instance] {
                if typed.count < 2 {
                    if name.hasPrefix(text) { add("\(name)/") }
                } else if name == typed[0] {
                    for circuit in instance.circuits.values.lazy.map(\.value.key.name)
                    where circuit.hasPrefix(typed[1]) { add("\(name)/\(circuit)") }
                }
            }
        }
        return Completions(place: 0..<text.count, words: words.all)
    }
}
