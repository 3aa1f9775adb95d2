// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerSockets
import BreakerTelemetry
import Fleet
import FoundationEssentials
import Recording

/// `breakertop recording …`: what can be done with a recording besides looking at it.
struct RecordingTools: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recording", abstract: "Tell what is in a recording, check it, make something else of it.",
        subcommands: [
            RecordingInfo.self, RecordingVerify.self, RecordingReport.self, RecordingCat.self, RecordingExport.self,
            RecordingCut.self, RecordingMerge.self,
        ])
}

struct RecordingInfo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "info", abstract: "Tell what a recording is.")

    @Argument(help: ArgumentHelp("The recording.", valueName: "file"), completion: .file(extensions: ["btrec"]))
    var file: String

    func run() async throws { try await RecordingFacts.print(of: file, readsAll: false) }
}

struct RecordingVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read all of a recording, and tell what is wrong with it.")

    @Argument(help: ArgumentHelp("The recording.", valueName: "file"), completion: .file(extensions: ["btrec"]))
    var file: String

    func run() async throws { try await RecordingFacts.print(of: file, readsAll: true) }
}

private enum RecordingFacts {
    static func print(of path: String, readsAll: Bool) async throws {
        do {
            let (lines, isWhole) = try await tryOnThreadOfItsOwn { try read(path, all: readsAll) }
            for line in lines { Output.line(line) }
            if !isWhole { throw ExitStatus.notDone.code }
        } catch let error as RecordingError {
            Output.error("\(path): \(error.message)")
            throw ExitStatus.notDone.code
        }
    }

    private static func text(_ t: Milliseconds) -> String {
        Date(timeIntervalSince1970: Double(t) / 1_000).formatted(.iso8601)
    }

    private static func read(_ path: String, all: Bool) throws -> (lines: [String], isWhole: Bool) {
        let player = try Player(FileBytes(path: path))
        let end = try player.end()
        var lines = [
            "recording    \(path)", "program      \(player.header.program)",
            "from         \(text(player.header.started))", "to           \(text(end))",
            "segments     \(player.count)\(player.hasTable ? "" : ", without the table at the end: it was not ended in order")",
        ]
        if player.header.isRedacted { lines.append("redacted     names are pseudonyms, and texts are left out") }
        if all {
            try player.seek(to: player.header.started)
            try player.play(to: end)
        } else {
            try player.seek(to: end)
        }
        let fleet = player.moment.fleet
        lines.append("services     \(fleet.instances.count) at the end, with \(fleet.circuits().count) circuits")
        lines += player.complaints.map { "damaged      \($0)" }
        if all, player.complaints.isEmpty {
            let isEnded = player.hasTable
            lines.append(
                isEnded
                    ? "whole        every segment was read" : "sound        what there is was read, up to where it ends"
            )
        }
        return (lines, player.complaints.isEmpty)
    }
}
