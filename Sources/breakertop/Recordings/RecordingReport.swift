// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerSockets
import BreakerTelemetry
import Recording
import Report

/// `breakertop recording report`: what happened, for somebody who was not there.
struct RecordingReport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Tell what happened, as a page to attach to an incident.",
        discussion: """
            Markdown on standard output, or files: --html makes one page that needs nothing else. It tells which circuits opened, \
            when, why and for how long, what operators did, and what was not seen.
            """)

    @OptionGroup var stretch: RecordingStretch

    @Option(help: ArgumentHelp("Make an HTML page; none is overwritten.", valueName: "file"))
    var html: String?

    @Option(help: ArgumentHelp("Make a file of Markdown; none is overwritten.", valueName: "file"))
    var markdown: String?

    func run() async throws {
        let (html, markdown) = (html, markdown)
        try await stretch.read { player, span, whole in
            let file = stretch.file.split(separator: "/").last.map(String.init) ?? stretch.file
            let report = try PostMortem(reading: player, span, of: whole, file: file)
            if let html { try RecordingFile.make(html, HTMLReport.text(of: report)) }
            if let markdown { try RecordingFile.make(markdown, MarkdownReport.text(of: report)) }
            if html == nil, markdown == nil { Output.text(MarkdownReport.text(of: report)) }
        }
    }
}

extension RecordingFile {
    /// Makes a file with a text in it.
    fileprivate static func make(_ path: String, _ text: String) throws(RecordingError) {
        try RecordingFile(creating: path).append(Array(text.utf8), isSealed: true)
    }
}
