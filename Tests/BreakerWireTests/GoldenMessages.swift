// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire

extension Golden {
    static let boot = "9f2c41d07be35a18"
    static let commandID = "6f1d0f9c-3c4e-4b0a-9a51-0d7f2f8e4c11"

    static let identity = ServiceIdentity(
        service: "orders", instance: "orders-2", boot: boot, environment: "prod-eu", version: "2.7.1", pid: 4_711,
        host: "node-7", started: 1_767_225_600_000, keepsOverrides: true
    )

    static let rule = RuleDescription(name: "failure_ratio", threshold: 500, minimumCalls: 20, window: 10_000)

    static let trip = Trip(
        at: 723_412, rule: "failure_ratio", calls: 25, failed: 14, threshold: 500,
        errors: [
            TripError(type: "HTTPError", message: "503 \"no healthy upstream\"", count: 9),
            TripError(type: "TimeoutError", message: "no answer within 250 ms", count: 5),
        ]
    )

    static let forced = CircuitOverride(
        mode: .forcedOpen, revision: 1, principal: "uid 1000 (ann)", claimed: "ann", reason: "INC-42: provider down",
        since: 727_412, until: 1_327_412
    )

    static let all: [(name: String, message: AnyMessage)] =
        service.map { ($0.0, .service($0.1)) } + monitor.map { ($0.0, .monitor($0.1)) }

    private static let service: [(String, ServiceMessage)] = [
        ("hello", .hello(Hello(identity: identity, actions: CommandAction.allCases.map(\.rawValue)))),
        (
            "subscribed",
            .subscribed(
                Subscribed(
                    interval: 1_000, role: .operator, limits: .init(lineBytes: 65_536, commandsPerSecond: 20)))
        ),
        ("circuit", .circuit(circuit())),
        ("circuit-forced", .circuit(circuit(override: forced, trip: trip))),
        ("circuit-gone", .circuit(consecutive)),
        ("event-state", event(1, .state(opened))),
        ("event-replayed", event(2, .state(halfOpened), replayed: true)),
        ("event-probe", event(3, .probe(ProbeRecord(ok: true, microseconds: 18_250)))),
        (
            "event-probe-failed",
            event(4, .probe(ProbeRecord(ok: false, microseconds: 250_031, error: "TimeoutError")))
        ),
        ("event-override", event(5, .override(OverrideChange(from: .none, to: forced, cause: .command)))),
        ("event-command", event(6, .command(record()))),
        ("event-command-refused", event(7, .command(record(refusal: .overrideConflict)))),
        ("event-retry-exhausted", event(8, .retryExhausted(attempts: 3, error: "HTTPError: 503"))),
        ("event-suppressed", event(9, .suppressed(kind: "probe", count: 37))),
        ("event-config", event(10, .config, circuit: nil)),
        ("sample", .sample(Sample(at: instant, seq: 10, rows: [row, unknownRow]))),
        ("sample-heartbeat", .sample(Sample(at: instant, seq: 10, rows: []))),
        ("histogram", .histogram(Histogram(circuit: 1, at: instant, latency: latency))),
        ("ready", .ready),
        ("gap", .gap(Gap(from: 11, to: 42))),
        ("result", .result(CommandResult(id: commandID, outcome: .success(6)))),
        ("result-refused", .result(CommandResult(id: commandID, outcome: .failure(conflict)))),
        (
            "error",
            .error(ErrorMessage(code: "malformed", message: "expected a colon, found `}`, at byte 18", line: 3))
        ),
        ("bye", .bye(reason: "shutdown")),
    ]

    private static let monitor: [(String, MonitorMessage)] = [
        ("subscribe", .subscribe(Subscribe(client: "breakertop/0.1.0", interval: 1_000))),
        (
            "subscribe-resume",
            .subscribe(
                Subscribe(client: "breakertop/0.1.0", interval: 250, filter: "pay", detail: [1, 7], eventsSince: 42))
        ),
        ("detail", .detail([1, 7])),
        (
            "command-force",
            .command(
                command(.forceOpen, .limited(600_000), reason: "INC-42: provider down", ifOverrideRevision: 0))
        ),
        ("command-force-until-cleared", .command(command(.forceClosed, .untilCleared, reason: "load test"))),
        ("command-clear", .command(command(.clear))),
    ]
}

extension Golden {
    static let instant = TelemetryInstant(t: 1_767_226_333_700, up: 733_700)

    static let row: CircuitRow = {
        var row = CircuitRow(id: 1)
        for field in Field.allCases where field != .id { row[field] = 0 }
        row.state = .open
        row.overrideMode = .forcedOpen
        let figures: [(Field, Int64)] = [
            (.stateSince, 726_412), (.generation, 3), (.overrideRevision, 1), (.openUntil, 756_412), (.calls, 48_213),
            (.ok, 48_102), (.failed, 97), (.timeouts, 31), (.ignored, 12), (.slow, 204), (.late, 2), (.rejected, 386),
            (.rejectedForced, 4), (.windowCalls, 25), (.windowFailed, 14), (.windowSlow, 3), (.consecutiveFailed, 6),
            (.opened, 2), (.lastCall, 733_688), (.retries, 44), (.retriesSaved, 29), (.retriesExhausted, 15),
            (.bulkheadQueued, 0), (.fallbacks, 390), (.latencyP50, 18_250), (.latencyP99, 249_870),
            (.outageSince, 723_412),
        ]
        for (field, value) in figures { row[field] = value }
        return row
    }()

    /// A foreign breaker that tells little.
    static let unknownRow: CircuitRow = {
        var row = CircuitRow(id: 7)
        row.state = .closed
        row[.calls] = 9_007_199_254_740_991
        return row
    }()

    /// Of the calls of ``row`` that are over.
    static let latency = LatencyHistogram(
        counts: [(88, 11_000), (96, 24_101), (104, 12_600), (127, 510)] as [(bucket: Int, count: Int64)])

    static func circuit(override: CircuitOverride = CircuitOverride(), trip: Trip? = nil) -> CircuitDescription {
        CircuitDescription(
            id: 1, name: "payments", target: CircuitTarget(service: "payments", endpoint: "POST /charge"),
            tags: ["team": "checkout", "tier": "1"], rule: rule, openTime: 30_000, probeLimit: 2, probeNeed: 3,
            override: override, trip: trip
        )
    }

    static let consecutive = CircuitDescription(
        id: 7, name: "Lagerplätze ✓", rule: RuleDescription(name: "consecutive_failures", threshold: 5), isGone: true)

    static let opened = StateChange(from: .closed, to: .open, generation: 1, cause: .rule, trip: trip)
    static let halfOpened = StateChange(from: .open, to: .halfOpen, generation: 2, cause: .timer)
    static let conflict = CommandError(.overrideConflict, "ann forced it open 2 s ago (revision 1)")

    private static func event(
        _ seq: Int64, _ kind: Event.Kind, circuit: Int64? = 1, replayed: Bool = false
    ) -> ServiceMessage {
        let up = 722_412 + seq * 1_000
        let instant = TelemetryInstant(t: identity.started + up, up: up)
        return .event(Event(at: instant, seq: seq, circuit: circuit, kind: kind), replayed: replayed)
    }

    private static func record(refusal: CommandError.Code? = nil) -> CommandRecord {
        CommandRecord(
            id: commandID, action: .forceOpen, principal: "uid 1000 (ann)", claimed: "ann",
            reason: "INC-42: provider down", refusal: refusal)
    }

    private static func command(
        _ action: CommandAction, _ lifetime: Command.Lifetime? = nil, reason: String = "",
        ifOverrideRevision: Int64? = nil
    ) -> Command {
        Command(
            id: commandID, boot: boot, circuit: 1, action: action, lifetime: lifetime, reason: reason, claimed: "ann",
            ifOverrideRevision: ifOverrideRevision)
    }
}
