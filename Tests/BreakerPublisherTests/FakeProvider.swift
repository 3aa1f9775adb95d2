// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Synchronization

/// A provider whose every fact a test sets by hand, with a small event log.
final class FakeProvider: TelemetryProvider {
    private struct State {
        var rows: [Int64: CircuitRow] = [:]
        var descriptions: [(revision: UInt64, description: CircuitDescription)] = []
        var revision: UInt64 = 0
        var events: [Event] = []
        var newest: Int64 = 0
        var performed: [Command] = []
        var refused: [CommandError.Code] = []
        var samples = 0
        var advances = 0
        var flushes = 0
        var histograms: [Int64: LatencyHistogram] = [:]
        var now = TelemetryInstant(t: 1_000, up: 10)
        var histogramReadings = 0
        var observers: [AsyncStream<Void>.Continuation] = []
    }

    let identity: ServiceIdentity
    let actions: [CommandAction]
    private let capacity: Int
    private let state = Mutex(State())

    init(
        service: String = "orders", instance: String = "1", boot: String = "00000000000000aa", capacity: Int = 1_024,
        circuits: Int64 = 0, actions: [CommandAction] = CommandAction.allCases
    ) {
        identity = ServiceIdentity(service: service, instance: instance, boot: boot)
        self.capacity = capacity
        self.actions = actions
        for id in 0..<circuits { add(id + 1, name: "circuit-\(id + 1)") }
    }

    // MARK: What a test does

    func add(_ id: Int64, name: String) {
        describe(CircuitDescription(id: id, name: name, rule: RuleDescription(name: RuleDescription.failureRatio)))
        change(id) { $0[.calls] = 0 }
    }

    func describe(_ description: CircuitDescription) {
        state.withLock { state in
            state.revision += 1
            state.descriptions.removeAll { $0.description.id == description.id }
            state.descriptions.append((state.revision, description))
            if description.isGone { state.rows[description.id] = nil }
        }
        wake()
    }

    func change(_ id: Int64, _ body: (inout CircuitRow) -> Void) {
        state.withLock { state in
            var row = state.rows[id] ?? CircuitRow(id: id)
            body(&row)
            state.rows[id] = row
        }
    }

    @discardableResult
    func append(_ kind: Event.Kind = .config, circuit: Int64? = nil) -> Int64 {
        let seq = state.withLock { state in
            state.newest += 1
            let at = TelemetryInstant(t: 1_000, up: 10)
            state.events.append(Event(at: at, seq: state.newest, circuit: circuit, kind: kind))
            if state.events.count > capacity { state.events.removeFirst() }
            return state.newest
        }
        wake()
        return seq
    }

    /// Events that together are far more than the kernel keeps for a connection.
    func overflow() {
        for _ in 1...1_000 { append(.retryExhausted(attempts: 3, error: String(repeating: "x", count: 900))) }
    }

    var performed: [Command] { state.withLock(\.performed) }
    var refused: [CommandError.Code] { state.withLock(\.refused) }
    /// How often the figures were read.
    var samples: Int { state.withLock(\.samples) }

    /// How often a histogram was read.
    var histogramReadings: Int { state.withLock(\.histogramReadings) }

    /// How often it was asked to apply what is due.
    var advances: Int { state.withLock(\.advances) }
    /// How often what must survive was made safe.
    var flushes: Int { state.withLock(\.flushes) }

    /// Sets the wall clock, in milliseconds since 1970.
    func set(wallClock time: Milliseconds) { state.withLock { $0.now.t = time } }

    func record(_ id: Int64, microseconds: Int64) {
        state.withLock { $0.histograms[id, default: LatencyHistogram()].record(microseconds: microseconds) }
    }

    private func wake() {
        for observer in state.withLock(\.observers) { observer.yield() }
    }

    // MARK: What a publisher calls

    func now() -> TelemetryInstant { state.withLock(\.now) }

    func circuits(changedAfter revision: UInt64) -> CircuitChanges {
        state.withLock { state in
            let changed = state.descriptions.filter { $0.revision > revision }.map(\.description)
            let told = changed.filter { revision > 0 || !$0.isGone }
            return CircuitChanges(circuits: told.sorted { $0.id < $1.id }, revision: state.revision)
        }
    }

    func sample() -> ProviderSample {
        state.withLock { state in
            state.samples += 1
            return ProviderSample(
                at: state.now, seq: state.newest, rows: state.rows.values.sorted { $0.id < $1.id })
        }
    }

    func events(after seq: Int64, limit: Int) -> EventPage {
        state.withLock { state in
            let events = Array(state.events.filter { $0.seq > seq }.prefix(limit))
            let oldest = state.newest - Int64(state.events.count) + 1
            return EventPage(events: events, oldest: oldest, newest: state.newest)
        }
    }

    func perform(_ command: Command, by principal: String) -> CommandResult {
        state.withLock { $0.performed.append(command) }
        return CommandResult(id: command.id, outcome: .success(record(command, by: principal, refusal: nil)))
    }

    func refuse(_ command: Command, by principal: String, because error: CommandError) -> CommandResult {
        state.withLock { $0.refused.append(error.code) }
        _ = record(command, by: principal, refusal: error.code)
        return CommandResult(id: command.id, outcome: .failure(error))
    }

    private func record(_ command: Command, by principal: String, refusal: CommandError.Code?) -> Int64 {
        let record = CommandRecord(
            id: command.id, action: command.action, principal: principal, claimed: command.claimed,
            reason: command.reason, refusal: refusal)
        return append(.command(record), circuit: command.circuit)
    }

    func advance() { state.withLock { $0.advances += 1 } }

    func flush() async { state.withLock { $0.flushes += 1 } }

    func histogram(of circuit: Int64) -> LatencyHistogram? {
        state.withLock { state in
            state.histogramReadings += 1
            return state.histograms[circuit]
        }
    }

    func activity() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.observers.append(continuation) }
        return stream
    }
}

extension Command {
    /// A command as an operator sends it.
    static func sample(
        id: String = "6f1c0f6e-0f6d-4b5e-9d59-1f2a3b4c5d6e", boot: String = "00000000000000aa", circuit: Int64 = 1,
        action: CommandAction = .forceOpen, reason: String = "maintenance"
    ) -> Command {
        Command(
            id: id, boot: boot, circuit: circuit, action: action, lifetime: action.isForce ? .limited(60_000) : nil,
            reason: reason, claimed: "ann")
    }
}
