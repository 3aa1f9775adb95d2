// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
package import Fleet

/// Looks through a recording for its transitions, a segment at a time, and passes over all else.
package final class TransitionScan {
    private let source: any ByteSource
    private var frames: ArraySlice<FrameWalk.Frame>
    private var decoder = LineDecoder()
    private var log = TransitionLog()

    package init(_ source: any ByteSource, of player: Player) {
        self.source = source
        frames = player.frames[...]
        decoder.passesMemoriesOver = true
    }

    package var transitions: [Transition] { log.all }

    /// Whether all segments were read, and all that was found is kept.
    package var isComplete: Bool { frames.isEmpty && log.droppedUntil == nil }

    /// Reads another segment; what is damaged in it is passed over.
    ///
    /// - Returns: whether there is another one. After an error the rest stays unread.
    package func step() throws(RecordingError) -> Bool {
        guard let frame = frames.first else { return false }
        do {
            let lines = try SegmentLines(source, frame)
            while let line = try lines.next({ line throws(WireError) in try read(line) }) {
                if case .success(let line?) = line { take(line) }
            }
        } catch {
            guard error.code == .damaged else { throw error }
        }
        frames.removeFirst()
        return !frames.isEmpty
    }

    private func read(_ line: UnsafeRawBufferPointer) throws(WireError) -> RecordedLine? {
        guard !Self.isFrequent(line) else { return nil }
        return try decoder.decode(line).1
    }

    private func take(_ line: RecordedLine) {
        switch line {
        case .observation(let observation): log.take(observation)
        case .told(let source, .hello(let hello)): log.greet(source, hello.identity, nil)
        case .told(let source, .circuit(let description)): log.name(description, of: source)
        default: break
        }
    }

    /// Whether a line has rows or memories, of which there are most: by how it begins, since to read them takes long.
    private static func isFrequent(_ line: UnsafeRawBufferPointer) -> Bool {
        let head = line.prefix(96)
        return frequent.contains { mark in
            head.indices.dropLast(mark.count - 1).contains { head[$0...].starts(with: mark) }
        }
    }

    private static let frequent = [#""line":{"type":"sample""#, #""memory":"#].map { Array($0.utf8) }
}
