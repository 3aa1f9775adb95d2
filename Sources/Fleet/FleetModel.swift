// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// All that the monitor knows: a pure reducer of observations. Live, replay and tests run this same model.
package struct FleetModel: Sendable {
    package private(set) var sources: [SourceID: Source] = [:]
    package private(set) var instances: [InstanceKey: Instance] = [:]
    package private(set) var events = RecentEvents()
    /// The monitor's clocks as of the last observation or tick.
    package private(set) var now = TelemetryInstant(t: 0, up: 0)

    /// How long the rows of a process that died stay in sight, unless it returns before.
    package static let lostRetention: Milliseconds = 600_000
    /// How long the rows of a process that said goodbye stay in sight.
    package static let stoppedRetention: Milliseconds = 30_000

    package init() {}

    /// Time went by.
    package mutating func tick(at instant: TelemetryInstant) {
        now = instant
        forgetTheLongLost()
    }

    /// Takes one fact.
    package mutating func apply(_ observation: Observation) {
        now = observation.at
        var source = sources[observation.source] ?? Source(id: observation.source, at: now.up)
        source.lastHeard = now.up
        if case .source(let phase) = observation.fact {
            enter(phase, of: &source)
        } else {
            take(observation.fact, from: &source)
        }
        sources[source.id] = source
        if source.phase == .removed { sources[source.id] = nil }
    }

    // MARK: - Connections

    private mutating func enter(_ phase: SourcePhase, of source: inout Source) {
        source.phase = phase
        switch phase {
        case .connecting: break
        case .greeted(let identity, let actions):
            source.actions = actions
            source.isDown = false
            greet(identity, by: &source)
        case .subscribed(let interval, let mayOperate):
            source.interval = max(1, interval)
            source.mayOperate = mayOperate
        case .ready: break
        case .stopped(let reason):
            part(from: source, stopped: true, kind: .stopped(reason: reason))
            source.isDown = true
        case .lost(let reason):
            // Retries fail again and again: only the first failure is news.
            part(from: source, stopped: false, kind: source.isDown ? nil : .lost(reason: reason))
            source.isDown = true
        case .removed: part(from: source, stopped: false, kind: nil)
        }
    }

    private mutating func greet(_ identity: ServiceIdentity, by source: inout Source) {
        let key = InstanceKey(identity)
        source.instance = key
        if var known = instances[key] {
            // The same process again: what it counted meanwhile is no rate of now.
            known.source = source.id
            known.lostAt = nil
            known.isStopped = false
            for id in known.circuits.keys { known.circuits[id]?.rates = RateWindow() }
            instances[key] = known
            return
        }
        let others = instances.values.filter { $0.key.isSameInstance(as: key) }
        let gone = others.filter { $0.lostAt != nil || $0.source == source.id }
        for other in gone { instances[other.key] = nil }
        instances[key] = Instance(identity: identity, source: source.id, at: now.up)
        if others.count > gone.count {
            note(.twin, of: identity)
        } else if let last = gone.max(by: { $0.clockAt < $1.clockAt }) {
            instances[key]?.lostOverrides = Set(last.overridden).union(last.lostOverrides)
            note(.restarted(overridesLost: last.overridden), of: identity)
        } else {
            note(.appeared, of: identity)
        }
    }

    private mutating func part(from source: Source, stopped: Bool, kind: FleetEvent.Kind?) {
        guard let key = source.instance, var instance = instances[key], instance.source == source.id else {
            if let kind, source.instance == nil { note(kind, of: source) }
            return
        }
        let wasThere = instance.lostAt == nil
        instance.lostAt = instance.lostAt ?? now.up
        instance.isStopped = instance.isStopped || stopped
        instances[key] = instance
        if let kind, wasThere { note(kind, of: instance.identity) }
    }

    private mutating func forgetTheLongLost() {
        for (key, instance) in instances {
            guard let lostAt = instance.lostAt else { continue }
            let retention = instance.isStopped ? Self.stoppedRetention : Self.lostRetention
            if now.up.saturatingDifference(lostAt) > retention { instances[key] = nil }
        }
    }

    private mutating func note(_ kind: FleetEvent.Kind, of identity: ServiceIdentity) {
        events.append(FleetEvent(t: now.t, service: identity.service, instance: identity.instance, kind: kind))
    }

    /// An event of a connection: by its service's name once that is known.
    private mutating func note(_ kind: FleetEvent.Kind, of source: Source) {
        if let identity = source.instance.flatMap({ instances[$0]?.identity }) { return note(kind, of: identity) }
        events.append(FleetEvent(t: now.t, service: source.id.name, instance: "", kind: kind))
    }

    // MARK: - Facts

    private mutating func take(_ fact: Observation.Fact, from source: inout Source) {
        if case .complaint(let code, let message) = fact {
            let complaint = "\(message) (\(code))"
            // The same complaint over and over is one piece of news.
            if complaint != source.complaint { note(.unreadable(complaint: complaint), of: source) }
            source.complaint = complaint
            return
        }
        guard let key = source.instance, instances[key] != nil else { return }
        switch fact {
        case .source, .complaint: break
        case .circuit(let description): describe(description, in: key)
        case .sample(let sample, _): take(sample, in: key)
        case .event(let event, let replayed): take(event, replayed: replayed, in: key)
        case .gap(let from, let to):
            let count = max(0, to.saturatingDifference(from).saturatingSum(1))
            if let identity = instances[key]?.identity { note(.gap(count: count), of: identity) }
        }
    }

    private mutating func describe(_ description: CircuitDescription, in key: InstanceKey) {
        let id = description.id
        if description.isGone {
            instances[key]?.circuits[id] = nil
        } else if instances[key]?.circuits[id] != nil {
            instances[key]?.circuits[id]?.description = description
        } else if instances[key]?.circuits.count ?? 0 < Instance.maximumCircuits {
            let circuit = CircuitKey(instance: key, id: id, name: description.name)
            instances[key]?.circuits[id] = Circuit(key: circuit, description: description)
        } else if let instance = instances[key], !instance.hasTooMany {
            instances[key]?.hasTooMany = true
            note(.tooMany(limit: Instance.maximumCircuits), of: instance.identity)
        }
    }

    private mutating func take(_ sample: ProviderSample, in key: InstanceKey) {
        instances[key]?.readClock(sample.at, at: now.up)
        for row in sample.rows {
            instances[key]?.circuits[row.id]?.take(row, up: sample.at.up)
        }
    }

    private mutating func take(_ event: Event, replayed: Bool, in key: InstanceKey) {
        guard let identity = instances[key]?.identity, let lastEvent = instances[key]?.lastEvent else { return }
        if !replayed { instances[key]?.readClock(event.at, at: now.up) }
        if let id = event.circuit {
            if case .state = event.kind { instances[key]?.circuits[id]?.remember(event) }
            if !replayed { instances[key]?.circuits[id]?.foresee(event) }
        }
        // A reconnect replays the newest events: those already seen are no news.
        if replayed && event.seq <= lastEvent { return }
        instances[key]?.lastEvent = event.seq
        let name = event.circuit.map { instances[key]?.circuits[$0]?.key.name ?? "circuit \($0)" }
        events.append(
            FleetEvent(
                t: event.at.t, service: identity.service, instance: identity.instance, circuit: name,
                kind: .told(event.kind)
            )
        )
    }
}
