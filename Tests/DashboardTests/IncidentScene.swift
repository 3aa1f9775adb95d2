// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

@testable import Dashboard

/// Five minutes of the shop in which payments breaks down and somebody forces a circuit open: with a history, unlike
/// ``Scene/shop(columns:rows:)``.
extension Scene {
    static let longReason =
        "index rebuild of the suggestions: the cluster answers with half of its shards until the reindexing is over, "
        + "ask the search team before you clear this"

    static func incident(columns: Int = 120, rows: Int = 40) -> Scene {
        var scene = lived
        scene.input(.resize(Size(columns: columns, rows: rows)))
        return scene
    }

    /// It takes five minutes of the services' time, which are lived once for all tests.
    private static let lived = live()

    private static func live() -> Scene {
        var scene = Scene()
        var story = Incident()
        for service in story.services {
            scene.observe(service, .source(.connecting))
            let actions = CommandAction.allCases.map(\.rawValue)
            scene.observe(service, .source(.greeted(service.identity, actions: actions)))
            scene.observe(service, .source(.subscribed(interval: 1_000, mayOperate: true)))
            for circuit in service.circuits { scene.observe(service, .circuit(circuit)) }
            scene.observe(service, .source(.ready))
        }
        for second in 1...299 as ClosedRange<Int64> {
            scene.wait(1_000)
            story.second = second
            for (service, event) in story.events { scene.observe(service, .event(event, replayed: false)) }
            for (service, circuit) in story.descriptions { scene.observe(service, .circuit(circuit)) }
            for service in story.services {
                let rows = service.circuits.map { story.row(of: $0.id, in: service, scene) }
                scene.observe(service, .sample(ProviderSample(at: story.at, seq: 0, rows: rows), isEnd: true))
            }
            scene.tick()
        }
        return scene
    }

    /// Goes to the view of a circuit.
    mutating func look(at name: String) {
        select(name)
        press(.character("2"))
    }

    /// Time goes by in which nothing happens; the services only say that they are there.
    mutating func stay(seconds: Int64, at up: Milliseconds) {
        for second in 1...seconds {
            wait(1_000)
            let at = TelemetryInstant(t: now.t, up: up + second * 1_000)
            for service in Scene.services {
                observe(service, .sample(ProviderSample(at: at, seq: 0, rows: []), isEnd: true))
            }
            tick()
        }
    }

    /// The service tells how long calls of a circuit took: some before the last seconds, and some since.
    mutating func tellLatencies(of circuit: Int64, in service: Service, up: Milliseconds) {
        var calls = LatencyHistogram()
        for call in 1...9_000 as ClosedRange<Int64> { calls.record(microseconds: 8_000 + call * call % 40_000) }
        observe(service, .histogram(circuit: circuit, calls, at: TelemetryInstant(t: now.t, up: up - 6_000)))
        for call in 1...120 as ClosedRange<Int64> { calls.record(microseconds: 700_000 + call * 1_000) }
        observe(service, .histogram(circuit: circuit, calls, at: TelemetryInstant(t: now.t, up: up)))
    }
}

/// What happens, by the second.
private struct Incident {
    var second: Int64 = 0
    var services: [Scene.Service] = Scene.services
    private var seq: Int64 { second * 10 }

    init() {
        services[0].circuits[2].override = CircuitOverride()
        services[1].circuits[0].trip = nil
    }

    var at: TelemetryInstant { TelemetryInstant(t: 1_763_726_600_000 + second * 1_000, up: 600_000 + second * 1_000) }

    // MARK: - payment.charge: breaks down after 180 s, opens after 200 s, then 4 s open and 2 s half-open by turns

    private var phase: Int64? { second < 200 ? nil : (second - 200) % 6 }

    private var trip: Trip {
        Trip(
            at: 800_000, rule: RuleDescription.failureRatio, calls: 50, failed: 41, threshold: 600,
            errors: [
                TripError(type: "ResilienceError", message: "timed out after 800 ms", count: 4),
                TripError(
                    type: "HTTPError",
                    message: "503 from payments: upstream connect error or disconnect/reset before headers, "
                        + "reset reason: connection refused", count: 1),
            ])
    }

    private var failedProbe: Trip {
        Trip(
            at: at.up, rule: "probe_failed",
            errors: [TripError(type: "ResilienceError", message: "timed out after 800 ms", count: 1)])
    }

    var events: [(Scene.Service, Event)] {
        let generation = second / 2
        func event(_ circuit: Int64, _ number: Int64, _ kind: Event.Kind) -> Event {
            Event(at: at, seq: seq + number, circuit: circuit, kind: kind)
        }
        func state(_ from: CircuitState, _ to: CircuitState, _ cause: StateChange.Cause, _ trip: Trip? = nil) -> Event {
            event(1, 2, .state(StateChange(from: from, to: to, generation: generation, cause: cause, trip: trip)))
        }
        var all: [(Scene.Service, Event)] = []
        switch phase {
        case 0 where second == 200: all.append((services[1], state(.closed, .open, .rule, trip)))
        case 0:
            let probe = ProbeRecord(ok: false, microseconds: 801_000, error: "timed out after 800 ms")
            all.append((services[1], event(1, 1, .probe(probe))))
            all.append((services[1], state(.halfOpen, .open, .probeFailed, failedProbe)))
        case 4: all.append((services[1], state(.open, .halfOpen, .timer)))
        default: break
        }
        if second == 248 {
            let record = CommandRecord(
                id: "c1", action: .forceOpen, principal: "uid 1000 (ann)", claimed: "oncall", reason: Scene.longReason)
            all.append((services[0], event(3, 1, .command(record))))
            all.append((services[0], event(3, 2, .override(OverrideChange(from: .none, to: force, cause: .command)))))
        }
        return all
    }

    // MARK: - search.suggest: forced open after 248 s

    private var force: CircuitOverride {
        CircuitOverride(
            mode: .forcedOpen, revision: 1, principal: "uid 1000 (ann)", claimed: "oncall", reason: Scene.longReason,
            since: 848_000, until: 1_448_000)
    }

    var descriptions: [(Scene.Service, CircuitDescription)] {
        guard second == 248 else { return [] }
        var search = services[0].circuits[2]
        search.override = force
        return [(services[0], search)]
    }

    // MARK: - Rows

    func row(of id: Int64, in service: Scene.Service, _ scene: Scene) -> CircuitRow {
        switch (service.name, id) {
        case ("orders", 1): charge
        case ("gateway", 3): search
        case ("gateway", 2): catalog
        default: scene.row(service.name, id, step: second * 4)
        }
    }

    private func row(_ id: Int64, calls: Int64, failed: Int64, rejected: Int64) -> CircuitRow {
        var row = CircuitRow(id: id)
        row.state = .closed
        row.overrideMode = OverrideMode.none
        row[.overrideRevision] = 0
        row[.stateSince] = 4_000
        for (field, value) in [
            (.calls, calls), (.ok, calls - failed), (.failed, failed), (.timeouts, failed / 2), (.ignored, 0),
            (.late, 0), (.inFlight, 2), (.rejected, rejected), (.rejectedForced, 0), (.opened, 0),
            (.lastCall, at.up - 40), (.windowCalls, 200), (.windowFailed, 2),
        ] as [(Field, Int64)] { row[field] = value }
        return row
    }

    private var charge: CircuitRow {
        let failing = max(0, min(second, 200) - 180)
        let cycles = max(0, second - 200) / 6
        let calls = min(second, 200) * 40 + cycles
        let failed = min(second, 180) / 2 + failing * 30 + cycles
        var row = row(1, calls: calls, failed: failed, rejected: max(0, second - 200) * 40 - cycles)
        row[.windowFailed] = failing > 0 ? 2 + min(200, failing * 30) * 8 / 10 : 2
        row[.retries] = failing * 12
        row[.retriesSaved] = failing * 2
        row[.retriesExhausted] = failing * 5
        row[.retriesDenied] = failing
        (row[.bulkheadInUse], row[.bulkheadQueued], row[.bulkheadRejected]) = (2, 0, failing * 3)
        guard let phase else { return row }
        row.state = phase < 4 ? .open : .halfOpen
        row[.stateSince] = at.up - (phase < 4 ? phase : phase - 4) * 1_000
        row[.outageSince] = 800_000
        row[.openUntil] = phase < 4 ? at.up + (4 - phase) * 1_000 : nil
        row[.opened] = 1 + cycles
        row[.generation] = second / 2
        (row[.windowCalls], row[.windowFailed]) = (0, 0)
        return row
    }

    private var search: CircuitRow {
        var row = row(3, calls: min(second, 248) * 20, failed: 0, rejected: 0)
        row[.limiterRejected] = 7
        row[.windowFailed] = 0
        guard second >= 248 else { return row }
        row.overrideMode = .forcedOpen
        row[.overrideRevision] = 1
        row[.rejectedForced] = (second - 248) * 20
        (row[.windowCalls], row[.inFlight]) = (0, 0)
        return row
    }

    private var catalog: CircuitRow {
        var row = row(2, calls: second * 42 + second % 7, failed: second / 3, rejected: 0)
        (row[.retries], row[.retriesSaved], row[.retriesExhausted], row[.retriesDenied]) = (
            second / 4, second / 4, 0, 0
        )
        (row[.fallbacks], row[.fallbacksFailed]) = (second / 9, 0)
        (row[.latencyP50], row[.latencyP99]) = (11_800, 48_300)
        return row
    }
}
