// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerSockets
import BreakerTelemetry
import Dashboard
import Feeds
import Fleet
import FoundationEssentials
import Recording
import Terminal

/// `breakertop replay`: shows a recording on the screen.
struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a recording on the screen: the same views, at any moment of it.",
        discussion: """
            It begins to play at once. Space pauses, [ and ] go from change to change, ← and → 5 s, T goes to a time; ? tells \
            the other keys. Nothing can be done to what was, and no service needs to run.
            """)

    @Argument(help: ArgumentHelp("The recording.", valueName: "file"), completion: .file(extensions: ["btrec"]))
    var file: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Begin at this moment, paused: 12:03, 12:03:41, -5m before the end, +90s after the beginning.",
            valueName: "time"), transform: Self.time)
    var at: RecordedTime?

    @Option(help: ArgumentHelp("Play so many times as fast: 0.25 to 64.", valueName: "times"))
    var speed: Double = 1

    @OptionGroup var beginning: ArrangementOptions

    func validate() throws {
        guard Transport.speeds.contains(speed) else {
            throw ValidationError(
                "--speed \(speed): there are \(Transport.speeds.map(\.description).joined(separator: ", "))")
        }
    }

    private static func time(_ text: String) throws -> RecordedTime {
        do throws(RecordedTime.Failure) {
            return try RecordedTime(text)
        } catch {
            throw ValidationError(Output.clean(error.description))
        }
    }

    func run() async throws {
        SocketThread.makeOnly()
        let status: Int32
        do {
            let path = file
            let past = try await tryOnThreadOfItsOwn { try RecordingPast(path: path) }
            status = try await show(past)
        } catch let error as RecordingError {
            Output.error("\(file): \(error.message)")
            throw ExitStatus.notDone.code
        } catch let error as RecordedTime.Failure {
            Output.error(error.description)
            throw ExitStatus.usage.code
        } catch let error as TerminalError where error.code == .notATerminal {
            Output.error(error.message)
            throw ExitStatus.usage.code
        }
        if status != 0 { throw ExitCode(status) }
    }

    private func show(_ past: RecordingPast) async throws -> Int32 {
        let clock = MonitorClock()
        var transport = Transport(.recording(name), past.chronology, at: past.chronology.range.lowerBound)
        _ = transport.setSpeed(speed)
        if let at {
            transport.seek(
                to: try at.moment(from: past.chronology.range.lowerBound, to: past.chronology.range.upperBound))
        } else {
            transport.play(at: clock.now().up)
        }
        var arrangement = TableArrangement()
        try beginning.apply(to: &arrangement)
        var configuration = Dashboard.Configuration(
            operatorName: "", places: [], version: Breakertop.version, isReadOnly: true, arrangement: arrangement,
            filter: beginning.query, remark: past.marks.complaint, localOffset: ShowDashboard.localOffset,
            commandID: { "" })
        (configuration.replay, configuration.marks) = (transport, past.marks.all)
        return try await withTerminal { [configuration] terminal in
            let screen = MonitorScreen(terminal, clock: clock, configuration: configuration)
            return await Monitor(feed: nil, past: past, screen: screen).run(terminal.events)
        }
    }

    /// The recording's own name, without its folder.
    private var name: String { file.split(separator: "/").last.map(String.init) ?? file }
}
