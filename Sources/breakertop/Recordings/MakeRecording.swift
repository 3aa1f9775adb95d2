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
            """)

    @Argument(help: ArgumentHelp("The file to be made, such as friday.btrec; none is overwritten.", valueName: "file"))
    var file: String

    @Option(
        name: .customLong("for"), parsing: .unconditional,
        help: ArgumentHelp("End after this time: 30s, 10m, 2h, 1d.", valueName: "time"),
        completion: .list(["30s", "10m", "1h"]), transform: Watch.time)
    var time: Duration?

    @OptionGroup var sources: SourceOptions

    func run() async throws {
        SocketThread.makeOnly()
        // A limit of a file's length is told like a full disk.
        signal(SIGXFSZ, SIG_IGN)
        let clock = MonitorClock()
        let (feed, _) = sources.feed(clock)
        let path = file
        let target: RecordingFile
        do {
            target = try await tryOnThreadOfItsOwn { try RecordingFile(creating: path) }
        } catch let error as RecordingError {
            Output.error(error.message)
            throw ExitStatus.notDone.code
        }
        do {
            let desk = try RecordingDesk(target, clock)
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

/// Holds a recorder and writes what comes out of it, once a second.
actor RecordingDesk {
    private let recorder: Recorder
    private let file: RecordingFile
    private let clock: MonitorClock
    private let began: TelemetryInstant
    private var failure: RecordingError?
    private var bytes = 0
    private var facts = 0

    init(_ file: RecordingFile, _ clock: MonitorClock) throws(RecordingError) {
        (self.file, self.clock) = (file, clock)
        began = clock.now()
        recorder = try Recorder(
            RecordingHeader(started: began.t, program: "breakertop \(Breakertop.version)"), began: began)
    }

    func take(_ observation: Observation) {
        guard failure == nil else { return }
        do throws(RecordingError) {
            try recorder.record(observation)
            facts += 1
        } catch {
            failure = error
        }
    }

    /// Writes what was recorded since the last time.
    func write() async throws {
        try recorder.flush()
        try await put()
    }

    func end() async throws {
        try recorder.end()
        try await put()
    }

    private func put() async throws {
        if let failure { throw failure }
        let (isSealed, output, file) = (recorder.hasSealed, recorder.takeOutput(), file)
        guard !output.isEmpty else { return }
        bytes += output.count
        // On the way out too: what was recorded is not thrown away because the user has had enough.
        let result = await onThreadOfItsOwn(grace: .seconds(10)) {
            do throws(RecordingError) {
                try file.append(output, isSealed: isSealed)
                return Result<Void, RecordingError>.success(())
            } catch {
                return .failure(error)
            }
        }
        try result?.get()
    }

    /// What came of it, in a line.
    var summary: String {
        let seconds = (clock.now().up - began.up) / 1_000
        let services = recorder.now.fleet.instances.count
        return "recorded \(seconds) s of \(services) services, \(facts) facts, \(bytes) bytes: \(file.path)"
    }
}
