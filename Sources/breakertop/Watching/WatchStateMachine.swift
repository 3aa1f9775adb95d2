// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

/// Turns what the sources tell into the lines of `watch`.
///
/// It begins with gathering: the picture is not whole yet, and its changes go into the picture. ``begin(at:)`` ends that.
struct WatchStateMachine: Sendable {
    private let selectors: [CircuitSelector]
    private let showsPicture: Bool
    /// Selectors that no circuit was told of yet.
    private(set) var unmatched: [CircuitSelector]
    private(set) var fleet = FleetModel()
    /// When the picture was told, in milliseconds of the monitor's monotonic clock; `nil` while gathering.
    private var begun: Milliseconds?
    private var isGathering: Bool { begun == nil }
    /// What was noticed while gathering and no picture shows.
    private var noticed: [WatchLine] = []
    /// Processes that have told all since: what they replay after that happened while the connection was down.
    private var told: Set<InstanceKey> = []
    /// Replayed events whose age is not known yet, oldest first.
    private var held: [SourceID: [Held]] = [:]
    private var silent: Set<SourceID> = []

    private struct Held {
        var line: WatchLine
        var instance: InstanceKey
        /// When it happened, on the service's monotonic clock.
        var up: Milliseconds
    }

    /// The most events of a source that are held back; more than that are told, however old they are.
    static let maximumHeld = 4_096

    init(selectors: [CircuitSelector], showsPicture: Bool) {
        self.selectors = selectors
        unmatched = selectors
        self.showsPicture = showsPicture
    }

    /// Takes one fact in.
    mutating func take(_ observation: Observation) -> [WatchLine] {
        let before = fleet.events.total
        fleet.apply(observation)
        let events = fleet.events.all.suffix(fleet.events.total - before)
        let instance = fleet.sources[observation.source]?.instance
        if case .circuit(let circuit) = observation.fact, let instance { match(circuit.name, of: instance) }
        var lines = observation.fact.tellsAge ? release(observation.source) : []
        lines += events.compactMap { line($0, observation, instance) }
        if case .source(.ready) = observation.fact, let instance {
            told.insert(instance)
            if !isGathering { lines += picture { $0.instance == instance } }
        }
        return lines
    }

    private mutating func match(_ circuit: String, of instance: InstanceKey) {
        unmatched.removeAll { selector in
            selector.match(service: instance.service, instance: instance.instance, name: circuit) != nil
        }
    }

    /// The picture is whole, or has to do as it is: tells it, and from now on what happens.
    mutating func begin(at now: TelemetryInstant) -> [WatchLine] {
        fleet.tick(at: now)
        begun = now.up
        let fresh = fleet.sources.values.filter { $0.isFresh(at: now.up) }
        let circuits = fleet.circuits().count { $0.isMeant(by: selectors) }
        let troubles = noticed.filter(isMeant)
        noticed = []
        let ready = WatchLine(t: now.t, kind: .ready(circuits: circuits, sources: fresh.count))
        return picture { _ in true } + troubles + [ready]
    }

    /// Begins with what is known at a moment of the monitor's monotonic clock, and tells nothing of it.
    mutating func begin(with fleet: FleetModel, at now: Milliseconds) {
        self.fleet = fleet
        begun = now
        told = Set(fleet.instances.values.filter(\.isComplete).map(\.key))
    }

    /// Lets time go by: a service that says nothing any more is news too.
    mutating func tick(at now: TelemetryInstant) -> [WatchLine] {
        fleet.tick(at: now)
        forgetTheGone()
        guard !isGathering else { return [] }
        var lines: [WatchLine] = []
        for source in fleet.sources.values.sorted(by: { $0.id < $1.id }) {
            guard source.phase == .ready, !source.isFresh(at: now.up) else {
                guard silent.remove(source.id) != nil, source.phase == .ready else { continue }
                lines.append(line(.heard, of: source, at: now))
                continue
            }
            guard silent.insert(source.id).inserted else { continue }
            let silence = now.up.saturatingDifference(source.lastHeard)
            lines.append(line(.silent(for: silence), of: source, at: now))
        }
        return lines.filter(isMeant)
    }

    private func picture(of isWanted: (CircuitKey) -> Bool) -> [WatchLine] {
        guard showsPicture else { return [] }
        return fleet.circuits().filter { isWanted($0.key) && $0.isMeant(by: selectors) }.sorted { $0.key < $1.key }
            .map { WatchLine($0, at: fleet.now.t) }
    }

    private mutating func line(_ event: FleetEvent, _ observation: Observation, _ instance: InstanceKey?) -> WatchLine?
    {
        var origin: WatchLine.Origin?
        if case .event(let event, let isReplayed) = observation.fact, let instance {
            // What is replayed while gathering has happened before.
            if isReplayed && isGathering { return nil }
            origin = .init(boot: instance.boot, seq: event.seq, up: event.at.up, isReplayed: isReplayed)
        }
        if isGathering {
            if showsPicture {
                if event.kind.isTrouble && noticed.count < RecentEvents.capacity {
                    noticed.append(WatchLine(event, origin))
                }
                return nil
            }
            // What is there already has not come up just now.
            if case .appeared = event.kind { return nil }
        }
        let line = WatchLine(event, origin)
        guard isMeant(line) else { return nil }
        guard case .event(let event, replayed: true) = observation.fact, let instance, !told.contains(instance),
            held[observation.source, default: []].count < Self.maximumHeld
        else { return line }
        held[observation.source, default: []].append(Held(line: line, instance: instance, up: event.at.up))
        return nil
    }

    /// Tells of a source's replayed events those that happened since the watch began. What nobody can date is told.
    private mutating func release(_ source: SourceID) -> [WatchLine] {
        guard let events = held.removeValue(forKey: source), let begun else { return [] }
        let now = fleet.now.up
        return events.compactMap { event in
            guard let up = fleet.instances[event.instance]?.up(at: now) else { return event.line }
            // An age by the service's own clock, and from then on by this monitor's: the two clocks never meet.
            let age = up.saturatingDifference(event.up)
            return now.saturatingDifference(age) < begun ? nil : event.line
        }
    }

    private func line(_ kind: WatchLine.Kind, of source: Source, at now: TelemetryInstant) -> WatchLine {
        WatchLine(
            t: now.t, service: source.instance?.service ?? source.id.name, instance: source.instance?.instance ?? "",
            kind: kind)
    }

    /// Whether a line is about a circuit that is meant, or about a service that has or could have one.
    private func isMeant(_ line: WatchLine) -> Bool {
        guard !selectors.isEmpty, !line.instance.isEmpty else { return true }
        if let circuit = line.circuit { return isMeant(circuit, line) }
        if selectors.contains(where: { $0.couldMatch(service: line.service, instance: line.instance) }) { return true }
        let instances = fleet.instances.filter { $0.key.service == line.service && $0.key.instance == line.instance }
        return instances.values.contains { $0.circuits.values.contains { isMeant($0.value.key.name, line) } }
    }

    private func isMeant(_ circuit: String, _ line: WatchLine) -> Bool {
        selectors.contains { $0.match(service: line.service, instance: line.instance, name: circuit) != nil }
    }

    /// How many processes and connections are remembered.
    var remembered: Int { told.count + silent.count }

    private mutating func forgetTheGone() {
        guard remembered > 2 * fleet.instances.count else { return }
        told = told.filter { fleet.instances[$0] != nil }
        silent = silent.filter { fleet.sources[$0] != nil }
    }
}

extension Observation.Fact {
    /// Whether the age of what was replayed before is known with it, or never will be.
    fileprivate var tellsAge: Bool {
        switch self {
        case .sample, .source, .event(_, replayed: false): true
        default: false
        }
    }
}

extension FleetEvent.Kind {
    /// Whether something is missing from the picture or doubtful in it.
    fileprivate var isTrouble: Bool {
        switch self {
        case .lost, .overrideLost, .twin, .unreadable, .tooMany, .gap: true
        case .told, .stopped, .appeared, .restarted: false
        }
    }
}
