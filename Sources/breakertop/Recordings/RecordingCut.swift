// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerTelemetry
import Fleet
import Recording

/// `breakertop recording cut`: a recording of a part of another one.
struct RecordingCut: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cut", abstract: "Make a recording of a part of another one.",
        discussion: "It begins with all that was known at that moment, and plays the same from there.")

    @OptionGroup var stretch: RecordingStretch

    @Argument(help: ArgumentHelp("The recording to be made; none is overwritten.", valueName: "new"))
    var output: String

    func run() async throws {
        let output = output
        try await stretch.read { player, span, _ in
            let file = try RecordingFile(creating: output)
            try player.cut(span) { bytes, isSealed throws(RecordingError) in
                try file.append(bytes, isSealed: isSealed)
            }
            let (from, to) = (CivilTime(span.lowerBound), CivilTime(span.upperBound))
            Output.note("\(from.stamp) to \(to.stamp): \(output)")
            try RecordingStretch.tell(player.complaints, of: stretch.file)
        }
    }
}
