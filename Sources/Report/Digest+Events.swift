// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

// What services told, and what the monitor noticed.
extension Digest {
    /// Takes an event that happened at a moment.
    mutating func note(_ event: FleetEvent, at: Milliseconds, _ fleet: FleetModel) {
        let process = event.process.flatMap { fleet.instances[$0] }
        switch event.kind {
        case .told(let kind): told(kind, event, process, at: at)
        case .lost(let reason): left(.lost(reason: reason), event, process, at)
        case .stopped(let reason): left(.stopped(reason: reason), event, process, at)
        case .appeared: break
        case .restarted:
            let place = place(event)
            for (lane, process) in zip(lanes, laneProcesses)
            where lane.key.instance.isAnother(at: place, than: event.process) { gone.insert(process) }
        case .overrideLost:
            lose(.init(at: at, place: place(event), circuit: event.circuit, kind: .overrideLost))
            if let lane = lane(event, process) { endForce(lane, at: at, .lost) }
        case .twin: lose(.init(at: at, place: place(event), kind: .twin))
        case .unreadable(let complaint): lose(.init(at: at, place: place(event), kind: .unreadable(complaint)))
        case .tooMany(let limit): lose(.init(at: at, place: place(event), kind: .tooMany(limit: limit)))
        case .gap(let count): lose(.init(at: at, place: place(event), kind: .gap(count: count)))
        }
    }

    private func place(_ event: FleetEvent) -> PostMortem.Place {
        PostMortem.Place(service: event.service, instance: event.instance)
    }

    private mutating func left(
        _ kind: PostMortem.Loss.Kind, _ event: FleetEvent, _ process: Instance?, _ at: Milliseconds
    ) {
        if let process { return leave(process, at: at, kind) }
        lose(.init(at: at, place: place(event), kind: kind))
    }

    private mutating func lane(_ event: FleetEvent, _ process: Instance?) -> Int? {
        guard let process, let id = event.circuitID, let circuit = process.circuits[id]?.value else { return nil }
        let slot = Slot(process: process.serial, id: id)
        if let known = tracks[slot]?.lane { return known }
        let lane = lane(of: circuit, process)
        tracks[slot]?.lane = lane
        return lane
    }

    private mutating func told(_ kind: Event.Kind, _ event: FleetEvent, _ process: Instance?, at: Milliseconds) {
        switch kind {
        case .state(let change):
            guard let lane = lane(event, process) else { return }
            switch (change.from, change.to) {
            case (_, .closed): end(lane, at: at, change.cause)
            case (.closed, _):
                begin(lane, at: at, change.cause, change.trip, isOpen: change.to == .open)
                if let trip = change.trip, span.contains(at) { lanes[lane].curve?.record(trip, at: at) }
            case (_, .open): reopen(lane, at: at, change)
            case (_, .halfOpen): break
            }
        case .override(let change): override(change, event, process, at: at)
        case .command(let record): command(record, event, process, at: at)
        case .suppressed(let kind, let count):
            guard kind != "retry_exhausted", kind != "probe" else { return }
            let loss = PostMortem.Loss.Kind.suppressed(kind: kind, count: count)
            lose(.init(at: at, place: place(event), circuit: event.circuit, kind: loss))
        case .probe, .retryExhausted, .config: break
        }
    }

    // MARK: - Outages

    mutating func begin(
        _ lane: Int, at: Milliseconds, _ cause: StateChange.Cause?, _ trip: Trip?, isOpen: Bool
    ) {
        // The rows and the event, whichever comes first, tell of one.
        let known = lanes[lane].outages.lastIndex { abs($0.began.saturatingDifference(at)) <= Self.sameMoment }
        if let known {
            if cause != nil { lanes[lane].outages[known].cause = cause }
            if let trip, cause != nil || lanes[lane].outages[known].trip == nil {
                lanes[lane].outages[known].trip = trip
            }
            return
        }
        guard lanes[lane].outages.count < Self.maximumOutagesOfLane else { return lanes[lane].moreOutages += 1 }
        lanes[lane].outages.append(
            PostMortem.Outage(
                key: lanes[lane].key, began: at, cause: cause, trip: trip, rule: lanes[lane].rule, wasOpen: isOpen))
    }

    mutating func end(_ lane: Int, at: Milliseconds, _ cause: StateChange.Cause?) {
        let candidates = lanes[lane].outages.indices.filter { index in
            let outage = lanes[lane].outages[index]
            let isOpen = outage.ended.map { abs($0.saturatingDifference(at)) <= Self.sameMoment } ?? true
            return isOpen && outage.began <= at.saturatingSum(Self.sameMoment) && outage.end != .gone
        }
        guard let index = candidates.max(by: { lanes[lane].outages[$0].began < lanes[lane].outages[$1].began }) else {
            return
        }
        let isKnown = lanes[lane].outages[index].ended != nil
        if !isKnown { lanes[lane].outages[index].ended = max(at, lanes[lane].outages[index].began) }
        if cause != nil || !isKnown { lanes[lane].outages[index].end = .closed(cause) }
    }

    private mutating func reopen(_ lane: Int, at: Milliseconds, _ change: StateChange) {
        guard let index = lanes[lane].outages.lastIndex(where: { $0.began <= at && $0.ended ?? .max >= at }) else {
            return
        }
        if lanes[lane].outages[index].wasOpen {
            lanes[lane].outages[index].reopened += 1
        } else {
            // What was half-open after a force opens for the first time.
            lanes[lane].outages[index].wasOpen = true
            (lanes[lane].outages[index].cause, lanes[lane].outages[index].trip) = (change.cause, change.trip)
        }
    }

    // MARK: - Operators

    private mutating func command(
        _ record: CommandRecord, _ event: FleetEvent, _ process: Instance?, at: Milliseconds
    ) {
        guard at >= span.lowerBound else { return }
        let lane = lane(event, process)
        if let lane { lanes[lane].isOperated = true }
        let action = PostMortem.Action(
            at: at, key: key(event), what: .command(record.action), principal: record.principal,
            claimed: record.claimed, reason: record.reason, refusal: record.refusal)
        // The override that came of it may have been told before.
        if let lane, action.isForce, let index = forces[lane], actions[index].isSame(as: action) {
            if case .override = actions[index].what { actions[index].what = action.what }
            return
        }
        if let lane, record.refusal == nil, [.clear, .reset].contains(record.action) { clear(lane, action) }
        add(action, to: action.isForce ? lane : nil)
    }

    /// Who cleared an override stands in the command, told before the override's end or after it.
    private mutating func clear(_ lane: Int, _ action: PostMortem.Action) {
        lastClear[lane] = action
        let ended = actions.lastIndex { former in
            former.key.isSameCircuit(as: action.key) && former.end == .cleared(by: "")
                && former.ended.map { abs($0.saturatingDifference(action.at)) <= Self.sameDeed } ?? false
        }
        if let ended { actions[ended].end = .cleared(by: action.author) }
    }

    private func author(ofClearing lane: Int, _ slot: CircuitOverride, at: Milliseconds) -> String {
        if !slot.principal.isEmpty || !slot.claimed.isEmpty { return slot.author }
        let command = lastClear[lane].flatMap { abs($0.at.saturatingDifference(at)) <= Self.sameDeed ? $0 : nil }
        return command?.author ?? ""
    }

    private mutating func override(
        _ change: OverrideChange, _ event: FleetEvent, _ process: Instance?, at: Milliseconds
    ) {
        guard let lane = lane(event, process), at >= span.lowerBound else { return }
        let slot = change.to
        guard slot.mode != .none else {
            let end: PostMortem.Action.End =
                switch change.cause {
                case .expiry: .expired
                case .command: .cleared(by: author(ofClearing: lane, slot, at: at))
                case .restored, .config: .other(change.cause)
                }
            return endForce(lane, at: at, end)
        }
        var action = PostMortem.Action(slot, key(event), change.cause, at: at)
        action.lifetime = event.overrideEnd.map { max(0, $0.saturatingDifference(event.t)) }
        if let index = forces[lane], actions[index].isSame(as: action) {
            actions[index].lifetime = action.lifetime
            return
        }
        add(action, to: lane)
    }

    /// An override that holds of which no event told, such as one from before.
    mutating func adopt(_ circuit: Circuit, _ lane: Int, ago: (Milliseconds) -> Milliseconds, at: Milliseconds) {
        let slot = circuit.description.override
        guard let mode = circuit.row.overrideMode else { return }
        guard mode != .none else {
            // Between a command and the override that comes of it nothing holds yet.
            if confirmed.contains(lane) { endForce(lane, at: at, nil) }
            return
        }
        defer { if forces[lane] != nil { confirmed.insert(lane) } }
        // The description may be behind the row.
        guard forces[lane] == nil, slot.mode == mode else { return }
        let since = slot.since.map { at.saturatingDifference(max(0, ago($0))) } ?? at
        var action = PostMortem.Action(slot, circuit.key, nil, at: since)
        action.lifetime = slot.until.map { max(0, $0.saturatingDifference(slot.since ?? $0)) }
        add(action, to: lane)
    }

    private mutating func add(_ action: PostMortem.Action, to lane: Int?) {
        if let lane {
            endForce(lane, at: action.at, .replaced)
            lanes[lane].isOperated = true
        }
        actionCount += 1
        guard actions.count < PostMortem.maximumActions else { return }
        actions.append(action)
        if let lane { forces[lane] = actions.count - 1 }
    }

    private mutating func endForce(_ lane: Int, at: Milliseconds, _ end: PostMortem.Action.End?) {
        confirmed.remove(lane)
        guard let index = forces.removeValue(forKey: lane) else { return }
        actions[index].ended = max(at, actions[index].at)
        actions[index].end = end
    }

    private func key(_ event: FleetEvent) -> CircuitKey {
        let process = event.process ?? InstanceKey(service: event.service, instance: event.instance, boot: "")
        return CircuitKey(instance: process, id: event.circuitID ?? 0, name: event.circuit ?? "")
    }
}

extension PostMortem.Action {
    fileprivate init(_ slot: CircuitOverride, _ key: CircuitKey, _ cause: OverrideChange.Cause?, at: Milliseconds) {
        self.init(
            at: at, key: key, what: .override(slot.mode, cause), principal: slot.principal, claimed: slot.claimed,
            reason: slot.reason)
    }

    private var mode: OverrideMode? {
        switch what {
        case .command(.forceOpen), .override(.forcedOpen, _): .forcedOpen
        case .command(.forceClosed), .override(.forcedClosed, _): .forcedClosed
        default: nil
        }
    }

    /// Whether a command and an override are one deed.
    fileprivate func isSame(as other: Self) -> Bool {
        mode == other.mode && principal == other.principal && claimed == other.claimed && reason == other.reason
            && abs(at.saturatingDifference(other.at)) <= Digest.sameDeed
    }
}

extension InstanceKey {
    /// Whether it is another process of that name.
    fileprivate func isAnother(at place: PostMortem.Place, than process: InstanceKey?) -> Bool {
        service == place.service && instance == place.instance && self != process
    }
}
