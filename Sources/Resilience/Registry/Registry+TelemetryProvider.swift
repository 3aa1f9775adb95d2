// SPDX-License-Identifier: Apache-2.0

public import BreakerTelemetry

extension Registry {
    /// The longest that a limited override may last: 31 days. What is to last longer is set until cleared.
    public static let maximumLifetime: Milliseconds = 31 * 24 * 3_600 * 1_000

    /// Everything: a breaker of this module can do all that an operator may ask.
    public var actions: [CommandAction] { CommandAction.allCases }

    /// The present moment on the registry's timeline.
    public func now() -> TelemetryInstant { clock.instant() }

    /// The circuits whose description changed after a revision; 0 gives all that are not gone.
    ///
    /// Of circuits that went, at least the last 1,024 are remembered; whoever asks so late that more are missing is told
    /// so.
    public func circuits(changedAfter revision: UInt64) -> CircuitChanges {
        // The revision comes first: a change that happens meanwhile may be told twice, never missed.
        let changes = log.changes(after: revision)
        let live = changes.live.isEmpty ? [] : describe(Set(changes.live))
        return CircuitChanges(
            circuits: (live + changes.gone).sorted { $0.id < $1.id }, revision: changes.revision,
            isComplete: changes.isComplete)
    }

    private func describe(_ wanted: Set<Int64>) -> [CircuitDescription] {
        all.filter { wanted.contains($0.id) }.map { $0.describe() }
    }

    /// Every circuit's figures. What is not measured yet is unknown: slow calls, bulkhead, limiter; percentiles are
    /// those of the last 64 finished calls, so the 99th is the slowest of them.
    public func sample() -> ProviderSample {
        // The number comes first, under the log's lock, and each row later under its circuit's: every event up to it is
        // in the rows.
        let seq = log.newest
        return ProviderSample(at: now(), seq: seq, rows: all.map { $0.row() })
    }

    /// How long a circuit's calls took since boot: those that succeeded or failed, each attempt by itself. What ended
    /// late or was ignored says nothing about the dependency and is left out.
    ///
    /// - Returns: `nil` for a circuit that is not there.
    public func histogram(of circuit: Int64) -> LatencyHistogram? {
        self.circuit(id: circuit)?.breaker.histogram
    }

    /// The newest 1,024 events at most.
    public func events(after seq: Int64, limit: Int) -> EventPage {
        log.page(after: seq, limit: limit)
    }

    /// Checks a command and does it. Either way one event records it, except that of many refusals of one principal (more
    /// than 10 at once, or one a second) the rest is told as ``Event/Kind/suppressed(kind:count:)`` of kind `command`.
    public func perform(_ command: Command, by principal: String) -> CommandResult {
        if let refusal = refusal(of: command) { return refuse(command, by: principal, because: refusal) }
        guard let circuit = circuit(id: command.circuit) else {
            return refuse(
                command, by: principal,
                because: CommandError(.unknownCircuit, "there is no circuit \(command.circuit)"))
        }
        var lifetime: UInt64?
        if command.action.isForce, case .limited(let milliseconds) = command.lifetime {
            lifetime = UInt64(milliseconds) * 1_000_000
        }
        let order = CircuitBreakerStateMachine.Order(
            action: command.action, lifetime: lifetime, reason: command.reason, principal: principal,
            claimed: command.claimed, ifRevision: command.ifOverrideRevision)
        return CommandResult(
            id: command.id, outcome: circuit.breaker.perform(order, audit: record(of: command, by: principal)))
    }

    /// Records a command that was refused, by a publisher or here, as ``perform(_:by:)`` does.
    public func refuse(_ command: Command, by principal: String, because error: CommandError) -> CommandResult {
        var audit = record(of: command, by: principal)
        audit.refusal = error.code
        // A number of another boot says nothing about a circuit of this one.
        let known = error.code == .wrongBoot ? nil : circuit(id: command.circuit)?.id
        log.append([.command(audit)], circuit: known, at: now())
        log.deliver()
        return CommandResult(id: command.id, outcome: .failure(error))
    }

    /// Ends overrides whose time is over, tells of events that were left out, and tries again to keep overrides where
    /// that failed.
    public func advance() {
        for circuit in all { circuit.breaker.advance() }
        keeper?.retry()
        log.recover(at: now())
        log.deliver()
    }

    /// Returns when the overrides that were set before are on the disk, or it has turned out that they cannot be brought
    /// there; at once where none are kept. For an orderly shutdown: publishers call it.
    ///
    /// It takes 5 s at most, after which it is reported what was not written: a disk that hangs must not hold up the end
    /// of the service. Cancellation does not shorten it: it is called when all is cancelled.
    public func flush() async { await keeper?.flush() }

    /// An element soon after something changed. Any number may watch; a stream's end forgets it.
    public func activity() -> AsyncStream<Void> { log.activity() }

    private func refusal(of command: Command) -> CommandError? {
        if command.boot != identity.boot {
            return CommandError(
                .wrongBoot,
                "the service has restarted since: its boot is \(identity.boot), not \(command.boot.prefix(40))")
        }
        for (name, text) in [("reason", command.reason), ("operator", command.claimed)]
        where text.count > Command.maximumTextLength {
            return CommandError(
                .invalid, "\(name) must be at most \(Command.maximumTextLength) characters (is \(text.count))")
        }
        guard command.action.isForce else { return nil }
        switch command.lifetime {
        case .untilCleared:
            return nil
        case .limited(let milliseconds) where (1...Self.maximumLifetime).contains(milliseconds):
            return nil
        case .limited(let milliseconds):
            return CommandError(
                .invalid,
                "for_ms must lie within 1…\(Self.maximumLifetime), or be null for until cleared (is \(milliseconds))")
        case nil:
            return CommandError(.invalid, "\(command.action.rawValue) needs for_ms; null means until cleared")
        }
    }

    private func record(of command: Command, by principal: String) -> CommandRecord {
        CommandRecord(
            id: String(command.id.prefix(Command.maximumTextLength)), action: command.action, principal: principal,
            claimed: String(command.claimed.prefix(Command.maximumTextLength)),
            reason: String(command.reason.prefix(Command.maximumTextLength)))
    }
}
