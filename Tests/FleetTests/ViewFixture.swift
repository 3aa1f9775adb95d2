// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

@testable import Fleet

/// A circuit as the monitor may see it, its service's clock at ``up``.
struct ViewFixture {
    var service = "orders"
    var instance = "orders-1"
    var name = "charge"
    var target = CircuitTarget()
    var tags: [String: String] = [:]
    var standing: CircuitStanding = .calculated(.closed)
    var override = CircuitOverride()
    var up: Milliseconds? = 1_000_000
    var transitions: [Event] = []
    var trip: Trip?
    var isOverrideLost = false
    /// What was lost, if it was.
    var lostMode = OverrideMode.forcedOpen
    var silence: Milliseconds = 0
    var id: Int64 = 1
    var figures: [Field: Int64] = [:]
    /// Calls a second of the last seconds.
    var rate: Int64?

    var view: CircuitView {
        let identity = ServiceIdentity(
            service: service, instance: instance, boot: "b", environment: "prod", version: "1.4")
        let description = CircuitDescription(
            id: id, name: name, target: target, tags: tags,
            rule: RuleDescription(name: "failure_ratio", threshold: 500),
            override: override, trip: trip)
        let key = CircuitKey(instance: InstanceKey(identity), id: id, name: name)
        var circuit = Circuit(key: key, description: description)
        var row = CircuitRow(id: id)
        for (field, value) in figures { row[field] = value }
        switch standing {
        case .calculated(let state): row.state = state
        case .forced(let mode, let state): (row.overrideMode, row.state) = (mode, state)
        case .stale(let state, let mode): (row.overrideMode, row.state) = (mode, state)
        case .stopped: break
        }
        if let rate, let up {
            for (seconds, total) in [(2, 0), (0, 2 * rate)] as [(Milliseconds, Int64)] {
                row[.calls] = total
                row[.retries] = total
                row[.rejected] = total
                circuit.take(row, up: up - seconds * 1_000)
            }
        } else {
            circuit.row = row
        }
        for transition in transitions { circuit.remember(transition) }
        let (now, heard) = (1_000_000_000, 1_000_000_000 - silence) as (Milliseconds, Milliseconds)
        var process = Instance(identity: identity, source: SourceID("s"), at: heard)
        if let up { process.readClock(TelemetryInstant(t: 0, up: up - silence), at: heard) }
        if isOverrideLost {
            process.formerOverrides[name] = FormerOverride(
                CircuitOverride(mode: lostMode, revision: 1), of: process, at: now, isLostFrom: now)
        }
        return CircuitView(
            Boxed(circuit), instance: InstanceView(process, source: nil, hasTwin: false, at: now),
            standing: standing, isOverrideLost: isOverrideLost, isDescriptionOutdated: false)
    }

    /// A change of the calculated state at a moment of the service's clock.
    static func change(
        _ seq: Int64, at up: Milliseconds, from: CircuitState, to: CircuitState, trip: Trip? = nil
    ) -> Event {
        let change = StateChange(from: from, to: to, generation: seq, cause: .rule, trip: trip)
        return Event(at: TelemetryInstant(t: 0, up: up), seq: seq, circuit: 1, kind: .state(change))
    }
}
