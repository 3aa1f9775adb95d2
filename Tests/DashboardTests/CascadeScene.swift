// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

@testable import Dashboard

/// A cascade of three services, told over sources of every kind: payments' database failed first, then its callers.
extension Scene {
    struct Process {
        var service: String
        var instance: String
        var source: String
        var kind = SourceKind.unix
        var mayOperate = true
        var circuits: [Int64: (name: String, target: String, openFor: Milliseconds?)]

        var id: SourceID { SourceID(source) }

        var identity: ServiceIdentity {
            ServiceIdentity(
                service: service, instance: instance,
                boot: String(repeating: "0", count: 16 - instance.count) + instance, environment: "prod-eu",
                version: "2.4.1", pid: 4_711, host: "eu-1", keepsOverrides: service == "gateway")
        }
    }

    static let cascadeProcesses: [Process] = [
        Process(
            service: "gateway", instance: "gateway", source: "unix:/run/breakertop/gateway.sock",
            circuits: [
                1: ("orders.create", "orders", 30_000), 2: ("catalog.list", "inventory", nil),
                3: ("search.suggest", "search", nil),
            ]),
        Process(
            service: "orders", instance: "orders-1", source: "tcp:10.0.0.11:7777", kind: .tcp,
            circuits: [1: ("payment.charge", "payments", 36_000), 2: ("stock.reserve", "inventory", nil)]),
        Process(
            service: "orders", instance: "orders-2", source: "tcp:10.0.0.12:7777", kind: .tcp,
            circuits: [1: ("payment.charge", "payments", nil), 2: ("stock.reserve", "inventory", nil)]),
        Process(
            service: "payments", instance: "payments-1", source: "tls:payments.internal:7443", kind: .tls,
            mayOperate: false, circuits: [1: ("ledger.write", "ledger-db", 42_000)]),
    ]

    static func cascade(columns: Int = 120, rows: Int = 40) -> Scene {
        var scene = Scene(columns: columns, rows: rows)
        for process in cascadeProcesses { scene.greet(process) }
        for step in 0...16 as ClosedRange<Int64> {
            for process in cascadeProcesses { scene.tell(process, step: step) }
            scene.wait(250)
        }
        scene.loseInventory()
        scene.tick()
        return scene
    }

    mutating func observe(_ process: Process, _ fact: Observation.Fact, bytes: Int = 0) {
        send(.observation(Observation(source: process.id, at: now, fact: fact, bytes: bytes)))
    }

    private mutating func greet(_ process: Process) {
        observe(process, .source(.connecting))
        observe(
            process,
            .origin(SourceOrigin(kind: process.kind, labels: process.kind == .tcp ? ["team": "checkout"] : [:])))
        if process.kind == .tls {
            observe(
                process,
                .link(
                    SourceLink(
                        protocolMinor: 1, certificateNames: ["payments.internal"],
                        certificateExpires: now.t + 9 * 86_400_000 + 3_600_000)))
        }
        let actions = CommandAction.allCases.map(\.rawValue)
        observe(process, .source(.greeted(process.identity, actions: actions)))
        observe(process, .source(.subscribed(interval: 250, mayOperate: process.mayOperate)))
        for (id, circuit) in process.circuits.sorted(by: { $0.key < $1.key }) {
            observe(process, .circuit(description(id, circuit.name, circuit.target)))
        }
        observe(process, .source(.ready))
        for (id, circuit) in process.circuits.sorted(by: { $0.key < $1.key }) {
            guard let age = circuit.openFor else { continue }
            open(id, of: process, age: age, seq: id)
        }
    }

    private func description(_ id: Int64, _ name: String, _ target: String) -> CircuitDescription {
        var circuit = CircuitDescription(
            id: id, name: name, target: CircuitTarget(service: target, endpoint: ""),
            rule: RuleDescription(name: RuleDescription.failureRatio, threshold: 600, minimumCalls: 20, window: 10_000),
            openTime: 60_000, probeLimit: 3, probeNeed: 3)
        guard name == "search.suggest" else { return circuit }
        circuit.override = CircuitOverride(
            mode: .forcedOpen, revision: 3, principal: "uid 1000 (ann)", claimed: "oncall", reason: "index rebuild",
            since: 552_000, until: 1_152_000)
        return circuit
    }

    /// The circuit opened so long ago.
    private mutating func open(_ id: Int64, of process: Process, age: Milliseconds, seq: Int64) {
        let at = TelemetryInstant(t: now.t - age, up: serviceUp - age)
        let trip = Trip(
            at: at.up, rule: RuleDescription.failureRatio, calls: 50, failed: 41, threshold: 600,
            errors: [TripError(type: "TimeoutError", message: "timed out after 800 ms", count: 38)])
        let change = StateChange(from: .closed, to: .open, generation: 2, cause: .rule, trip: trip)
        observe(process, .event(Event(at: at, seq: seq, circuit: id, kind: .state(change)), replayed: true))
    }

    mutating func tell(_ process: Process, step: Int64) {
        let rows = process.circuits.sorted { $0.key < $1.key }.map { id, circuit in
            var row = CircuitRow(id: id)
            for field in Field.allCases where field.spec.kind == .counter || field.spec.kind == .gauge {
                row[field] = 0
            }
            row.state = circuit.openFor == nil ? .closed : .open
            row.overrideMode = circuit.name == "search.suggest" ? .forcedOpen : OverrideMode.none
            if circuit.name == "search.suggest" { row[.overrideRevision] = 3 }
            row[.generation] = circuit.openFor == nil ? 1 : 2
            row[.stateSince] = circuit.openFor.map { serviceUp - $0 } ?? 4_000
            row[.openUntil] = circuit.openFor.map { serviceUp - $0 + 60_000 }
            let isRefused = circuit.openFor != nil
            row[.calls] = 10_000 + (isRefused ? 0 : step * 5)
            row[.ok] = row[.calls]
            row[.rejected] = isRefused ? step * 12 : 0
            (row[.windowCalls], row[.windowFailed]) = (180, 2)
            return row
        }
        let at = TelemetryInstant(t: now.t, up: serviceUp + step * 250)
        observe(process, .sample(ProviderSample(at: at, seq: 0, rows: rows), isEnd: true), bytes: 400)
    }

    private mutating func loseInventory() {
        let inventory = Process(
            service: "inventory", instance: "inventory-1", source: "tcp:10.0.0.31:7777", kind: .tcp, circuits: [:])
        observe(inventory, .source(.connecting))
        observe(inventory, .origin(SourceOrigin(kind: .tcp, labels: ["team": "stock"])))
        observe(inventory, .source(.greeted(inventory.identity, actions: [])))
        observe(inventory, .source(.subscribed(interval: 250, mayOperate: true)))
        observe(inventory, .source(.ready))
        let reason = "connection reset by peer (104) after 3 attempts; the next one in 8 s"
        observe(inventory, .source(.lost(reason: reason)))
    }

    mutating func note(_ kind: Event.Kind, of process: Process, circuit: Int64? = 1, seq: Int64) {
        let at = TelemetryInstant(t: now.t, up: now.up + 500_000)
        observe(process, .event(Event(at: at, seq: seq, circuit: circuit, kind: kind), replayed: false))
    }
}
