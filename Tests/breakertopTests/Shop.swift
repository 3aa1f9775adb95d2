// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

/// A fleet that is told what a test wants, at a time that the test says.
struct Shop {
    var fleet = FleetModel()
    var now = TelemetryInstant(t: 43_384_000, up: 10_000)

    /// What a source said, applied and handed on.
    @discardableResult
    mutating func say(_ source: String, _ fact: Observation.Fact) -> Observation {
        let observation = Observation(source: SourceID(source), at: now, fact: fact)
        fleet.apply(observation)
        return observation
    }

    mutating func wait(_ milliseconds: Milliseconds) {
        now.t += milliseconds
        now.up += milliseconds
        fleet.tick(at: now)
    }

    /// A service connects and tells all; its source has the instance's name if nothing is said.
    @discardableResult
    mutating func connect(
        _ service: String, _ instance: String, circuits: [String], boot: String? = nil,
        over source: String? = nil, actions: [CommandAction] = CommandAction.allCases, keepsOverrides: Bool? = nil
    ) -> [Observation] {
        let identity = ServiceIdentity(
            service: service, instance: instance, boot: boot ?? "boot of \(instance)", keepsOverrides: keepsOverrides)
        let source = source ?? instance
        var told = [
            say(source, .source(.connecting)),
            say(source, .source(.greeted(identity, actions: actions.map(\.rawValue)))),
            say(source, .source(.subscribed(interval: 250, mayOperate: true))),
        ]
        for (index, name) in circuits.enumerated() {
            let rule = RuleDescription(name: RuleDescription.failureRatio)
            told.append(say(source, .circuit(CircuitDescription(id: Int64(index + 1), name: name, rule: rule))))
        }
        told.append(rows(source, circuits.indices.map { Self.row(Int64($0 + 1)) }))
        told.append(say(source, .source(.ready)))
        return told
    }

    @discardableResult
    mutating func rows(_ source: String, _ rows: [CircuitRow]) -> Observation {
        let sample = ProviderSample(at: TelemetryInstant(t: now.t, up: now.up - 5_000), seq: 0, rows: rows)
        return say(source, .sample(sample, isEnd: true))
    }

    static func row(
        _ id: Int64, _ state: CircuitState? = .closed, _ mode: OverrideMode = .none, revision: Int64 = 0,
        calls: Int64 = 0
    ) -> CircuitRow {
        var row = CircuitRow(id: id)
        row.state = state
        row.overrideMode = mode
        row[.overrideRevision] = revision
        row[.calls] = calls
        return row
    }

    func event(_ kind: Event.Kind, seq: Int64, circuit: Int64? = 1) -> Event {
        Event(at: TelemetryInstant(t: now.t, up: now.up - 5_000), seq: seq, circuit: circuit, kind: kind)
    }

    /// Two instances of orders, one of payments.
    static func standard() -> Shop {
        var shop = Shop()
        shop.connect("orders", "orders-1", circuits: ["payments.charge", "stock"])
        shop.connect("orders", "orders-2", circuits: ["payments.charge", "stock"])
        shop.connect("payments", "payments-1", circuits: ["bank"])
        return shop
    }

    func view(_ name: String) throws -> CircuitView? {
        fleet.circuits().first { "\($0.identity.instance)/\($0.key.name)" == name }
    }
}

/// A circuit opens, with its reason.
func opening(generation: Int64 = 1) -> Event.Kind {
    let trip = Trip(
        at: 5_000, rule: RuleDescription.failureRatio, calls: 25, failed: 14, threshold: 500,
        errors: [TripError(type: "HTTPError", message: "503", count: 9)])
    return .state(StateChange(from: .closed, to: .open, generation: generation, cause: .rule, trip: trip))
}
