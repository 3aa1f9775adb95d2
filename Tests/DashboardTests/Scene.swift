// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

@testable import Dashboard

/// A dashboard with the order shop on it, driven like the real one: observations, keys and time come in as messages.
struct Scene {
    var dashboard: Dashboard
    var now = TelemetryInstant(t: 1_763_726_600_000, up: 100_000)
    /// How many samples the services have sent since the scene began.
    private var step: Int64 = 0
    /// Every service has been up for this long when the scene begins.
    let serviceUp: Milliseconds = 600_000
    var effects: [Dashboard.Effect] = []

    init(columns: Int = 120, rows: Int = 40) {
        dashboard = Dashboard(
            size: Size(columns: columns, rows: rows),
            configuration: .init(
                operatorName: "oncall", places: ["/run/breakertop", "/tmp/breakertop-1000"], version: "0.1"
            ) {
                "11111111-2222-4333-8444-555555555555"
            })
    }

    static func shop(columns: Int = 120, rows: Int = 40) -> Scene {
        var scene = opened
        scene.input(.resize(Size(columns: columns, rows: rows)))
        return scene
    }

    /// Nearly every test begins with it.
    private static let opened = open()

    private static func open() -> Scene {
        var scene = Scene()
        for service in Scene.services { scene.connect(service) }
        scene.run(steps: 16)
        return scene
    }

    // MARK: - What services say

    struct Service {
        var name: String
        var circuits: [CircuitDescription]
        var boot: String { String(repeating: "0", count: 16 - name.count) + name }
        var source: SourceID { SourceID("unix:/run/breakertop/\(name).sock") }
        var identity: ServiceIdentity {
            ServiceIdentity(service: name, instance: name, boot: boot, environment: "prod-eu")
        }
    }

    static let services: [Service] = [
        Service(
            name: "gateway",
            circuits: [
                describe(1, "orders.create", "orders", "POST /orders"),
                describe(2, "catalog.list", "inventory", "GET /items"), search,
            ]),
        Service(
            name: "orders",
            circuits: [
                charge, describe(2, "stock.reserve", "inventory", "POST /reserve"),
                describe(3, "shipping.quote", "shipping", "GET /quote"),
            ]),
    ]

    private static func describe(_ id: Int64, _ name: String, _ service: String, _ endpoint: String)
        -> CircuitDescription
    {
        CircuitDescription(
            id: id, name: name, target: CircuitTarget(service: service, endpoint: endpoint),
            rule: RuleDescription(name: RuleDescription.failureRatio, threshold: 600, minimumCalls: 20, window: 10_000),
            openTime: 4_000, probeLimit: 3, probeNeed: 3)
    }

    private static var charge: CircuitDescription {
        var circuit = describe(1, "payment.charge", "payments", "POST /charge")
        circuit.trip = Trip(
            at: 590_000, rule: RuleDescription.failureRatio, calls: 50, failed: 41, threshold: 600,
            errors: [
                TripError(type: "ResilienceError", message: "timed out after 800 ms", count: 4),
                TripError(type: "HTTPError", message: "503 from payments", count: 1),
            ])
        return circuit
    }

    private static var search: CircuitDescription {
        var circuit = describe(3, "search.suggest", "search", "GET /suggest")
        circuit.override = CircuitOverride(
            mode: .forcedOpen, revision: 3, principal: "uid 1000 (ann)", claimed: "oncall", reason: "index rebuild",
            since: 552_000, until: 1_152_000)
        return circuit
    }

    /// A row of the shop after so many 250 ms steps.
    func row(_ service: String, _ id: Int64, step: Int64) -> CircuitRow {
        var row = CircuitRow(id: id)
        for field in Field.allCases where field.spec.kind == .counter || field.spec.kind == .gauge { row[field] = 0 }
        row[.latencyP50] = nil
        row.state = .closed
        row.overrideMode = OverrideMode.none
        row[.stateSince] = 4_000
        row[.calls] = 10_000 + step * 5
        row[.ok] = 9_990 + step * 5
        row[.failed] = 10
        row[.windowCalls] = 180
        row[.windowFailed] = 2
        switch (service, id) {
        case ("orders", 1):
            row.state = .open
            row[.stateSince] = 590_000
            row[.openUntil] = serviceUp + 6_400
            row[.calls] = 10_000
            row[.ok] = 9_000
            row[.failed] = 1_000
            row[.timeouts] = 700
            row[.rejected] = 500 + step * 12
            row[.windowCalls] = 50
            row[.windowFailed] = 41
            row[.opened] = 3
        case ("orders", 3):
            row.state = .halfOpen
            row[.stateSince] = 597_000
            row[.probesOk] = 1
            row[.probesInFlight] = 1
            row[.windowCalls] = 5
            row[.windowFailed] = 3
            row[.opened] = 1
        case ("gateway", 3):
            row.overrideMode = .forcedOpen
            row[.overrideRevision] = 3
            row[.calls] = 400
            row[.ok] = 400
            row[.failed] = 0
            row[.rejectedForced] = 1_000 + step * 5
            row[.windowCalls] = 0
            row[.windowFailed] = 0
        case ("gateway", 2): row[.retries] = 30 + step
        default: break
        }
        return row
    }

    mutating func connect(_ service: Service, keepsOverrides: Bool? = nil) {
        var identity = service.identity
        identity.keepsOverrides = keepsOverrides
        observe(service, .source(.connecting))
        observe(service, .source(.greeted(identity, actions: CommandAction.allCases.map(\.rawValue))))
        observe(service, .source(.subscribed(interval: 250, mayOperate: true)))
        for circuit in service.circuits { observe(service, .circuit(circuit)) }
        sample(service, step: 0)
        observe(service, .source(.ready))
    }

    mutating func sample(_ service: Service, step: Int64) {
        let at = TelemetryInstant(t: now.t, up: serviceUp + step * 250)
        let rows = service.circuits.map { row(service.name, $0.id, step: step) }
        observe(service, .sample(ProviderSample(at: at, seq: 0, rows: rows), isEnd: true))
    }

    mutating func observe(_ service: Service, _ fact: Observation.Fact) {
        send(.observation(Observation(source: service.source, at: now, fact: fact)))
    }

    // MARK: - Time and keys

    /// Lets so many steps of 250 ms go by, in which each of the services sends a sample.
    mutating func run(steps: Int64, silent: Set<String> = []) {
        for _ in 1...steps {
            wait(250)
            step += 1
            for service in Scene.services where !silent.contains(service.name) { sample(service, step: step) }
        }
        tick()
    }

    mutating func wait(_ milliseconds: Milliseconds) {
        now.t += milliseconds
        now.up += milliseconds
    }

    mutating func tick() { send(.tick) }

    mutating func send(_ message: Dashboard.Message) {
        var new = dashboard.update(message, at: now)
        while new.contains(.goOn) { new = new.filter { $0 != .goOn } + dashboard.update(.goOn, at: now) }
        effects += new
        // The terminal takes each frame at once.
        _ = dashboard.update(.shown(edition: dashboard.operations.edition, at: now.up), at: now)
    }

    mutating func press(_ keys: Key...) {
        for key in keys { send(.input(.key(key), readAt: now.up)) }
    }

    /// Presses a key that waits for so long before it is looked at.
    mutating func press(_ key: Key, waiting: Milliseconds) {
        send(.input(.key(key), readAt: now.up - waiting))
    }

    /// Something else that comes from the terminal.
    mutating func input(_ event: InputEvent) { send(.input(event, readAt: now.up)) }

    mutating func type(_ text: String) {
        for character in text { press(.character(character)) }
    }

    /// Selects a circuit by name as an operator does: by moving down to it.
    mutating func select(_ name: String) {
        press(.home)
        for _ in dashboard.order where dashboard.selection?.name != name { press(.down) }
    }

    var screen: String { dashboard.view().text }

    var sent: [Command] {
        effects.compactMap { if case .send(let command) = $0 { command } else { nil } }
    }
}
