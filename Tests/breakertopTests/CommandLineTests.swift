// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dashboard
import Fleet
import Testing

@testable import breakertop

@Suite struct CommandLineTests {
    @Test(
        "A mistyped command is met with the one that was meant",
        arguments: [
            ("opne", "open"), ("clsoe", "close"), ("wtach", "watch"), ("Check", "check"), ("dash", "dashboard"),
            ("prob", "probe"), ("lst", "list"),
        ])
    func nearest(word: String, command: String) {
        #expect(ShowDashboard.complaint(about: word).contains("did you mean '\(command)'?"))
    }

    @Test("A word that is near to nothing is met with all commands", arguments: ["dance", "x", "", "c"])
    func farFromAll(word: String) {
        #expect(ShowDashboard.complaint(about: word).contains("there are dashboard, list"))
    }

    @Test("A command after its options is told where it belongs")
    func order() {
        #expect(ShowDashboard.complaint(about: "list").contains("the command comes first"))
    }

    @Test("The value of an option that there is not blames the option")
    func unknownOption() {
        let wrong = ShowDashboard.complaint(about: "bob", in: ["--operator", "bob"])
        #expect(wrong.hasPrefix("unknown option '--operator'"))
        #expect(ShowDashboard.complaint(about: "x", in: ["--targt", "x"]).hasSuffix("did you mean '--target'?"))
        #expect(ShowDashboard.complaint(about: "bob", in: ["--read-only", "bob"]).hasPrefix("unknown command 'bob'"))
        for before in ["--sort=calls", "--"] {
            #expect(ShowDashboard.complaint(about: "x", in: [before, "x"]).hasPrefix("unknown command 'x'"))
        }
        #expect(ShowDashboard.complaint(about: "x", in: ["--targt=a", "x"]).hasSuffix("did you mean '--target'?"))
    }

    @Test("Every command and option, key and command of the dashboard is in the manual page, and every exit status")
    func manual() throws {
        let tool = try ToolInfo.read()
        let page = ManualPage(tool: tool).text.replacing("\\-", with: "-")
        let commands = (tool.command.subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
        #expect(commands.count >= 9)
        for command in commands {
            #expect(page.contains(".SS \"\(command.commandName)\"\n"))
            let section = page.split(separator: ".SS \"\(command.commandName)\"").last ?? ""
            for argument in command.shownArguments {
                for name in argument.spellings { #expect(section.contains(name), "\(command.commandName) \(name)") }
            }
        }
        for binding in Keymap.all { #expect(page.contains(entry(binding.names, binding.help)), "\(binding.names)") }
        for command in PaletteCommand.all {
            #expect(page.contains(entry(command.usage, command.help)), "\(command.name)")
        }
        for sign in Sign.all { #expect(page.contains(entry(sign.text, sign.meaning)), "\(sign.text)") }
        for field in QueryField.all { #expect(page.contains(".B \(argument(field.example))\n"), "\(field.name)") }
        for entry in QueryOperator.all { #expect(page.contains(".B \(argument(entry.example))\n"), "\(entry.text)") }
        for status in ExitStatus.allCases { #expect(page.contains(".B \(status.rawValue)\n")) }
        #expect(page.utf8.allSatisfy { $0 < 128 })
    }

    /// A tag as the page has it, hyphens as they are.
    private func argument(_ tag: String) -> String {
        String(entry(tag, "").dropFirst(".TP\n.B ".count).prefix { $0 != "\n" })
    }

    /// As the page has it, hyphens as they are.
    private func entry(_ tag: String, _ meaning: String) -> String {
        var page = Troff()
        page.tagged(tag, meaning)
        return page.text.replacing("\\-", with: "-")
    }

    @Test("Text cannot become a request of troff")
    func troff() {
        var page = Troff()
        page.paragraph(".so /etc/passwd\\n(.x 'a → ü")
        #expect(page.text == "\\&.so /etc/passwd\\en(.x \\(aqa \\[u2192] \\[u00FC]\n")
        page = Troff()
        page.tagged("a \"b\"", "c \"d\"")
        page.bold(["a \"b\""])
        #expect(page.text == ".TP\n.B a \\(dqb\\(dq\nc \"d\"\n.B a \\(dqb\\(dq\n")
    }

    @Test(
        "What a shell might evaluate is never offered as a completion",
        arguments: [
            "$(reboot)", "`id`", "a b", "a;b", "a\nb", "-rf", "~root", "a{b,c}", "a'b", "a\"b", "a\\b", "a*b", "!1",
            "#a", "", "a=b", "<(x)",
        ])
    func harmful(name: String) {
        var shop = Shop()
        shop.connect("orders", "orders-1", circuits: [name.isEmpty ? "x" : name])
        #expect(!CircuitCompletion.isHarmless(name))
        #expect(!CircuitCompletion.candidates(for: "", among: shop.fleet.circuits()).contains(name))
    }

    @Test("Completions are the names that begin so; a slash asks for those with a place in them")
    func completions() {
        let circuits = Shop.standard().fleet.circuits()
        #expect(CircuitCompletion.candidates(for: "ban", among: circuits) == ["bank"])
        #expect(
            CircuitCompletion.candidates(for: "orders-1/", among: circuits) == [
                "orders-1/payments.charge", "orders-1/stock",
            ])
        #expect(CircuitCompletion.candidates(for: "zzz", among: circuits).isEmpty)
    }

    @Test("Of words with commas between them the last is completed, with what is not said yet")
    func wordLists() {
        func candidates(_ prefix: String) -> [String] {
            WordListCompletion.candidates(for: prefix, among: ["open", "half_open", "stale"])
        }
        #expect(candidates("") == ["open", "half_open", "stale"])
        #expect(candidates("h") == ["half_open"])
        #expect(candidates("open,") == ["open,half_open", "open,stale"])
        #expect(candidates("open,stale,x").isEmpty)
    }

    @Test("A time below nothing is said to be no time, not to be missing")
    func negativeTime() throws {
        let error = #expect(throws: (any Error).self) { try LifetimeOption.parse(["--for", "-5m"]) }
        #expect(LifetimeOption.fullMessage(for: try #require(error)).contains("“-5m” is no time"))
    }

    @Test("While it cannot be read where to look, nothing is offered from elsewhere")
    func unreadableSources() {
        #expect(CircuitCompletion.sources(in: ["breakertop", "open", "-t", "orders:70", ""]) == nil)
        #expect(CircuitCompletion.sources(in: ["breakertop", "open", "-t", "/a", ""])?.targets.count == 1)
        #expect(CircuitCompletion.sources(in: ["breakertop", "open", ""])?.targets.isEmpty == true)
    }

    @Test("Where to look is taken from the words that are on the line already")
    func sourcesInWords() {
        let words = ["breakertop", "open", "--dir", "/a", "x", "--target=/b", "-t", "unix:/c", "--dirt", "d", "--dir"]
        #expect(SourceOptions.arguments(in: words) == ["--dir", "/a", "--target=/b", "-t", "unix:/c"])
    }
}
