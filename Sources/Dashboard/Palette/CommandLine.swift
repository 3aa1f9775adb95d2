// SPDX-License-Identifier: Apache-2.0

import Canvas
import Fleet

/// What stands in the line of commands: a command's name and what follows it.
struct CommandLine {
    let name: String
    let arguments: String
    /// Where the arguments begin; `nil` = the name is still being typed.
    private let start: Int?

    init(_ text: String) {
        let typed = Array(text)
        let from = typed.firstIndex { $0 != " " } ?? typed.count
        let end = typed[from...].firstIndex(of: " ") ?? typed.count
        name = String(typed[from..<end])
        start = end < typed.count ? typed[end...].firstIndex { $0 != " " } ?? typed.count : nil
        arguments = start.map { String(typed[$0...]) } ?? ""
    }

    /// The command that is meant: the one of that name, or the only one that begins so.
    var command: PaletteCommand? {
        if let exact = PaletteCommand.named(name) { return exact }
        let all = beginning
        return all.count == 1 ? all.first : nil
    }

    private var beginning: [PaletteCommand] {
        name.isEmpty ? [] : PaletteCommand.all.filter { $0.name.hasPrefix(name.lowercased()) }
    }

    /// Why there is no such command; `nil` = there is, or none was typed.
    var problem: String? {
        guard !name.isEmpty, command == nil else { return nil }
        let shown = name.sanitizedForDisplay(maxColumns: 30)
        let meant = beginning.map(\.name)
        guard meant.isEmpty else { return "“\(shown)” could be \(meant.prefix(6).joined(separator: ", "))" }
        let nearest = NearestWord.find(name, among: PaletteCommand.all.map(\.name))
        return "unknown command “\(shown)”; \(nearest.map { "did you mean \($0)?" } ?? "Tab shows all there are")"
    }

    /// What is wrong already, before it is typed to its end.
    var presentProblem: String? { start == nil && !beginning.isEmpty ? nil : problem }

    /// What the end of the line may become: a command while its name is typed, then its arguments.
    func completions(in dashboard: Dashboard) -> Completions {
        guard let start else {
            // Behind a name that takes more, the cursor stands where that is typed.
            let names = dashboard.commands.map { $0.arguments.isEmpty ? $0.name : $0.name + " " }
            return Completions(of: name, among: names.sorted())
        }
        return command?.completions(dashboard, arguments).moved(by: start) ?? Completions()
    }
}
