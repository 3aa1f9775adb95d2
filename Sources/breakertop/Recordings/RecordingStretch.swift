// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerSockets
import BreakerTelemetry
import Fleet
import Recording

/// A recording, and from when to when it is meant.
struct RecordingStretch: ParsableArguments {
    @Argument(help: ArgumentHelp("The recording.", valueName: "file"), completion: .file(extensions: ["btrec"]))
    var file: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "From when: 12:03, 2026-11-22T12:03:41Z, both in UTC, +90s from its beginning, -5m from its end.",
            valueName: "time"))
    var from: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Until when.", valueName: "time"))
    var to: String?

    func validate() throws {
        for text in [from, to].compactMap(\.self) {
            do throws(RecordedTime.Failure) { _ = try RecordedTime(text) } catch { throw ValidationError("\(error)") }
        }
    }

    /// Opens the recording on a thread of its own, and has it read.
    ///
    /// - Parameter body: gets the stretch that is meant, and all that there is.
    func read(
        _ body: @escaping @Sendable (Player, ClosedRange<Milliseconds>, ClosedRange<Milliseconds>) throws -> Void
    ) async throws {
        let (path, from, to) = (file, from, to)
        try await Self.telling(path) {
            let player = try Player(FileBytes(path: path))
            let start = player.header.started
            let end = max(start, try player.end())
            let first = try from.map { try RecordedTime($0).moment(from: start, to: end) } ?? start
            let last = try to.map { try RecordedTime($0).moment(from: start, to: end) } ?? end
            guard first <= last else {
                throw RecordedTime.Failure("--from is after --to: \(from ?? "its beginning") and \(to ?? "its end")")
            }
            try body(player, first...last, start...end)
        }
    }

    /// Does what may block on a thread of its own, and tells why it failed.
    static func telling(_ path: String, _ body: @escaping @Sendable () throws -> Void) async throws {
        do {
            try await tryOnThreadOfItsOwn(body)
        } catch let error as RecordingError {
            Output.error("\(path): \(error.message)")
            throw ExitStatus.notDone.code
        } catch let error as RecordedTime.Failure {
            Output.error("\(path): \(error)")
            throw ExitStatus.usage.code
        }
    }

    /// Tells what could not be read, with the status that ``RecordingVerify`` gives.
    static func tell(_ complaints: [String], of path: String) throws {
        for complaint in complaints { Output.error("\(path): \(complaint)") }
        if !complaints.isEmpty { throw ExitStatus.notDone.code }
    }
}
