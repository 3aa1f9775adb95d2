// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerTelemetry
import Feeds
import Fleet
import FoundationEssentials

/// Where services are looked for, and in whose name.
struct SourceOptions: ParsableArguments {
    @Option(
        name: [.customShort("t"), .customLong("target")],
        help: ArgumentHelp(
            "Follow this, and what further --target name: \(Target.forms) (default: $BREAKERTOP_TARGETS, or else the folders).",
            valueName: "target"),
        completion: .file(), transform: { try Target(parsing: $0) })
    var targets: [Target] = []

    @Option(
        name: .customLong("dir"),
        help: ArgumentHelp(
            "Follow the sockets in this folder (default: $BREAKERTOP_DIR and the usual places).", valueName: "folder"),
        completion: .directory)
    var folder: String?

    @OptionGroup var tls: TLSOptions

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "Your name for the audit, beside the authenticated user (default: $BREAKERTOP_OPERATOR or $USER).",
            valueName: "name"))
    var claimed: String?

    var operatorName: String {
        let environment = ProcessInfo.processInfo.environment
        return claimed ?? environment["BREAKERTOP_OPERATOR"] ?? environment["USER"] ?? ""
    }

    /// The feed of every service found, dated by this clock, and where it looks.
    /// - Parameter tellsOfLeftovers: whether a socket that a dead service left is told of.
    func feed(_ clock: MonitorClock, tellsOfLeftovers: Bool = false) -> (feed: any Feed, places: Places) {
        // What does not parse was refused by `validate`.
        let feed = TargetsFeed(
            targets: try? chosen, tls: tls.files, serverName: tls.serverName,
            client: "breakertop/\(Breakertop.version)", tellsOfLeftovers: tellsOfLeftovers, clock: clock)
        return (feed, Places(names: feed.places))
    }

    /// The targets that were named; `nil` where none was.
    private var chosen: [Target]? {
        get throws {
            let named = targets + (folder.map { [Target.folder(path: $0)] } ?? [])
            guard named.isEmpty else { return named }
            let text = ProcessInfo.processInfo.environment["BREAKERTOP_TARGETS"] ?? ""
            let words = text.split { $0 == "," || $0.isWhitespace }
            return words.isEmpty ? nil : try words.map { try Target(parsing: String($0)) }
        }
    }

    func validate() throws {
        guard operatorName.count <= Command.maximumTextLength else {
            throw ValidationError("your name is longer than \(Command.maximumTextLength) characters")
        }
        do {
            _ = try chosen
        } catch {
            throw ValidationError("$BREAKERTOP_TARGETS: \(error)")
        }
    }

    private static let names = ["--target", "-t", "--dir", "--ca", "--cert", "--key", "--server-name"]

    /// Those of a command line's words that say where to look.
    static func arguments(in words: [String]) -> [String] {
        words.indices.flatMap { index -> [String] in
            let next = words.index(after: index)
            if names.contains(words[index]), words.indices.contains(next) { return [words[index], words[next]] }
            return names.contains { words[index].hasPrefix("\($0)=") } ? [words[index]] : []
        }
    }
}
