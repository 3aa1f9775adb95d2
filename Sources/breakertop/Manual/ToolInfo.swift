// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials

/// The command line as the parser describes it: the definitions that parsing, help and completions come from.
struct ToolInfo: Decodable {
    var command: CommandInfo

    struct CommandInfo: Decodable {
        var commandName: String
        var abstract: String?
        var discussion: String?
        var shouldDisplay: Bool
        var subcommands: [CommandInfo]?
        var arguments: [ArgumentInfo]?

        /// What a user may know about.
        var shownArguments: [ArgumentInfo] { (arguments ?? []).filter(\.shouldDisplay) }
    }

    struct ArgumentInfo: Decodable, Hashable {
        enum Kind: String, Decodable {
            case positional, option, flag
        }

        struct Name: Decodable, Hashable {
            var kind: String
            var name: String

            var text: String { kind == "long" ? "--\(name)" : "-\(name)" }
        }

        var kind: Kind
        var shouldDisplay: Bool
        var isOptional: Bool
        var isRepeating: Bool
        var names: [Name]?
        var valueName: String?
        var abstract: String?

        /// Its names, short ones first.
        var spellings: [String] { (names ?? []).map(\.text).sorted { ($0.count, $0) < ($1.count, $1) } }
    }

    /// Reads it from the parser.
    static func read() throws -> ToolInfo {
        let json = Breakertop._dumpHelp()
        return try JSONDecoder().decode(ToolInfo.self, from: Data(json.utf8))
    }
}
