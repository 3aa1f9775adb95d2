// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

@testable import Recording

/// A recording that is told fact by fact, at times that a test says.
struct Incident {
    private struct Process {
        var identity: ServiceIdentity
        var began: Milliseconds
        var seq: Int64 = 0
        var rows: [Int64: CircuitRow] = [:]
        var source: String
    }

    /// 2026-11-22 12:00 UTC.
    static let start: Milliseconds = 1_795_348_800_000

    private(set) var now = TelemetryInstant(t: start, up: 60_000)
    private var processes: [String: Process] = [:]
    let recorder: Recorder

    /// How far the recorder's clock is ahead of the services'.
    private let ahead: Milliseconds

    init(ahead: Milliseconds = 0) throws {
        self.ahead = ahead
        let began = TelemetryInstant(t: now.t + ahead, up: now.up)
        recorder = try Recorder(RecordingHeader(started: began.t, program: "breakertop 0.1.0"), began: began)
    }

    /// Time goes by until so many seconds after the start; whoever is there is heard each second.
    mutating func go(to seconds: Double) throws {
        let target = Self.start + Milliseconds(seconds * 1_000)
        while now.t < target {
            let step = min(target, (now.t / 1_000 + 1) * 1_000) - now.t
            (now.t, now.up) = (now.t + step, now.up + step)
            guard now.t % 1_000 == 0 else { break }
            for instance in processes.keys.sorted() { try sample(instance) }
        }
    }

    mutating func lose(_ instance: String, _ reason: String) throws {
        try say(instance, .source(.lost(reason: reason)))
        processes[instance] = nil
    }

    mutating func say(_ source: String, _ fact: Observation.Fact) throws {
        let source = SourceID("unix:/run/\(processes[source]?.source ?? source).sock")
        let at = TelemetryInstant(t: now.t + ahead, up: now.up)
        try recorder.record(Observation(source: source, at: at, fact: fact))
    }

    /// A process comes and tells all.
    mutating func connect(
        _ service: String, _ instance: String, boot: String, circuits: [String], over source: String? = nil,
        upFor: Milliseconds = 3_600_000,
        rule: RuleDescription = RuleDescription(
            name: RuleDescription.failureRatio, threshold: 600, minimumCalls: 5, window: 10_000)
    ) throws {
        let identity = ServiceIdentity(
            service: service, instance: instance, boot: boot, environment: "prod-eu", version: "1.4.2", pid: 7)
        processes[instance] = Process(identity: identity, began: now.up - upFor, source: source ?? instance)
        try say(instance, .source(.connecting))
        try say(instance, .source(.greeted(identity, actions: CommandAction.allCases.map(\.rawValue))))
        try say(instance, .source(.subscribed(interval: 1_000, mayOperate: true)))
        for (index, name) in circuits.enumerated() {
            let id = Int64(index + 1)
            try say(
                instance,
                .circuit(
                    CircuitDescription(
                        id: id, name: name, target: CircuitTarget(service: "x", endpoint: "POST /y"), rule: rule,
                        openTime: 4_000, probeLimit: 1, probeNeed: 1)))
            var row = CircuitRow(id: id)
            (row.state, row.overrideMode) = (.closed, OverrideMode.none)
            for field in [Field.calls, .failed, .rejected, .rejectedForced, .overrideRevision, .generation] {
                row[field] = 0
            }
            processes[instance]?.rows[id] = row
        }
        try sample(instance)
        try say(instance, .source(.ready))
    }

    private func clock(_ instance: String) -> TelemetryInstant {
        TelemetryInstant(t: now.t, up: now.up - (processes[instance]?.began ?? 0))
    }

    /// Rows as they are now, after a change of one.
    mutating func sample(_ instance: String, _ id: Int64 = 1, _ change: (inout CircuitRow) -> Void = { _ in }) throws {
        guard var process = processes[instance] else { return }
        if var row = process.rows[id] {
            change(&row)
            process.rows[id] = row
        }
        processes[instance] = process
        let rows = process.rows.values.sorted { $0.id < $1.id }
        try say(
            instance, .sample(ProviderSample(at: clock(instance), seq: process.seq, rows: rows), isEnd: true))
    }

    mutating func event(_ instance: String, _ circuit: Int64?, _ kind: Event.Kind) throws {
        processes[instance]?.seq += 1
        let seq = processes[instance]?.seq ?? 0
        if case .state(let change) = kind, let id = circuit {
            let up = clock(instance).up
            processes[instance]?.rows[id]?.state = change.to
            processes[instance]?.rows[id]?[.stateSince] = up
            processes[instance]?.rows[id]?[.generation] = change.generation
            if change.from == .closed { processes[instance]?.rows[id]?[.outageSince] = up }
            if change.to == .closed { processes[instance]?.rows[id]?[.outageSince] = nil }
            for field in [Field.windowCalls, .windowFailed] { processes[instance]?.rows[id]?[field] = nil }
        }
        if case .override(let change) = kind, let id = circuit {
            processes[instance]?.rows[id]?.overrideMode = change.to.mode
            processes[instance]?.rows[id]?[.overrideRevision] = change.to.revision
        }
        let event = Event(at: clock(instance), seq: seq, circuit: circuit, kind: kind)
        try say(instance, .event(event, replayed: false))
    }

    /// Calls of a circuit in its window, of which some failed.
    mutating func calls(_ instance: String, _ calls: Int64, failed: Int64) throws {
        try sample(instance) { row in
            (row[.windowCalls], row[.windowFailed]) = (calls, failed)
            row[.calls] = (row[.calls] ?? 0) + calls / 4
            row[.failed] = (row[.failed] ?? 0) + failed / 4
        }
    }

    func trip(_ instance: String, calls: Int64, failed: Int64, _ errors: [TripError]) -> Trip {
        Trip(
            at: clock(instance).up, rule: RuleDescription.failureRatio, calls: calls, failed: failed, threshold: 600,
            errors: errors)
    }

    func up(_ instance: String) -> Milliseconds { clock(instance).up }

    mutating func finish() throws -> [UInt8] {
        try recorder.end()
        return recorder.takeOutput()
    }
}

extension Incident {
    private static func change(
        _ from: CircuitState, _ to: CircuitState, _ generation: Int64, _ cause: StateChange.Cause, _ trip: Trip? = nil
    ) -> Event.Kind {
        .state(StateChange(from: from, to: to, generation: generation, cause: cause, trip: trip))
    }

    /// A payment provider fails, an operator keeps it out for a while, a process dies, and another circuit is still open
    /// at the end.
    static func ofPayments() throws -> [UInt8] {
        var story = try Incident()
        try story.connect("payments", "payments-1", boot: "00000000000000a1", circuits: ["bank"])
        try story.connect("orders", "orders-1", boot: "00000000000000b1", circuits: ["payments.charge", "stock"])
        try story.connect("gateway", "gateway", boot: "00000000000000c1", circuits: ["orders.place"])
        for second in stride(from: 1.0, through: 58, by: 1) {
            try story.go(to: second)
            try story.calls("orders-1", 24, failed: Int64(second) % 7 == 0 ? 1 : 0)
            try story.calls("gateway", 40, failed: 0)
        }
        for (second, failed) in [(59.0, 4), (60, 8), (61, 12)] as [(Double, Int64)] {
            try story.go(to: second)
            try story.calls("orders-1", 24, failed: failed)
            try story.calls("gateway", 40, failed: failed / 2)
        }
        try story.go(to: 61.5)
        let errors = [
            TripError(type: "HTTPError", message: "503 Service Unavailable", count: 13),
            TripError(type: "Timeout", message: "no answer within 800 ms", count: 2),
        ]
        let trip = story.trip("orders-1", calls: 24, failed: 15, errors)
        try story.event("orders-1", 1, change(.closed, .open, 1, .rule, trip))
        try story.refuse(62...65)
        try story.go(to: 65.5)
        try story.event("orders-1", 1, change(.open, .halfOpen, 2, .timer))
        try story.go(to: 65.7)
        try story.event("orders-1", 1, change(.halfOpen, .open, 3, .probeFailed))
        try story.refuse(66...69)
        try story.go(to: 69.7)
        try story.event("orders-1", 1, change(.open, .halfOpen, 4, .timer))
        try story.go(to: 70)
        try story.event("orders-1", 1, change(.halfOpen, .closed, 5, .probeOk))
        try story.keepOut()
        try story.die()
        return try story.finish()
    }

    private mutating func refuse(_ seconds: ClosedRange<Int>, forced: Bool = false) throws {
        for second in seconds {
            try go(to: Double(second))
            let field = forced ? Field.rejectedForced : .rejected
            try sample("orders-1") { $0[field] = ($0[field] ?? 0) + 6 }
            try calls("gateway", 40, failed: 2)
        }
    }

    private mutating func keepOut() throws {
        try refuse(71...75)
        try go(to: 75.5)
        func record(_ action: CommandAction, _ claimed: String, _ reason: String, _ refusal: CommandError.Code? = nil)
            -> Event.Kind
        {
            .command(
                CommandRecord(
                    id: "00000000-0000-4000-8000-000000000001", action: action,
                    principal: claimed == "bob" ? "" : "uid 1000 (ann)", claimed: claimed, reason: reason,
                    refusal: refusal))
        }
        try event("orders-1", 1, record(.forceClosed, "bob", "it works for me", .notAllowed))
        try go(to: 76)
        try event("orders-1", 1, record(.forceOpen, "oncall", "provider says 5 min"))
        let slot = CircuitOverride(
            mode: .forcedOpen, revision: 1, principal: "uid 1000 (ann)", claimed: "oncall",
            reason: "provider says 5 min", since: up("orders-1"), until: up("orders-1") + 300_000)
        try event("orders-1", 1, .override(OverrideChange(from: .none, to: slot, cause: .command)))
        try refuse(77...99, forced: true)
        try go(to: 99.5)
        try event("orders-1", 1, record(.clear, "oncall", "back"))
        let free = CircuitOverride(mode: .none, revision: 2)
        try event("orders-1", 1, .override(OverrideChange(from: .forcedOpen, to: free, cause: .command)))
        try event("orders-1", 1, Self.change(.closed, .halfOpen, 6, .clear))
        try go(to: 100)
        try event("orders-1", 1, Self.change(.halfOpen, .closed, 7, .probeOk))
    }

    private mutating func die() throws {
        try go(to: 105)
        let cause = trip("payments-1", calls: 10, failed: 7, [TripError(type: "Timeout", message: "bank", count: 7)])
        try event("payments-1", 1, Self.change(.closed, .open, 1, .rule, cause))
        try go(to: 110)
        try lose("payments-1", "the connection was reset")
        for second in 111...124 {
            try go(to: Double(second))
            try calls("orders-1", 24, failed: 1)
            try calls("gateway", 40, failed: 20)
        }
        try go(to: 125)
        try connect("payments", "payments-1", boot: "00000000000000a2", circuits: ["bank"], upFor: 400)
        try say("orders-1", .gap(from: 40, to: 42))
        try go(to: 140)
        let trip = trip("gateway", calls: 40, failed: 25, [TripError(type: "HTTPError", message: "502", count: 5)])
        try event("gateway", 1, Self.change(.closed, .open, 1, .rule, trip))
        try go(to: 160)
        try sample("gateway")
    }
}
