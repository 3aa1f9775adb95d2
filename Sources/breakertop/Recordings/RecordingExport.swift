// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerTelemetry
import Fleet
import Recording

/// `breakertop recording export`: a recording's figures for other programs.
struct RecordingExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Print the figures of a recording as a table for other programs.",
        discussion: """
            A line for each row that a service sent: when it arrived, in UTC, from where, of which circuit, and all its fields, as \
            the protocol names them; nothing where a value is not known. Texts are as services wrote them.
            """)

    @Flag(help: "As CSV, with a line of names first.")
    var csv = false

    @OptionGroup var stretch: RecordingStretch

    func validate() throws {
        guard csv else { throw ValidationError("say --csv: there is no other form yet") }
    }

    func run() async throws {
        try await stretch.read { player, span, _ in
            let output = BulkOutput()
            do {
                try output.append(SampleTable.header.utf8)
                // What was told before the stretch is known, and is not in it.
                try player.seek(to: span.lowerBound)
                while let fact = try player.next(until: span.upperBound) {
                    try output.append(SampleTable.lines(of: fact, player.moment.fleet))
                }
                try output.flush()
            } catch is BulkOutput.Gone {
                return
            }
            try RecordingStretch.tell(player.complaints, of: stretch.file)
        }
    }
}
