// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// The version of the metrics socket's protocol: a higher minor is accepted, a higher major refused in words.
package struct ProtocolVersion: Sendable, Hashable {
    package var major: Int64
    package var minor: Int64

    package static let current = ProtocolVersion(major: 1, minor: 0)

    package init(major: Int64, minor: Int64) {
        self.major = major
        self.minor = minor
    }
}

/// What a service says on the metrics socket.
package enum ServiceMessage: Sendable, Hashable {
    case hello(Hello)
    case subscribed(Subscribed)
    case circuit(CircuitDescription)
    case event(Event, replayed: Bool)
    case sample(Sample)
    case histogram(Histogram)
    case ready
    case gap(Gap)
    case result(CommandResult)
    case error(ErrorMessage)
    case bye(reason: String)
    /// A type, or an event of a kind, that this version does not know; it is skipped.
    case unknown(type: String)
}

/// What a monitor says on the metrics socket.
package enum MonitorMessage: Sendable, Hashable {
    case subscribe(Subscribe)
    case command(Command)
    /// The circuits for which histograms are wanted from now on, instead of those of `subscribe`.
    case detail([Int64])
    /// A type that this version does not know; it is answered with an error and skipped.
    case unknown(type: String)
}

/// The first line of a connection: who publishes, in which version, with which columns.
package struct Hello: Sendable, Hashable {
    package var version: ProtocolVersion
    package var identity: ServiceIdentity
    /// The names of a row's fields in order; unknown names stand for values to skip.
    package var columns: [String]
    /// What the service can do when asked, by its wire names: a newer one may offer more than we know.
    package var actions: [String]

    package init(
        version: ProtocolVersion = .current,
        identity: ServiceIdentity,
        columns: [String] = Field.allCases.map(\.name),
        actions: [String]
    ) {
        self.version = version
        self.identity = identity
        self.columns = columns
        self.actions = actions
    }
}

/// What a monitor wants.
package struct Subscribe: Sendable, Hashable {
    /// The monitor's name and version, such as `breakertop/0.1`.
    package var client: String
    /// How often samples are wanted.
    package var interval: Milliseconds
    /// Only circuits whose name contains this text; `nil` = all.
    package var filter: String?
    /// Circuits by number for which histograms are wanted.
    package var detail: [Int64]
    /// Replay events after this number instead of the newest 256.
    package var eventsSince: Int64?

    package init(
        client: String, interval: Milliseconds, filter: String? = nil, detail: [Int64] = [], eventsSince: Int64? = nil
    ) {
        self.client = client
        self.interval = interval
        self.filter = filter
        self.detail = detail
        self.eventsSince = eventsSince
    }
}

/// What a connection may do.
package enum Role: String, Sendable, Hashable {
    case observer
    case `operator`
}

/// What a service gives.
package struct Subscribed: Sendable, Hashable {
    package var interval: Milliseconds
    package var role: Role
    package var limits: Limits

    /// The bounds of this conversation.
    package struct Limits: Sendable, Hashable {
        /// The longest line in either direction, in bytes without its LF.
        package var lineBytes: Int64
        /// Commands a second that one connection may send.
        package var commandsPerSecond: Int64

        package init(lineBytes: Int64, commandsPerSecond: Int64) {
            self.lineBytes = lineBytes
            self.commandsPerSecond = commandsPerSecond
        }
    }

    package init(interval: Milliseconds, role: Role, limits: Limits) {
        self.interval = interval
        self.role = role
        self.limits = limits
    }
}

/// Rows at one moment: the whole of it, or the part that fits into a line.
package struct Sample: Sendable, Hashable {
    package var at: TelemetryInstant
    /// The last event whose effect the rows include.
    package var seq: Int64
    package var rows: [CircuitRow]
    /// Whether this line ends the sample.
    package var isEnd: Bool

    package init(at: TelemetryInstant, seq: Int64, rows: [CircuitRow], isEnd: Bool = true) {
        self.at = at
        self.seq = seq
        self.rows = rows
        self.isEnd = isEnd
    }
}

/// How long a circuit's calls took since the start of the process.
package struct Histogram: Sendable, Hashable {
    package var circuit: Int64
    package var at: TelemetryInstant
    package var latency: LatencyHistogram

    package init(circuit: Int64, at: TelemetryInstant, latency: LatencyHistogram) {
        self.circuit = circuit
        self.at = at
        self.latency = latency
    }
}

/// Events that this subscriber will not get, first and last included.
package struct Gap: Sendable, Hashable {
    package var from: Int64
    package var to: Int64

    package init(from: Int64, to: Int64) {
        self.from = from
        self.to = to
    }
}

/// An answer to a line that could not be used.
package struct ErrorMessage: Sendable, Hashable {
    package var code: String
    package var message: String
    /// The number of the offending line in this connection, from 1; `nil` when it is not about a line.
    package var line: Int64?

    package init(code: String, message: String, line: Int64? = nil) {
        self.code = code
        self.message = message
        self.line = line
    }
}
