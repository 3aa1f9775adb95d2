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
    /// When the picture was told, in milliseconds since 1970; `nil` while gathering.
    private var begun: Milliseconds?
    private var isGathering: Bool { begun == nil }
    /// What was noticed while gathering and no picture shows.
    private var noticed: [WatchLine] = []
    /// Processes that were there at the beginning: what they tell of before is no news.
    private var early: Set<InstanceKey> = []
    /// Processes that have told all since: what they replay after that happened while the connection was down.
    private var told: Set<InstanceKey> = []
    private var silent: Set<SourceID> = []

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
        var lines = events.compactMap { line($0, observation, instance) }
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
        begun = now.t
        early = Set(fleet.instances.keys)
        let fresh = fleet.sources.values.filter { $0.isFresh(at: now.up) }
        let circuits = fleet.circuits().count { $0.isMeant(by: selectors) }
        let troubles = noticed.filter(isMeant)
        noticed = []
        let ready = WatchLine(t: now.t, kind: .ready(circuits: circuits, sources: fresh.count))
        return picture { _ in true } + troubles + [ready]
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
            if isReplayed && isOld(event, of: instance) { return nil }
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
        return isMeant(line) ? line : nil
    }

    /// Whether a replayed event was before this monitor could have heard of it. All that a process tells which started
    /// after the watch is news, however late it is found; the past of one that ran already is not, whenever that comes.
    private func isOld(_ event: Event, of instance: InstanceKey) -> Bool {
        guard let begun else { return true }
        if told.contains(instance) { return false }
        return early.contains(instance) || event.at.t.saturatingDifference(event.at.up) < begun
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
        return instances.values.contains { $0.circuits.values.contains { isMeant($0.key.name, line) } }
    }

    private func isMeant(_ circuit: String, _ line: WatchLine) -> Bool {
        selectors.contains { $0.match(service: line.service, instance: line.instance, name: circuit) != nil }
    }

    /// How many processes and connections are remembered.
    var remembered: Int { early.count + told.count + silent.count }

    private mutating func forgetTheGone() {
        guard remembered > 2 * fleet.instances.count else { return }
        early = early.filter { fleet.instances[$0] != nil }
        told = told.filter { fleet.instances[$0] != nil }
        silent = silent.filter { fleet.sources[$0] != nil }
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
