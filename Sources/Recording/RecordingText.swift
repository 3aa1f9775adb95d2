// SPDX-License-Identifier: Apache-2.0

import BreakerWire

/// The lines of a recording as they are in it, one after the other, whatever they say.
package final class RecordingText {
    private let source: any ByteSource
    private var frames: ArraySlice<FrameWalk.Frame>
    private var lines: SegmentLines?
    /// What could not be read, in words.
    package private(set) var complaints: [String] = []

    /// - Throws: ``RecordingError/Code/foreign`` for what is no recording.
    package init(_ source: any ByteSource) throws(RecordingError) {
        let contents = try RecordingContents(of: source)
        self.source = source
        frames = contents.frames[...]
        if let damage = contents.damage { complaints.append(damage) }
    }

    /// Gives the next line, without its LF, to a body.
    ///
    /// - Returns: whether there was one.
    package func next(_ body: (UnsafeRawBufferPointer) -> Void) throws(RecordingError) -> Bool {
        while true {
            do throws(RecordingError) {
                if try lines?.next({ line throws(WireError) in body(line) }) != nil { return true }
                guard let frame = frames.popFirst() else { return false }
                lines = try SegmentLines(source, frame)
            } catch {
                guard error.code == .damaged else { throw error }
                lines = nil
                if complaints.count < 100 { complaints.append(error.message) }
            }
        }
    }
}
