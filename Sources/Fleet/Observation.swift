// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// A fact as it reached the monitor. After a feed, nobody knows where it came from.
package struct Observation: Sendable {
    /// The connection that it came over.
    package var source: SourceID
    /// When it arrived, on the monitor's own clocks.
    package var at: TelemetryInstant
    package var fact: Fact
    /// What came over the wire for it; 0 where nothing did.
    package var bytes: Int

    package init(source: SourceID, at: TelemetryInstant, fact: Fact, bytes: Int = 0) {
        self.source = source
        self.at = at
        self.fact = fact
        self.bytes = bytes
    }

    package enum Fact: Sendable {
        /// The connection's own state changed.
        case source(SourcePhase)
        /// What the source is. No news of a source that has not said anything else before.
        case origin(SourceOrigin)
        /// Who is at the other end of the source's new connection.
        case link(SourceLink)
        case circuit(CircuitDescription)
        /// Rows, whole and absolute; `isEnd` marks the last part of a sample. An empty one is the heartbeat.
        case sample(ProviderSample, isEnd: Bool)
        case event(Event, replayed: Bool)
        /// Events that will not come, first and last included.
        case gap(from: Int64, to: Int64)
        /// How long a circuit's calls took since the start of its process, as of a moment; only where it was asked for.
        case histogram(circuit: Int64, LatencyHistogram, at: TelemetryInstant)
        /// The source complained about something that this monitor sent.
        case complaint(code: String, message: String)
        /// A line of the protocol, one JSON object, that says something which this version does not know.
        case foreign([UInt8])

        /// Whether the monitor found it by itself, and heard nothing.
        var isSilence: Bool {
            switch self {
            case .source(.connecting), .source(.lost), .source(.removed): true
            default: false
            }
        }
    }
}

/// One source of observations: a name for people (such as `unix:/run/breakertop/orders.sock`), unique in this monitor.
package struct SourceID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var name: String

    package init(_ name: String) { self.name = name }

    package static func < (left: SourceID, right: SourceID) -> Bool { left.name < right.name }

    package var description: String { name }
}

/// Where a connection stands.
package enum SourcePhase: Sendable, Hashable {
    /// Trying to connect.
    case connecting
    /// The service said who it is.
    case greeted(ServiceIdentity, actions: [String])
    /// The service agreed to the subscription.
    case subscribed(interval: Milliseconds, mayOperate: Bool)
    /// The full picture has arrived; from here on it is live.
    case ready
    /// The service said goodbye: it stops in an orderly way.
    case stopped(reason: String)
    /// The connection broke or could not be made; it is tried again.
    case lost(reason: String)
    /// The source is no longer looked for: its socket went away.
    case removed
}
