// SPDX-License-Identifier: Apache-2.0

/// A source of circuits that a publisher serves: `Resilience`'s registry, or a wrapper of somebody else's breakers.
///
/// Everything here is called from the publisher's tasks, never per call of the service. All of it must return promptly and may be called
/// from several tasks at once. Reading changes nothing, and waits for nobody: a publisher reads once for all its monitors, and holds a lock
/// meanwhile, so that one that took its time would hold all of them up.
public protocol TelemetryProvider: Sendable {
    /// Who publishes.
    var identity: ServiceIdentity { get }

    /// What this provider can do when asked; a publisher refuses the rest as ``CommandError/Code/unsupported``.
    var actions: [CommandAction] { get }

    /// The present moment on the service's clocks.
    func now() -> TelemetryInstant

    /// The circuits whose description changed after a revision, those that went among them; 0 gives all that are not gone.
    /// What the answer lacks of those that went it must own up to: see ``CircuitChanges/isComplete``.
    func circuits(changedAfter revision: UInt64) -> CircuitChanges

    /// Every circuit's figures, in ascending order of id.
    func sample() -> ProviderSample

    /// The events after a number, oldest first, at most `limit`.
    func events(after seq: Int64, limit: Int) -> EventPage

    /// Does a command whose sender may give it, and records it as an event either way.
    func perform(_ command: Command, by principal: String) -> CommandResult

    /// Records a command that the publisher refused before it came here.
    func refuse(_ command: Command, by principal: String, because error: CommandError) -> CommandResult

    /// Applies what is due by now without any traffic: overrides that expired. Publishers call it about once a second.
    func advance()

    /// An element soon after events were appended or descriptions changed; several changes may share one.
    func activity() -> AsyncStream<Void>

    /// How long a circuit's calls took since the start of the process; `nil` when that is not counted, the default.
    func histogram(of circuit: Int64) -> LatencyHistogram?

    /// Returns when what must outlive the process is safe, or cannot be; does nothing by default. Publishers call it last
    /// at an orderly shutdown, in a task that is cancelled already, and wait for it: it must bound its time to seconds.
    func flush() async
}

extension TelemetryProvider {
    /// Nothing is counted.
    public func histogram(of circuit: Int64) -> LatencyHistogram? { nil }

    /// Nothing has to outlive the process.
    public func flush() async {}
}

/// Descriptions that changed, and the revision that they lead to.
public struct CircuitChanges: Sendable {
    /// The changed circuits, whole, in ascending order of id.
    public var circuits: [CircuitDescription]
    /// What to ask for next time.
    public var revision: UInt64
    /// Whether every circuit that went since the revision asked for is among them. Who is told `false` asks for all and
    /// takes what is missing there for gone; of an answer about revision 0 it says nothing.
    public var isComplete: Bool

    /// Creates a set of changes, by default a complete one.
    public init(circuits: [CircuitDescription], revision: UInt64, isComplete: Bool = true) {
        self.circuits = circuits
        self.revision = revision
        self.isComplete = isComplete
    }
}

/// All rows at one moment.
public struct ProviderSample: Sendable {
    /// When.
    public var at: TelemetryInstant
    /// The last event whose effect the rows include.
    public var seq: Int64
    /// The rows.
    public var rows: [CircuitRow]

    /// Creates a sample.
    public init(at: TelemetryInstant, seq: Int64, rows: [CircuitRow]) {
        self.at = at
        self.seq = seq
        self.rows = rows
    }
}

/// A stretch of a provider's bounded event log.
public struct EventPage: Sendable {
    /// The events, oldest first.
    public var events: [Event]
    /// The oldest event that is still kept; what lies before it is lost to a reader that has not had it.
    public var oldest: Int64
    /// The newest event's number; 0 when there was none yet.
    public var newest: Int64

    /// Creates a page.
    public init(events: [Event], oldest: Int64, newest: Int64) {
        self.events = events
        self.oldest = oldest
        self.newest = newest
    }
}
