// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerSockets
import BreakerTelemetry
import Feeds
import Fleet
import Glibc
import Recording

/// `breakertop record`: writes down all that services publish, until it is told to stop.
struct MakeRecording: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Write down all that services publish, to be looked at later.",
        discussion: """
            It goes on until ^C, a signal, or the time of --for. What was recorded a second ago can be read already, and stays \
            when this program or the machine goes down. `zstdcat FILE | jq` reads it as well.

            With --rotate or --keep, friday.btrec becomes friday.2026-11-22T04-12-00Z.btrec and so on, each a recording in \
            itself, which goes on with what was known. Nothing is removed but files with such names that are recordings and \
            yours.
            """)

    @Argument(help: ArgumentHelp("The file to be made, such as friday.btrec; none is overwritten.", valueName: "file"))
    var file: String

    @Option(
        name: .customLong("for"), parsing: .unconditional,
        help: ArgumentHelp("End after this time: 30s, 10m, 2h, 1d.", valueName: "time"),
        completion: .list(["30s", "10m", "1h"]), transform: Watch.time)
    var time: Duration?

    @Option(
        help: ArgumentHelp(
            "Go on in another file once one is this old or long: 1h, 100MB, or 1h,100MB. The time is put into their names.",
            valueName: "age|size"),
        completion: .list(["1h", "100MB"]), transform: Self.bounds)
    var rotate: RecordingBounds?

    @Option(
        help: ArgumentHelp(
            "Remove the oldest files of this recording, so that the last 24h or 2GB are kept; --rotate is a 24th of it, if not given.",
            valueName: "age|size"),
        completion: .list(["24h", "2GB"]), transform: Self.bounds)
    var keep: RecordingBounds?

    @Flag(help: "Put pseudonyms for all names, and leave the texts of errors and reasons out.")
    var redact = false

    @OptionGroup var sources: SourceOptions

    private var rotation: Rotation? { Rotation(file: rotate, total: keep) }

    private static func bounds(_ text: String) throws -> RecordingBounds {
        guard let bounds = RecordingBounds(text) else {
            throw ValidationError("“\(text)” is neither an age nor a size: say 1h, 100MB, or both as in 1h,100MB")
        }
        return bounds
    }

    func validate() throws {
        if let contradiction = rotation?.contradiction {
            throw ValidationError("--rotate and --keep do not go together: \(contradiction)")
        }
    }

    func run() async throws {
        SocketThread.makeOnly()
        // A limit of a file's length is told like a full disk.
        signal(SIGXFSZ, SIG_IGN)
        let clock = MonitorClock()
        let (feed, _) = sources.feed(clock)
        let (path, rotation, isRedacted) = (file, rotation, redact)
        let desk: RecordingDesk
        do {
            desk = try await tryOnThreadOfItsOwn {
                try RecordingDesk(path: path, rotation: rotation, isRedacted: isRedacted, clock)
            }
        } catch let error as RecordingError {
            Output.error(error.message)
            throw ExitStatus.notDone.code
        }
        do {
            try await record(feed, at: desk)
            try await desk.end()
            Output.note(await desk.summary)
        } catch let error as RecordingError {
            Output.error("\(error.message); what was recorded before can be read")
            throw ExitStatus.notDone.code
        }
    }

    private func record(_ feed: any Feed, at desk: RecordingDesk) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await follow(feed) { observation in await desk.take(observation) }
                return false
            }
            group.addTask {
                await Interruption.wait()
                return true
            }
            if let time {
                group.addTask {
                    await pause(for: time)
                    return true
                }
            }
            group.addTask {
                try await withTicks(every: .seconds(1)) { bell in
                    while !Task.isCancelled {
                        await bell.wait()
                        try await desk.write()
                    }
                    return true
                }
            }
            defer { group.cancelAll() }
            while let isOver = try await group.next(), !isOver {}
        }
    }
}
