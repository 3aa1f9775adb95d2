// SPDX-License-Identifier: Apache-2.0

import Dashboard
import FoundationEssentials
import Glibc
import Recording

/// The marks of a recording, kept in a file beside it: a line of JSON each, `{"at":1790000000000,"label":"deploy"}`.
struct MarksFile {
    private struct Line: Codable {
        var at: Int64
        var label: String
    }

    private let path: String
    /// More than a thousand marks with the longest labels.
    private static let maximumBytes = 1 << 20

    init(besides recording: String) { path = "\(recording).marks" }

    /// What was kept, and why it cannot be read; a recording without marks has no such file.
    func load() -> (TimeMarks, complaint: String?) {
        guard access(path, F_OK) == 0 else { return (TimeMarks(), nil) }
        do {
            let handle = try FileBytesOfOne(path, maximum: Self.maximumBytes)
            let lines = handle.bytes.split(separator: UInt8(ascii: "\n"))
            let marks = try lines.map { try JSONDecoder().decode(Line.self, from: Data($0)) }
            if let mark = marks.first(where: { !LineDecoder.times.contains($0.at) }) {
                throw RecordingError(.foreign, "\(mark.at) is no time: give milliseconds since 1970")
            }
            return (TimeMarks(marks.map { .init(at: $0.at, label: $0.label) }), nil)
        } catch {
            return (TimeMarks(), "\(path) cannot be read, so there are no marks, and none are kept: \(error)")
        }
    }

    /// Keeps marks; whoever reads meanwhile sees them all, or those before.
    ///
    /// - Returns: why it could not.
    func save(_ marks: TimeMarks) -> String? {
        // What cannot be read is somebody's work.
        if let complaint = load().complaint { return complaint }
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let lines = try marks.all.map {
                try encoder.encode(Line(at: $0.at, label: $0.label)) + [UInt8(ascii: "\n")]
            }
            try Data(lines.joined()).write(to: URL(filePath: path), options: .atomic)
            return nil
        } catch {
            return "the mark is not kept: \(path): \(error)"
        }
    }
}

/// The bytes of a file that has no more than so many.
private struct FileBytesOfOne {
    let bytes: [UInt8]

    init(_ path: String, maximum: Int) throws {
        let source = try FileBytes(path: path)
        guard try source.size() <= maximum else {
            throw RecordingError(.foreign, "it has more than \(maximum) bytes")
        }
        bytes = try source.read(at: 0, count: maximum)
    }
}
