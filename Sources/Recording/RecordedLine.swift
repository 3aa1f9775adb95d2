// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
package import BreakerWire
package import Fleet

/// A line of a recording.
package enum RecordedLine: Sendable {
    /// The first line of the file.
    case header(RecordingHeader)
    /// What a monitor observed.
    case observation(Observation)
    /// The monitor's wall clock stands here from now on.
    case clock(TelemetryInstant)
    /// The full state begins: until its end, lines tell what is, not what happens.
    case keyframe(TelemetryInstant)
    case keyframeEnd
    /// What a service says to whoever connects, in a keyframe.
    case told(SourceID, ServiceMessage)
    case memory(SourceID?, MemoryOf, Memento)
    /// Nothing was recorded from a moment on until another one: the disk did not take it.
    case missed(from: Milliseconds, to: Milliseconds)
    /// Nothing that this version knows.
    case unknown

    package enum MemoryOf: Sendable, Hashable {
        case source, process
        case circuit(Int64)
        case fleet, flows
    }
}

/// What a file says of itself.
package struct RecordingHeader: Sendable, Hashable {
    package static let major: Int64 = 1
    package static let minor: Int64 = 0

    package var minor = Self.minor
    /// When it began, in milliseconds since 1970.
    package var started: Milliseconds
    /// Which program wrote it.
    package var program: String
    /// Whether names and errors were taken out.
    package var isRedacted: Bool

    package init(started: Milliseconds, program: String, isRedacted: Bool = false) {
        (self.started, self.program, self.isRedacted) = (started, program, isRedacted)
    }
}

enum RecordingLimits {
    /// The longest line, with what a keyframe remembers of a whole fleet.
    static let lineBytes = 8 << 20
    /// The most sources of a file.
    static let sources = 65_536
    /// The most values of a memory.
    static let values = 2_000_000
    static let nameBytes = 4_096
    /// The most lines of services in a keyframe.
    static let toldLines = 1_000_000
}
