// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire

/// What a file is made of: its header, and where its segments are.
struct RecordingContents {
    var header: RecordingHeader
    /// All of it.
    let frames: [FrameWalk.Frame]
    /// Those of facts.
    var segments: [FrameWalk.Frame]
    /// Whether it ends with its table, as one does that was ended in order.
    var hasTable = false
    /// What is wrong with its header, in words.
    var damage: String?

    /// - Throws: ``RecordingError/Code/foreign`` or ``RecordingError/Code/unsupportedVersion``.
    init(of source: any ByteSource) throws(RecordingError) {
        let frames: [FrameWalk.Frame]
        if try LineWalk.isPlain(source) {
            frames = try LineWalk.frames(in: source)
        } else if let table = try Self.table(of: source) {
            (frames, hasTable) = (table, true)
        } else {
            frames = try FrameWalk.frames(in: source)
        }
        self.frames = frames
        guard let first = frames.first else { throw Self.foreign }
        var isAlone = true
        var found: RecordingHeader?
        do {
            (found, isAlone) = try Self.header(of: source, first)
        } catch {
            guard error.code == .damaged else { throw error }
            damage = "the header cannot be read: \(error)"
        }
        // What zstd made of lines as such is one frame with all of them.
        segments = isAlone ? Array(frames.dropFirst()) : frames
        if let found {
            header = found
        } else if let second = segments.first, let started = try Self.start(of: source, second) {
            header = RecordingHeader(started: started, program: "")
        } else {
            throw Self.foreign
        }
    }

    private static var foreign: RecordingError { RecordingError(.foreign, "it is not a recording") }

    /// The frames by the table at the end; `nil` = there is none that fits.
    private static func table(of source: any ByteSource) throws(RecordingError) -> [FrameWalk.Frame]? {
        let size = try source.size()
        let footer = try source.read(at: max(0, size - SeekTable.footerLength), count: SeekTable.footerLength)
        guard let length = SeekTable.length(footer: footer), length <= size,
            let table = SeekTable(try source.read(at: size - length, count: length))
        else { return nil }
        var offset = 0
        var frames: [FrameWalk.Frame] = []
        frames.reserveCapacity(table.entries.count)
        for entry in table.entries {
            frames.append(FrameWalk.Frame(offset: offset, length: Int(entry.compressed)))
            offset += Int(entry.compressed)
        }
        return offset == size - length ? frames : nil
    }

    /// A frame's first line, and whether it is the only one.
    private static func header(
        of source: any ByteSource, _ frame: FrameWalk.Frame
    ) throws(RecordingError) -> (RecordingHeader, isAlone: Bool) {
        let lines = try SegmentLines(source, frame)
        var decoder = LineDecoder()
        let line = try lines.next { line throws(WireError) in try decoder.decode(line).1 }
        // Before it is believed that it is something else: the end, with the checksum.
        let isAlone = try lines.next { _ throws(WireError) in } == nil
        switch line {
        case .success(.header(let header)): return (header, isAlone)
        case .failure(let error) where error.code == .unsupportedVersion:
            throw RecordingError(.unsupportedVersion, error.message)
        default: throw foreign
        }
    }

    /// When a segment begins, if it does so with a keyframe.
    private static func start(
        of source: any ByteSource, _ frame: FrameWalk.Frame
    ) throws(RecordingError) -> Milliseconds? {
        do {
            var decoder = LineDecoder()
            let line = try SegmentLines(source, frame).next { line throws(WireError) in try decoder.decode(line).1 }
            if case .success(.keyframe(let now)) = line { return now.up }
            return nil
        } catch {
            guard error.code == .damaged else { throw error }
            return nil
        }
    }
}

extension RecordingHeader {
    /// What a file says of itself, of which only the beginning is read; `nil` = it is no recording that can be read.
    package init?(readFrom source: any ByteSource) {
        guard let size = try? source.size(), let isPlain = try? LineWalk.isPlain(source) else { return nil }
        let beginning = FrameWalk.Frame(offset: 0, length: min(size, 1 << 16), isCut: true, isPlain: isPlain)
        var decoder = LineDecoder()
        let line = try? SegmentLines(source, beginning).next { line throws(WireError) in try decoder.decode(line).1 }
        guard case .success(.header(let header)) = line else { return nil }
        self = header
    }
}
