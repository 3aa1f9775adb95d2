// SPDX-License-Identifier: Apache-2.0

import Dashboard
import Fleet

/// The manual page, made from the definitions of the command line and of the dashboard's keys and commands: man(7) macros, ASCII only.
struct ManualPage {
    let tool: ToolInfo

    private typealias Command = ToolInfo.CommandInfo
    private typealias Argument = ToolInfo.ArgumentInfo

    /// The commands that the help shows; the parser's own `help` explains itself.
    private var commands: [Command] {
        (tool.command.subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
    }

    /// What most commands take is told once.
    private var common: [Argument] {
        guard let first = commands.first else { return [] }
        return first.shownArguments.filter { argument in
            commands.count { $0.shownArguments.contains(argument) } > commands.count / 2
        }
    }

    /// The commands that do not take all of that.
    private var exceptions: String {
        let others = commands.filter { !common.allSatisfy($0.shownArguments.contains) }
        let names = others.map(\.commandName).joined(separator: ", ")
        return names.isEmpty ? "All commands take these." : "All commands but \(names) take these."
    }

    /// The whole page.
    var text: String {
        var page = Troff()
        page.macro("TH", "BREAKERTOP", "1", Breakertop.date, "breakertop \(Breakertop.version)", "User Commands")
        page.section("NAME")
        page.paragraph("breakertop - \(tool.command.abstract ?? "")")
        page.section("SYNOPSIS")
        page.bold(commands.map { "breakertop \(synopsis(of: $0))" })
        page.section("DESCRIPTION")
        page.paragraphs(Breakertop.introduction)
        page.section("COMMANDS")
        commands.forEach { describe($0, on: &page) }
        page.section("COMMON OPTIONS")
        page.paragraph(exceptions)
        common.forEach { describe($0, on: &page) }
        page.tagged(
            "--generate-completion-script bash|zsh|fish",
            "Print what makes that shell complete commands, options and circuits.")
        page.section("CIRCUITS AND CHANGES")
        page.paragraphs(ChangeOptions.discussion)
        page.section("EXIT STATUS")
        for status in ExitStatus.allCases { page.tagged("\(status.rawValue)", status.meaning) }
        page.section("KEYS")
        page.paragraph(ManualText.keys)
        for binding in Keymap.all { page.tagged(binding.names, binding.help) }
        page.section("SIGNS")
        page.paragraph(ManualText.signs)
        for sign in Sign.all { page.tagged(sign.text, sign.meaning) }
        page.section("FILTER")
        page.paragraphs(ManualText.filter)
        for field in QueryField.all { page.tagged(field.example, field.help + aliases(of: field)) }
        for entry in QueryOperator.all { page.tagged(entry.example, "\(entry.text): \(entry.help)") }
        page.section("DASHBOARD COMMANDS")
        page.paragraph(ManualText.commands)
        for command in PaletteCommand.all { page.tagged(command.usage, command.help) }
        for part in ManualText.parts {
            page.section(part.title)
            for entry in part.entries { page.tagged(entry.name, entry.text) }
        }
        return page.text
    }

    private func aliases(of field: QueryField) -> String {
        field.aliases.isEmpty ? "" : "; also \(field.aliases.joined(separator: ", "))"
    }

    private func describe(_ command: Command, on page: inout Troff) {
        page.subsection(command.commandName)
        // What all changes have in common is told once.
        let discussion = command.discussion == ChangeOptions.discussion ? nil : command.discussion
        page.paragraphs([command.abstract, discussion].compactMap(\.self).joined(separator: "\n"))
        for argument in command.shownArguments where !common.contains(argument) { describe(argument, on: &page) }
    }

    private func describe(_ argument: Argument, on page: inout Troff) {
        let value = argument.valueName.map { "<\($0)>" } ?? ""
        let names = argument.spellings.joined(separator: ", ")
        let tag =
            switch argument.kind {
            case .positional: value + (argument.isRepeating ? "..." : "")
            case .flag: names
            case .option: "\(names) \(value)"
            }
        page.tagged(tag, argument.abstract ?? "")
    }

    private func synopsis(of command: Command) -> String {
        let words = command.shownArguments.filter { !common.contains($0) }.map { argument in
            let name = argument.spellings.last ?? ""
            let value = argument.valueName.map { "<\($0)>" } ?? ""
            let word =
                switch argument.kind {
                case .positional: value + (argument.isRepeating ? "..." : "")
                case .flag: name
                case .option: "\(name) \(value)"
                }
            return argument.isOptional ? "[\(word)]" : word
        }
        return ([command.commandName] + words + ["[options]"]).joined(separator: " ")
    }
}
