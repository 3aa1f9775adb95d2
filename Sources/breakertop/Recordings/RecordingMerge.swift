// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerTelemetry
import Recording

/// `breakertop recording merge`: one recording of several.
struct RecordingMerge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Make one recording of several.",
        discussion: """
            What happened in them comes in the order of their own clocks; where these disagree, it is said, and nothing is shifted. \
            A process that several of them saw is told by one of them at a time. Sources of one name in recordings of one time get \
            the names of their files.
            """)

    @Argument(help: ArgumentHelp("The recording to be made; none is overwritten.", valueName: "new"))
    var output: String

    @Argument(help: ArgumentHelp("The recordings.", valueName: "file"), completion: .file(extensions: ["btrec"]))
    var files: [String]

    func validate() throws {
        guard files.count <= 64 else { throw ValidationError("at most 64 recordings are merged at once") }
    }

    func run() async throws {
        let (output, files) = (output, files)
        try await RecordingStretch.telling(output) {
            let merge = try Merge(
                zip(files, Self.names(of: files)).map { path, name in
                    (name, { () throws(RecordingError) in try Self.open(path) })
                })
            for note in merge.notes { Output.error(note) }
            let file = try RecordingFile(creating: output)
            try merge.run { bytes, isSealed throws(RecordingError) in
                try file.append(bytes, isSealed: isSealed)
            }
            Output.note("\(files.count) recordings: \(output)")
            try RecordingStretch.tell(merge.complaints, of: output)
        }
    }

    /// The last part of each path, unless another one has the same.
    private static func names(of paths: [String]) -> [String] {
        let names = paths.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
        return zip(paths, names).map { path, name in names.count { $0 == name } == 1 ? name : path }
    }

    private static func open(_ path: String) throws(RecordingError) -> Player {
        do throws(RecordingError) {
            return try Player(FileBytes(path: path))
        } catch {
            // Of several files one wants to know which.
            throw RecordingError(error.code, "\(path): \(error.message)")
        }
    }
}
