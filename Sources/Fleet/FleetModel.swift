// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// All that the monitor knows: a pure reducer of observations. Live, replay and tests run this same model.
package struct FleetModel: Sendable {
    package private(set) var sources: [SourceID: Source] = [:]
    package private(set) var instances: [InstanceKey: Instance] = [:]
    /// The boots of each instance that are known, live or lost.
    private(set) var boots: [InstanceName: [InstanceKey]] = [:]
    /// The process of each ``Instance/serial``.
    private(set) var instanceKeys: [Int: InstanceKey] = [:]
    private var lastSerial = 0
    /// Rises when circuits come or go: while it stands, each ``CircuitHandle`` that was good is good.
    package private(set) var membership = 0
    package private(set) var events = RecentEvents()
    /// The monitor's clocks as of the last observation or tick.
    package private(set) var now = TelemetryInstant(t: 0, up: 0)

    /// How long the rows of a process that died stay in sight, unless it returns before.
    package static let lostRetention: Milliseconds = 600_000
    /// How long the rows of a process that said goodbye stay in sight.
    package static let stoppedRetention: Milliseconds = 30_000
    /// How long the next process may need to take over what the one before kept, which it looks for each second.
    package static let takeoverGrace: Milliseconds = 5_000
    /// How many instances that a source spoke for before are kept: more are a peer that changes its name for ever.
    package static let maximumFormer = 4

    package init() {}

    /// Time went by.
    package mutating func tick(at instant: TelemetryInstant) {
        now = instant
        forgetTheLongLost()
        noteLosses()
    }

    /// Takes one fact.
    package mutating func apply(_ observation: Observation) {
        now = observation.at
        if case .origin(let origin) = observation.fact {
            // Not something that was heard from there.
            sources[observation.source]?.origin = origin
            return
        }
        var source = sources[observation.source] ?? Source(id: observation.source, at: now.up)
        if !observation.fact.isSilence { source.lastHeard = now.up }
        source.health.received(bytes: observation.bytes, at: now.up)
        switch observation.fact {
        case .source(let phase): enter(phase, of: &source)
        case .link(let link): source.health.link = link
        case .complaint(let code, let message): complain("\(message) (\(code))", of: &source)
        default: take(observation.fact, bytes: observation.bytes, from: &source)
        }
        sources[source.id] = source
        if source.phase == .removed { sources[source.id] = nil }
    }

    // MARK: - Processes

    private mutating func add(_ instance: Instance) {
        var instance = instance
        lastSerial += 1
        instance.serial = lastSerial
        let key = instance.key
        instances[key] = instance
        instanceKeys[lastSerial] = key
        boots[InstanceName(key), default: []].append(key)
    }

    private mutating func drop(_ key: InstanceKey) {
        guard let instance = instances.removeValue(forKey: key) else { return }
        membership += 1
        instanceKeys[instance.serial] = nil
        let name = InstanceName(key)
        boots[name]?.removeAll { $0 == key }
        if boots[name]?.isEmpty == true { boots[name] = nil }
    }

    // MARK: - Connections

    private mutating func enter(_ phase: SourcePhase, of source: inout Source) {
        source.phase = phase
        switch phase {
        case .connecting: break
        case .greeted(let identity, let actions):
            source.actions = actions
            (source.isDown, source.stoppedAt) = (false, nil)
            source.health.greeted()
            greet(identity, by: &source)
        case .subscribed(let interval, let mayOperate):
            source.interval = max(1, interval)
            source.mayOperate = mayOperate
        case .ready:
            prefer(source)
            complete(source)
        case .stopped(let reason):
            part(from: source, stopped: true, kind: .stopped(reason: reason))
            (source.isDown, source.stoppedAt) = (true, now.up)
        case .lost(let reason):
            // Retries fail again and again: only the first failure is news.
            part(from: source, stopped: false, kind: source.isDown ? nil : .lost(reason: reason))
            source.isDown = true
            source.health.suffered(reason, t: now.t)
        case .removed:
            part(from: source, stopped: false, kind: nil)
            // Nobody asks for it any more, and not because it went.
            if !source.isDown, let key = source.instance, instances[key]?.source == source.id { drop(key) }
        }
    }

    private mutating func greet(_ identity: ServiceIdentity, by source: inout Source) {
        let key = InstanceKey(identity)
        source.instance = key
        forgetFormer(of: source.id, but: key)
        if let known = instances[key] {
            // While another connection speaks for it, the new one has nothing to say before it is ready.
            if known.source == source.id || !isSpeaking(sources[known.source], for: key) {
                instances[key]?.resume(over: source.id)
                instances[key]?.identity.keepsOverrides = identity.keepsOverrides
            }
            return
        }
        let others = boots[InstanceName(key), default: []].compactMap { instances[$0] }
        let gone = others.filter { $0.lostAt != nil || $0.source == source.id }
        for other in gone { drop(other.key) }
        add(Instance(identity: identity, source: source.id, at: now.up))
        if others.count > gone.count {
            note(.twin, of: identity)
        } else if let last = gone.max(by: { $0.clockAt < $1.clockAt }) {
            // What became of its overrides is known when all is told: they may be kept.
            instances[key]?.inherit(from: last, at: now.up)
            note(.restarted, of: identity)
        } else {
            note(.appeared, of: identity)
        }
    }

    private mutating func part(from source: Source, stopped: Bool, kind: FleetEvent.Kind?) {
        guard let key = source.instance, var instance = instances[key], instance.source == source.id else {
            if let kind, source.instance == nil { note(kind, of: source) }
            return
        }
        if instance.lostAt == nil, let other = otherVoice(of: key, than: source.id) {
            instances[key]?.source = other
            return
        }
        let wasThere = instance.lostAt == nil
        instance.lostAt = instance.lostAt ?? now.up
        instance.isStopped = instance.isStopped || stopped
        instances[key] = instance
        guard wasThere else { return }
        if let kind { note(kind, of: instance.identity) }
        // In a rolling restart the next process is there before this one goes: what it does not have is lost all the same.
        for twin in instances.keys where twin.isSameInstance(as: key) && instances[twin]?.lostAt == nil {
            instances[twin]?.inherit(from: instance, at: now.up, grace: Self.takeoverGrace)
        }
    }

    /// A connection is ready beside another one: it speaks from now on, unless only the other may operate.
    private mutating func prefer(_ source: Source) {
        guard let key = source.instance, let voice = instances[key]?.source, voice != source.id else { return }
        if source.mayOperate || sources[voice]?.mayOperate != true { instances[key]?.source = source.id }
    }

    /// All that its service has was told.
    private mutating func complete(_ source: Source) {
        guard let key = source.instance, let index = instances.index(forKey: key) else { return }
        if instances.values[index].source == source.id { instances.values[index].settle() }
        membership += 1
        guard instances.values[index].isComplete, !instances.values[index].formerOverrides.isEmpty else { return }
        for id in instances.values[index].circuits.keys.sorted() { noteLoss(of: id, at: index) }
    }

    private mutating func noteLosses() {
        func isDue(_ instance: Instance) -> Bool { instance.takeoverEnds.map { $0 <= now.up } ?? false }
        guard instances.values.contains(where: isDue) else { return }
        let due = instances.filter { isDue($1) }.keys.sorted()
        for index in due.compactMap(instances.index(forKey:)) {
            instances.values[index].takeoverEnds = nil
            for id in instances.values[index].circuits.keys.sorted() { noteLoss(of: id, at: index) }
        }
    }

    private mutating func noteLoss(of circuit: Int64, at index: Dictionary<InstanceKey, Instance>.Index) {
        guard let loss = instances.values[index].newLoss(of: circuit, at: now.up) else { return }
        let instance = instances.values[index]
        var event = FleetEvent(
            t: now.t, service: instance.identity.service, instance: instance.identity.instance,
            circuit: instance.circuits[circuit]?.value.key.name, kind: .overrideLost(loss.slot), overrideEnd: loss.end)
        event.circuitID = circuit
        append(event, of: instance.key)
    }

    /// A source speaks for another instance now: those that it spoke for before are lost, and only the last are kept.
    private mutating func forgetFormer(of source: SourceID, but key: InstanceKey) {
        let former = instances.values.filter { $0.source == source && $0.key != key }
        for instance in former where instance.lostAt == nil { instances[instance.key]?.lostAt = now.up }
        let oldestFirst = former.sorted {
            ($0.lostAt ?? .max, $0.clockAt, $0.key) < ($1.lostAt ?? .max, $1.clockAt, $1.key)
        }
        for instance in oldestFirst.dropLast(Self.maximumFormer) { drop(instance.key) }
        // Of one that is known already, no boot before it will come back over this source.
        guard instances[key] != nil else { return }
        for instance in former where instance.key.isSameInstance(as: key) { drop(instance.key) }
    }

    private mutating func forgetTheLongLost() {
        for (key, instance) in instances {
            guard let lostAt = instance.lostAt else { continue }
            let retention = instance.isStopped ? Self.stoppedRetention : Self.lostRetention
            if now.up.saturatingDifference(lostAt) > retention { drop(key) }
        }
    }

    private mutating func note(_ kind: FleetEvent.Kind, of identity: ServiceIdentity) {
        let event = FleetEvent(t: now.t, service: identity.service, instance: identity.instance, kind: kind)
        append(event, of: InstanceKey(identity))
    }

    /// An event of a connection: by its service's name once that is known.
    private mutating func note(_ kind: FleetEvent.Kind, of source: Source) {
        if let identity = source.instance.flatMap({ instances[$0]?.identity }) { return note(kind, of: identity) }
        append(FleetEvent(t: now.t, service: source.id.name, instance: "", kind: kind), of: nil)
    }

    private mutating func append(_ event: FleetEvent, of process: InstanceKey?) {
        var event = event
        event.arrivedAt = now.up
        event.process = process
        events.append(event)
    }

    // MARK: - Facts

    private mutating func take(_ fact: Observation.Fact, bytes: Int, from source: inout Source) {
        // One search for the instance, however many rows there are.
        guard let key = source.instance, let index = instances.index(forKey: key) else { return }
        switch fact {
        case .source, .origin, .link, .complaint, .foreign: break
        case .circuit(let description):
            let before = instances.values[index].circuits.count
            defer { if instances.values[index].circuits.count != before || description.isGone { membership += 1 } }
            remark(instances.values[index].describe(description, bytes: bytes), of: &source)
            noteLoss(of: description.id, at: index)
        case .sample(let sample, _):
            source.health.sampled(up: sample.at.up, at: now.up)
            remark(instances.values[index].take(sample, at: now.up), of: &source)
        case .event(let event, let replayed):
            if instances.values[index].take(event, bytes: bytes, replayed: replayed, at: now.up) {
                note(event, of: instances.values[index])
            }
        case .gap(let from, let to):
            let count = max(0, to.saturatingDifference(from).saturatingSum(1))
            source.health.missed(count)
            note(.gap(count: count), of: instances.values[index].identity)
        case .histogram(let circuit, let latency, let at): instances.values[index].take(latency, of: circuit, at: at)
        }
    }

    private mutating func remark(_ remark: Instance.Remark?, of source: inout Source) {
        switch remark {
        case nil: break
        case .complaint(let words): complain(words, of: &source)
        case .tooMany(let kept): note(.tooMany(limit: kept), of: source)
        }
    }

    /// The same complaint over and over is one piece of news.
    private mutating func complain(_ complaint: String, of source: inout Source) {
        if complaint != source.complaint { note(.unreadable(complaint: complaint), of: source) }
        source.complaint = complaint
        source.health.suffered(complaint, t: now.t)
    }

    private mutating func note(_ event: Event, of instance: Instance) {
        var end: Milliseconds?
        if case .override(let change) = event.kind { end = change.to.until.map(event.at.wallClock(ofUp:)) }
        var line = FleetEvent(
            t: event.at.t, service: instance.identity.service, instance: instance.identity.instance,
            circuit: event.circuit.map { instance.circuits[$0]?.value.key.name ?? "circuit \($0)" },
            kind: .told(event.kind), overrideEnd: end
        )
        line.circuitID = event.circuit
        line.up = event.at.up
        line.rememberFirst(event.circuit.flatMap { instance.circuits[$0]?.value.outageTrip })
        append(line, of: instance.key)
    }
}

extension FleetModel {
    /// What it remembers besides sources and processes.
    package func memento() -> Memento {
        var copy = self
        var memento = Memento()
        // To write fails on nothing.
        try? copy.exchange(with: &memento)
        return memento
    }

    private mutating func exchange(with memento: inout Memento) throws(MementoError) {
        try now.exchange(with: &memento)
        try memento.exchange(&lastSerial, in: 0...Int(Int32.max))
        try memento.exchange(&membership, in: 0...Int.max)
        try events.exchange(with: &memento)
    }

    /// The model that remembers this, with these sources and processes.
    init(_ memento: Memento, sources: [Source], instances: [Instance]) throws(MementoError) {
        self.init()
        var memento = memento
        try exchange(with: &memento)
        try memento.finish()
        for source in sources { self.sources[source.id] = source }
        for instance in instances.sorted(by: { $0.serial < $1.serial }) {
            guard self.instances.updateValue(instance, forKey: instance.key) == nil, instance.serial <= lastSerial,
                instanceKeys.updateValue(instance.key, forKey: instance.serial) == nil
            else { throw MementoError("has process \(instance.serial) twice, or one beyond the last") }
            boots[InstanceName(instance.key), default: []].append(instance.key)
        }
    }
}
