// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

// What circuits are, as their rows and the silence of their processes tell.
extension Digest {
    /// A process gave its figures.
    ///
    /// - Returns: whether it had been away, or is new.
    @discardableResult
    mutating func hear(_ process: Instance, at: Milliseconds) -> Bool {
        let place = PostMortem.Place(process.key)
        let isNew = firstHeard[place] == nil
        if isNew { firstHeard[place] = at }
        gone.remove(process.serial)
        remember(process.identity)
        guard !absent.isEmpty else { return isNew }
        let back = absent.keys.filter { $0.isSameInstance(as: process.key) }
        for key in back {
            guard let absence = absent.removeValue(forKey: key) else { continue }
            if absences[place, default: []].count < Self.maximumAbsences {
                absences[place, default: []].append((absence.from, at))
            }
            guard let loss = absence.loss else { continue }
            losses[loss].until = at
            losses[loss].isReplaced = key != process.key
        }
        return isNew || !back.isEmpty
    }

    private mutating func remember(_ identity: ServiceIdentity) {
        var service = services[identity.service] ?? PostMortem.Service(name: identity.service)
        // A peer that changes its name for ever is no reason to remember all of them.
        if service.instances.count < 1_000 { service.instances.insert(identity.instance) }
        if !identity.environment.isEmpty, service.environments.count < 8 {
            service.environments.insert(identity.environment)
        }
        if !identity.version.isEmpty, service.versions.count < 8 { service.versions.insert(identity.version) }
        if services.count < 10_000 || services[identity.service] != nil { services[identity.service] = service }
    }

    /// Nothing is known of a process from a moment on.
    mutating func leave(_ process: Instance, at: Milliseconds, _ kind: PostMortem.Loss.Kind) {
        let at = max(at, span.lowerBound)
        if let absence = absent[process.key] {
            // It was silent before the connection broke: that tells more.
            if let loss = absence.loss, losses[loss].kind == .silent { losses[loss].kind = kind }
            return
        }
        lose(.init(at: at, place: .init(process.key), kind: kind))
        let isKept = losses.count == lossCount
        gone.insert(process.serial)
        absent[process.key] = Absence(from: at, loss: isKept ? losses.count - 1 : nil)
        for id in process.circuits.keys {
            let slot = Slot(process: process.serial, id: id)
            guard let track = tracks[slot] else { continue }
            tracks[slot]?.shown = .unknown
            if let lane = track.lane, laneProcesses[lane] == process.serial {
                lanes[lane].strip.append(.unknown, at: at)
            }
        }
    }

    mutating func lookAtAll(of process: Instance, at: Milliseconds) {
        for id in process.circuits.keys.sorted() { look(at: id, of: process, at: at) }
    }

    /// Looks at what the model knows of a circuit now.
    mutating func look(at id: Int64, of process: Instance, at: Milliseconds) {
        guard let circuit = process.circuits[id]?.value, let up = process.up(at: at) else { return }
        let slot = Slot(process: process.serial, id: id)
        var track = tracks[slot] ?? start(circuit, process)
        defer { tracks[slot] = track }
        track.counts.take(circuit.row, isWhole: up <= at - span.lowerBound)
        let shown = process.lostAt == nil ? ShownState(circuit.row) : .unknown
        let isFailing = (circuit.row[.windowFailed] ?? circuit.row[.consecutiveFailed] ?? 0) > 0
        if track.lane == nil, shown.isTrouble || isFailing || circuit.row.state ?? .closed != .closed {
            track.lane = lane(of: circuit, process)
        }
        defer { (track.shown, track.state) = (shown, circuit.row.state) }
        guard let lane = track.lane else { return }
        take(over: lane, process, at: at)
        lanes[lane].rule = circuit.description.rule
        if shown.isTrouble { lanes[lane].firstTrouble = min(lanes[lane].firstTrouble ?? .max, at) }
        if shown != track.shown { lanes[lane].strip.append(shown, at: at) }
        if process.lostAt == nil {
            lanes[lane].curve?.record(circuit.row, of: circuit.description.rule, at: at)
        }
        if circuit.row.state != track.state { compare(circuit, lane, ago: { up.saturatingDifference($0) }, at: at) }
        adopt(circuit, lane, ago: { up.saturatingDifference($0) }, at: at)
    }

    private mutating func start(_ circuit: Circuit, _ process: Instance) -> Track {
        let name = LaneName(place: .init(process.key), circuit: circuit.key.name, twin: 0)
        if names.count < 1_000_000 { names.insert(name) }
        var track = Track()
        // A process that comes after another one goes on with its lane.
        track.lane = laneNumbers[name].flatMap { lane in
            laneProcesses[lane] == process.serial || isFree(lane) ? lane : nil
        }
        return track
    }

    /// Whether the process of a lane went, so that the next one goes on with it.
    private func isFree(_ lane: Int) -> Bool { gone.contains(laneProcesses[lane]) }

    /// The lane of a circuit, made where there is none; `nil` = there are too many.
    mutating func lane(of circuit: Circuit, _ process: Instance) -> Int? {
        var name = LaneName(place: .init(process.key), circuit: circuit.key.name, twin: 0)
        if let known = laneNumbers[name] {
            if laneProcesses[known] == process.serial || lanes[known].key.instance.boot == process.key.boot
                || isFree(known) || laneProcesses[known] == 0
            {
                return known
            }
            name.twin = process.serial
            if let known = laneNumbers[name] { return known }
        }
        guard lanes.count < Self.maximumLanes else {
            if untold.count < 1_000_000 { untold.insert(name) }
            return nil
        }
        lanes.append(
            PostMortem.Lane(
                key: circuit.key, target: circuit.description.target, rule: circuit.description.rule,
                strip: past(of: name.place), curve: RatioCurve(from: span.lowerBound, to: span.upperBound)))
        laneProcesses.append(process.serial)
        laneNumbers[name] = lanes.count - 1
        return lanes.count - 1
    }

    /// Of what had no trouble up to now: it was closed where its process was heard.
    private func past(of place: PostMortem.Place) -> TimeStrip {
        let finest = (span.upperBound - span.lowerBound) / 500
        guard let first = firstHeard[place] else { return TimeStrip(from: span.lowerBound, .unknown, finest: finest) }
        var strip = TimeStrip(
            from: span.lowerBound, first > span.lowerBound ? .unknown : .closed, finest: finest)
        strip.append(.closed, at: first)
        for absence in absences[place] ?? [] {
            strip.append(.unknown, at: absence.from)
            strip.append(.closed, at: absence.to)
        }
        return strip
    }

    /// Another process goes on with a lane.
    private mutating func take(over lane: Int, _ process: Instance, at: Milliseconds) {
        guard laneProcesses[lane] != process.serial, process.lostAt == nil else { return }
        laneProcesses[lane] = process.serial
        let former = lanes[lane].key.instance
        lanes[lane].key.instance = process.key
        if let index = lanes[lane].outages.lastIndex(where: { $0.ended == nil }) {
            let end = absences[.init(process.key)]?.last?.from ?? at
            lanes[lane].outages[index].ended = max(lanes[lane].outages[index].began, absent[former]?.from ?? end)
            lanes[lane].outages[index].end = .gone
        }
    }

    /// The model's state is another one: what no event told is known by it all the same.
    private mutating func compare(
        _ circuit: Circuit, _ lane: Int, ago: (Milliseconds) -> Milliseconds, at: Milliseconds
    ) {
        let isRunning = lanes[lane].outages.contains { $0.ended == nil }
        switch circuit.row.state {
        case nil: break
        case .closed?:
            guard isRunning else { return }
            end(lane, at: circuit.row[.stateSince].map { at.saturatingDifference(max(0, ago($0))) } ?? at, nil)
        case .open?, .halfOpen?:
            if isRunning {
                guard circuit.row.state == .open else { return }
                let running = lanes[lane].outages.lastIndex { $0.ended == nil }
                if let running { lanes[lane].outages[running].wasOpen = true }
                return
            }
            let since = circuit.row[.outageSince] ?? circuit.row[.stateSince]
            begin(
                lane, at: since.map { at.saturatingDifference(max(0, ago($0))) } ?? at, nil,
                circuit.description.trip, isOpen: circuit.row.state == .open)
        }
    }
}

extension PostMortem.Place {
    init(_ key: InstanceKey) { self.init(service: key.service, instance: key.instance) }
}
