// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import Foundation
import Testing

@testable import Dashboard

@Suite struct ReadmeTests {
    @Test("README's tables are the keymap, the signs, the filter's fields and operators, and the palette")
    func keys() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let file = root.appending(path: "README.md")
        var readme = try String(contentsOf: file, encoding: .utf8)
        let keys = Keymap.all.map { "| \($0.names) | \($0.place) | \($0.help) |" }.joined(separator: "\n")
        let commands = PaletteCommand.own.map { "| `\($0.usage)` | \($0.help) |" }.joined(separator: "\n")
        try expect(keys, under: "| key | in | what it does |\n|---|---|---|\n", in: &readme, at: file)
        let signs = Sign.all.map { "| `\($0.text)` | \($0.meaning) |" }.joined(separator: "\n")
        let fields = QueryField.all.map { field in
            "| \(([field.name] + field.aliases).joined(separator: " ")) | `\(field.example)` | \(field.help) |"
        }.joined(separator: "\n")
        let operators = QueryOperator.all.map { "| `\($0.text)` | `\($0.example)` | \($0.help) |" }
            .joined(separator: "\n")
        try expect(signs, under: "| sign | what it says |\n|---|---|\n", in: &readme, at: file)
        try expect(fields, under: "| field | as in | what it asks |\n|---|---|---|\n", in: &readme, at: file)
        try expect(operators, under: "| sign | as in | what it asks |\n|---|---|---|\n", in: &readme, at: file)
        try expect(commands, under: "| command | what it does |\n|---|---|\n", in: &readme, at: file)
    }

    private func expect(_ table: String, under head: String, in readme: inout String, at file: URL) throws {
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            let start = try #require(readme.range(of: head)?.upperBound)
            let end = try #require(readme.range(of: "\n\n", range: start..<readme.endIndex)?.lowerBound)
            readme.replaceSubrange(start..<end, with: table)
            try readme.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(readme.contains(head + table + "\n\n"), "README.md's table must read:\n\(head)\(table)")
    }

    @Test("Every key that acts has a command, and every command one name and a place in the help")
    func commands() {
        for binding in Keymap.all {
            guard case .act = binding.deed, binding.names != ":" else { continue }
            let command = binding.command.flatMap(PaletteCommand.named)
            #expect(command != nil, "\(binding.names) has no command: \(binding.help)")
        }
        let names = PaletteCommand.all.map(\.name)
        #expect(Set(names).count == names.count)
        let help = Scene.shop().dashboard.helpLines.map { $0.map(\.text).joined() }
        for command in PaletteCommand.all {
            #expect(
                help.contains { $0.contains("  \(command.usage) ") && $0.contains(command.help) }, "\(command.name)")
        }
        for binding in Keymap.all where binding.applies(on: .circuits) {
            #expect(help.contains { $0.contains(binding.names) && $0.contains(binding.help) }, "\(binding.names)")
        }
    }

    @Test("The help lists every sign, column, field and operator of the filter")
    func help() {
        let lines = Scene.shop().dashboard.helpLines.map { $0.map(\.text).joined() }
        for sign in Sign.all {
            #expect(lines.contains { $0.contains("  \(sign.text) ") && $0.hasSuffix(sign.meaning) }, "\(sign.text)")
        }
        for column in Column.all { #expect(lines.contains { $0.hasSuffix(column.help) }, "\(column.id)") }
        for field in QueryField.all {
            #expect(lines.contains { $0.contains(field.example) && $0.hasSuffix(field.help) }, "\(field.name)")
        }
        for entry in QueryOperator.all {
            #expect(lines.contains { $0.contains(entry.text) && $0.hasSuffix(entry.help) }, "\(entry.text)")
        }
    }

    @Test("The signs name every glyph of a state")
    func glyphs() {
        let signs = Sign.all.map(\.text)
        let standings: [CircuitStanding] =
            CircuitState.allCases.map { .calculated($0) } + [
                .forced(.forcedOpen, calculated: nil), .forced(.forcedClosed, calculated: nil), .stale(nil, .none),
                .stopped,
            ]
        for standing in standings {
            #expect(signs.contains("\(Theme().glyph(standing)) \(standing.word)"))
        }
    }

    @Test("Every key does one thing")
    func unambiguous() {
        for screen in Screen.ID.allCases {
            for isOfThePast in [false, true] {
                let keys = Keymap.all.filter { $0.applies(on: screen) && $0.isOfThePast == isOfThePast }.flatMap(\.keys)
                #expect(Set(keys).count == keys.count, "in the view \(screen)")
            }
        }
    }
}
