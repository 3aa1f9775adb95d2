// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerSockets
import BreakerTelemetry
import Fleet
import Recording

/// `breakertop recording cat`: what happened, a line each, or all that was written down.
struct RecordingCat: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat", abstract: "Print what happened, a line each, or all lines of a recording.",
        discussion: """
            In words, as watch prints it while it happens. With --json, all that was recorded, as zstdcat gives it; what is \
            damaged is passed over, and said.
            """)

    @OptionGroup var stretch: RecordingStretch

    @Flag(help: "Print the recording's own lines, which are JSON.")
    var json = false

    func validate() throws {
        guard !json || (stretch.from == nil && stretch.to == nil) else {
            throw ValidationError("--json prints all of a recording; of a stretch, make a recording with cut first")
        }
    }

    func run() async throws {
        if json { return try await printLines() }
        let format = LineFormat(isJSON: false, isLocal: false)
        try await stretch.read { player, span, _ in
            let output = BulkOutput()
            var machine = WatchStateMachine(selectors: [], showsPicture: false)
            try player.seek(to: span.lowerBound)
            machine.begin(with: player.moment.fleet, at: span.lowerBound)
            var second = span.lowerBound
            do {
                repeat {
                    second = player.step(after: second, to: span.upperBound)
                    while let fact = try player.next(until: second) {
                        for line in machine.take(fact) { try output.append(format.bytes(of: line)) }
                    }
                    let now = TelemetryInstant(t: second.saturatingSum(player.clockOffset), up: second)
                    for line in machine.tick(at: now) { try output.append(format.bytes(of: line)) }
                } while second < span.upperBound
                try output.flush()
            } catch is BulkOutput.Gone {
                return
            }
            try RecordingStretch.tell(player.complaints, of: stretch.file)
        }
    }

    private func printLines() async throws {
        let path = stretch.file
        try await RecordingStretch.telling(path) {
            let text = try RecordingText(FileBytes(path: path))
            let output = BulkOutput()
            do {
                var line: [UInt8] = []
                while try text.next({ line = Array($0) }) {
                    line.append(UInt8(ascii: "\n"))
                    try output.append(line)
                }
                try output.flush()
            } catch is BulkOutput.Gone {
                return
            }
            try RecordingStretch.tell(text.complaints, of: path)
        }
    }
}
