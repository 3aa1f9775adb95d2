// SPDX-License-Identifier: Apache-2.0

public import BreakerTelemetry
import Synchronization

/// Stops calling a dependency that fails, and finds out gently when it is back.
///
/// *Closed*, calls pass and their ends are counted; when the ``Rule`` fires, the circuit *opens* and calls are refused
/// without being started. The first call after the open time finds it *half-open*: a few probe calls pass, enough
/// successes close the circuit, one failure opens it again. Nothing runs on a timer and reading changes nothing.
///
/// Each change of state begins a new *generation* with an empty window. The end of a call that was admitted in an older
/// generation is counted as late and decides nothing. At every moment calls = ok + failed + ignored + late + in flight.
///
/// Classifier, redaction and listeners run outside the breaker's lock and may call the breaker.
public final class CircuitBreaker: Sendable {
    /// What errors and events call it.
    public let name: String
    /// When it opens, how long, and how it probes.
    public let configuration: Configuration

    let clock: BootClock
    private let id: Int64?
    private let log: EventLog
    private let keeper: OverrideKeeper?
    private let machine: Mutex<CircuitBreakerStateMachine>

    /// Creates a breaker of its own, which no registry publishes.
    ///
    /// - Parameters:
    ///   - name: What errors call it.
    ///   - configuration: An invalid one is a programming error and names the value.
    ///   - timeline: Where time comes from.
    public convenience init(
        _ name: String, _ configuration: Configuration = Configuration(), timeline: Timeline = .system
    ) {
        self.init(name, configuration, clock: BootClock(timeline), id: nil, log: EventLog(), keeper: nil)
    }

    init(
        _ name: String, _ configuration: Configuration, clock: BootClock, id: Int64?, log: EventLog,
        keeper: OverrideKeeper?
    ) {
        configuration.validate()
        self.name = name
        self.configuration = configuration
        self.clock = clock
        self.id = id
        self.log = log
        self.keeper = keeper
        let settings = CircuitBreakerStateMachine.Settings(
            rule: configuration.rule, openFor: configuration.openFor.nanoseconds,
            probeLimit: Int64(configuration.probeLimit), probeNeed: Int64(configuration.probeNeed))
        machine = Mutex(
            CircuitBreakerStateMachine(settings: settings, origin: clock.origin, now: clock.timeline.now()))
    }

    /// The calculated state. An open circuit whose time is over stays open until a call comes.
    public var state: CircuitState { machine.withLock { $0.state } }

    /// The override slot. One whose time is over stays until a call comes or somebody calls ``advance()``.
    public var override: CircuitOverride { description.override }

    // MARK: Calls

    /// Runs an operation, unless the circuit refuses it.
    ///
    /// - Throws: What the operation throws; a ``ResilienceError`` that ``ResilienceError/isRejection`` when it was not
    ///   started.
    public func run<Value>(_ operation: () async throws -> Value) async throws -> Value {
        let ticket = try admit()
        do {
            let value = try await operation()
            finish(ticket, .succeeded)
            return value
        } catch {
            finish(ticket, ending(for: error))
            throw error
        }
    }

    /// Asks for admission, for calls that do not fit into a closure.
    ///
    /// - Throws: A rejection.
    public func acquire() throws(ResilienceError) -> Permit {
        Permit(try admit(), of: self)
    }

    func admit() throws(ResilienceError) -> CircuitBreakerStateMachine.Ticket {
        let now = clock.timeline.now()
        let (admission, hasNews) = machine.withLock { machine in
            let (admission, changes) = machine.admit(at: now)
            return (admission, record(changes))
        }
        if hasNews { tell() }
        switch admission {
        case .admitted(let ticket): return ticket
        case .refused(let code, let retryAfter): throw rejection(code, retryAfter: retryAfter)
        }
    }

    func finish(_ ticket: CircuitBreakerStateMachine.Ticket, _ ending: CircuitBreakerStateMachine.Ending) {
        let now = clock.timeline.now()
        let hasNews = machine.withLock { machine in record(machine.finish(ticket, ending, at: now)) }
        if hasNews { tell() }
    }

    func ending(for error: any Error) -> CircuitBreakerStateMachine.Ending {
        switch configuration.classify(error) {
        case .success: .succeeded
        case .ignored: .ignored
        case .failure:
            .failed(
                ErrorNote(error, redact: configuration.redact),
                timedOut: (error as? ResilienceError)?.code == .timedOut)
        }
    }

    private func rejection(_ code: ResilienceError.Code, retryAfter nanoseconds: UInt64?) -> ResilienceError {
        let retryAfter = nanoseconds.map(Duration.init(nanoseconds:))
        let state =
            switch code {
            case .forcedOpen: "is held open by an operator"
            case .tooManyProbes: "is half-open and all its probe calls are in flight"
            default: "is open"
            }
        let hint = retryAfter.map { "; try again in \($0.brief)" } ?? ""
        return ResilienceError(code, circuit: name, message: "circuit \(name) \(state)\(hint)", retryAfter: retryAfter)
    }

    // MARK: Changes

    /// Calls a function with each later event of this breaker: changes of state, probe calls, overrides.
    ///
    /// Events come in order, one at a time, on the task whose call caused them, outside the breaker's lock: the
    /// function may call the breaker, and should return soon. It cannot be taken off again.
    public func onEvent(_ listener: @escaping @Sendable (Event) -> Void) {
        log.listen { [id] event in
            if event.circuit == id { listener(event) }
        }
    }

    /// Ends an override whose time is over, without waiting for a call.
    public func advance() {
        let now = clock.timeline.now()
        let hasNews = machine.withLock { machine in record(machine.expire(at: now)) }
        if hasNews { tell() }
    }

    /// Takes over an override of another process, unless one was decided in this; ``tell()`` must follow.
    func restore(_ resumed: StoredOverride.Resumed) {
        let now = clock.timeline.now()
        machine.withLock { machine in _ = record(machine.restore(resumed, at: now)) }
    }

    /// Does an order at once, with its audit beside it, and gives the number of the first event that records it.
    @discardableResult
    func perform(
        _ order: CircuitBreakerStateMachine.Order, audit: CommandRecord? = nil
    ) -> Result<Int64, CommandError> {
        let now = clock.timeline.now()
        let result: Result<Int64, CommandError> = machine.withLock { machine in
            record(machine.expire(at: now))
            switch machine.perform(order, at: now) {
            case .success(let changes):
                let events = (audit.map { [.command($0)] } ?? []) + changes
                return .success(log.append(events, circuit: id, at: clock.instant()))
            case .failure(let refusal):
                if var audit {
                    audit.refusal = refusal.code
                    log.append([.command(audit)], circuit: id, at: clock.instant())
                }
                return .failure(refusal)
            }
        }
        tell()
        return result
    }

    /// Logs changes under the lock that made them; `true` when there were any.
    @discardableResult
    private func record(_ changes: [Event.Kind]) -> Bool {
        guard !changes.isEmpty else { return false }
        log.append(changes, circuit: id, at: clock.instant())
        return true
    }

    /// Hands what was logged to the keeper of overrides and to listeners. Call it after a change, holding no lock.
    func tell() {
        if let keeper, let id { keeper.note(name, circuit: id, override) }
        log.deliver()
    }

    // MARK: Reading

    /// The override and the last trip, as monitors see them.
    var description: (override: CircuitOverride, trip: Trip?) {
        machine.withLock { ($0.slot.published(up: $0.up), $0.trip) }
    }

    /// Writes the figures of this moment into a row.
    func fill(_ row: inout CircuitRow) {
        let now = clock.timeline.now()
        // The row is made by the caller: under the lock it is only filled, and percentiles are sorted out after it.
        let latencies = machine.withLock { machine in
            machine.fill(&row, at: now)
            return machine.latencies
        }
        let percentiles = latencies.percentiles()
        row[.latencyP50] = percentiles?.p50
        row[.latencyP99] = percentiles?.p99
    }

    /// How long the calls took since boot, those that ended in time for their generation; ignored ones do not count.
    var histogram: LatencyHistogram {
        var counts = [Int64](repeating: 0, count: LatencyHistogram.bucketCount)
        machine.withLock { $0.latencyCounts.copy(into: &counts) }
        return LatencyHistogram(buckets: counts)
    }
}

extension CircuitBreaker: Policy {}
