// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

/// Makes a post-mortem of facts, one after the other. What it keeps is bounded by how many circuits there are, not by how
/// much happens to them.
struct Digest {
    /// A circuit of a process that the model knows.
    struct Slot: Hashable {
        var process: Int
        var id: Int64
    }

    struct LaneName: Hashable {
        var place: PostMortem.Place
        var circuit: String
        /// A process beside which another one has the same name; 0 = the first.
        var twin: Int
    }

    struct Track {
        var counts = Counts()
        var shown = ShownState.unknown
        var state: CircuitState?
        var lane: Int?
    }

    struct Absence {
        var from: Milliseconds
        /// Its line among the losses.
        var loss: Int?
    }

    /// The most lanes: circuits beyond those that had trouble are counted only.
    static let maximumLanes = 10_000
    static let maximumOutagesOfLane = 200
    static let maximumAbsences = 100
    /// The most events that wait until it is known when they were.
    static let maximumHeld = 4_096
    /// Two instants that tell of the same moment may be apart by so much.
    static let sameMoment: Milliseconds = 1_000
    /// A command and what came of it are apart by so much at most.
    static let sameDeed: Milliseconds = 5_000

    let span: ClosedRange<Milliseconds>
    var tracks: [Slot: Track] = [:]
    var lanes: [PostMortem.Lane] = []
    var laneNumbers: [LaneName: Int] = [:]
    /// The process that a lane is of now.
    var laneProcesses: [Int] = []
    /// Circuits that had trouble beyond the lanes that there are.
    var untold: Set<LaneName> = []
    var names: Set<LaneName> = []
    var services: [String: PostMortem.Service] = [:]
    var absent: [InstanceKey: Absence] = [:]
    /// Processes that went, or were replaced.
    var gone: Set<Int> = []
    var absences: [PostMortem.Place: [(from: Milliseconds, to: Milliseconds)]] = [:]
    var firstHeard: [PostMortem.Place: Milliseconds] = [:]
    var actions: [PostMortem.Action] = []
    var actionCount = 0
    /// The force that holds a lane.
    var forces: [Int: Int] = [:]
    var lastClear: [Int: PostMortem.Action] = [:]
    /// Lanes of which a row told the force.
    var confirmed: Set<Int> = []
    var losses: [PostMortem.Loss] = []
    var lossCount = 0
    var totals = PostMortem.Totals()
    private var held: [FleetEvent] = []
    private var eventsSeen: Int
    private var tracksAfterPruning = 1_000
    private var clockOffset: Milliseconds

    /// Begins with what is known at the span's beginning.
    init(_ span: ClosedRange<Milliseconds>, _ fleet: FleetModel, clockOffset: Milliseconds) {
        self.span = span
        self.clockOffset = clockOffset
        eventsSeen = fleet.events.total
        for process in fleet.instances.values.sorted(by: { $0.serial < $1.serial }) {
            if process.lostAt == nil, process.clock != nil { hear(process, at: span.lowerBound) }
            lookAtAll(of: process, at: span.lowerBound)
        }
    }

    /// Takes a fact that the model has taken already.
    mutating func take(_ observation: Observation, at: Milliseconds, _ fleet: FleetModel) {
        takeClock(observation.at.t - observation.at.up, at: at)
        let process = fleet.sources[observation.source]?.instance.flatMap { fleet.instances[$0] }
        var isHeard = false
        if case .sample = observation.fact, let process { isHeard = hear(process, at: at) }
        takeEvents(fleet, at: at)
        guard let process else { return }
        switch observation.fact {
        case .sample(let sample, _):
            if isHeard { return lookAtAll(of: process, at: at) }
            for row in sample.rows { look(at: row.id, of: process, at: at) }
        case .event(let event, _): if let id = event.circuit { look(at: id, of: process, at: at) }
        case .circuit(let description): if !description.isGone { look(at: description.id, of: process, at: at) }
        default: break
        }
    }

    /// Time went by: who says nothing any more is noticed.
    mutating func tick(at: Milliseconds, _ fleet: FleetModel) {
        takeEvents(fleet, at: at)
        for source in fleet.sources.values where source.phase == .ready && !source.isFresh(at: at) {
            guard let process = source.instance.flatMap({ fleet.instances[$0] }), process.source == source.id else {
                continue
            }
            leave(process, at: source.lastHeard, .silent)
        }
        if tracks.count > 2 * tracksAfterPruning { prune(fleet) }
    }

    /// Something of the recording could not be read, and what is known now was read further on.
    mutating func skip(_ missing: [PostMortem.Loss], at: Milliseconds, _ fleet: FleetModel) {
        for loss in missing { lose(loss) }
        takeEvents(fleet, at: at)
        for process in fleet.instances.values.sorted(by: { $0.serial < $1.serial }) {
            if process.lostAt == nil, process.clock != nil { hear(process, at: at) }
            lookAtAll(of: process, at: at)
        }
    }

    private mutating func takeClock(_ offset: Milliseconds, at: Milliseconds) {
        let step = offset.saturatingDifference(clockOffset)
        clockOffset = offset
        if abs(step) >= Self.sameMoment { lose(.init(at: at, kind: .clock(step))) }
    }

    // MARK: - Events

    private mutating func takeEvents(_ fleet: FleetModel, at: Milliseconds) {
        let news = fleet.events.all.suffix(max(0, fleet.events.total - eventsSeen))
        eventsSeen = fleet.events.total
        guard !news.isEmpty || !held.isEmpty else { return }
        held += news
        // What a service tells of before it gave its time is dated when it has.
        let isFull = held.count > Self.maximumHeld
        func waits(_ event: FleetEvent) -> Bool {
            guard case .told = event.kind, !isFull, let process = event.process.flatMap({ fleet.instances[$0] }) else {
                return false
            }
            return process.clock == nil && process.lostAt == nil
        }
        let all = held
        held = all.filter(waits)
        for event in all where !waits(event) { note(event, at: min(at, fleet.moment(of: event)), fleet) }
    }

    // MARK: - The end

    mutating func lose(_ loss: PostMortem.Loss) {
        lossCount += 1
        if losses.count < PostMortem.maximumLosses { losses.append(loss) }
    }

    private mutating func prune(_ fleet: FleetModel) {
        let known = Set(fleet.instances.values.map(\.serial))
        for (slot, track) in tracks where !known.contains(slot.process) {
            close(track)
            tracks[slot] = nil
        }
        tracksAfterPruning = max(1_000, tracks.count)
    }

    /// What a track counted goes where it belongs.
    private mutating func close(_ track: Track) {
        totals += track.counts.risen
        if let lane = track.lane { lanes[lane].totals += track.counts.risen }
    }

    /// What came of it all.
    mutating func finish(_ fleet: FleetModel) -> PostMortem {
        takeEvents(fleet, at: span.upperBound)
        for track in tracks.values { close(track) }
        tracks = [:]
        for index in lanes.indices { settle(index) }
        var result = PostMortem(recorded: span, span: span)
        result.services = services.values.sorted { $0.name < $1.name }
        result.circuits = names.count
        result.totals = totals
        (result.actions, result.actionCount) = (actions.sorted { $0.at < $1.at }, actionCount)
        (result.losses, result.lossCount) = (losses.sorted { $0.at < $1.at }, lossCount)
        let troubled = lanes.filter { $0.firstTrouble != nil || !$0.outages.isEmpty || $0.isOperated }
        result.troubled = troubled.count + untold.count
        result.outageCount = troubled.reduce(0) { $0 + $1.outages.count + $1.moreOutages }
        let outages = troubled.flatMap(\.outages).sorted { ($0.began, $0.key) < ($1.began, $1.key) }
        result.outages = Array(outages.prefix(PostMortem.maximumOutages))
        result.lanes = shown(troubled)
        return result
    }

    private mutating func settle(_ index: Int) {
        lanes[index].outages.removeAll { !$0.wasOpen || ($0.ended.map { $0 < span.lowerBound } ?? false) }
        for outage in lanes[index].outages {
            lanes[index].firstTrouble = min(lanes[index].firstTrouble ?? .max, max(outage.began, span.lowerBound))
        }
        lanes[index].forced = lanes[index].strip.spans(until: span.upperBound).reduce(0) { sum, stretch in
            let isForced = stretch.state == .forcedOpen || stretch.state == .forcedClosed
            return isForced ? sum + stretch.to - stretch.from : sum
        }
    }

    /// The worst ones, by service, those first that had trouble first.
    private func shown(_ lanes: [PostMortem.Lane]) -> [PostMortem.Lane] {
        func weight(_ lane: PostMortem.Lane) -> Milliseconds {
            lane.outages.reduce(lane.forced / 2) { sum, outage in
                sum.saturatingSum(1_000 + min(outage.length(until: span.upperBound), span.upperBound - span.lowerBound))
            }
        }
        let worst = lanes.map { (weight($0), $0) }.sorted { ($1.0, $0.1.key) < ($0.0, $1.1.key) }
            .prefix(PostMortem.maximumLanes).map(\.1)
        var first: [String: Milliseconds] = [:]
        for lane in worst {
            let service = lane.key.instance.service
            first[service] = min(first[service] ?? .max, lane.firstTrouble ?? .max)
        }
        return worst.sorted { left, right in
            let (a, b) = (left.key.instance.service, right.key.instance.service)
            return (first[a] ?? 0, a, left.firstTrouble ?? .max, left.key)
                < (first[b] ?? 0, b, right.firstTrouble ?? .max, right.key)
        }
    }
}

extension Digest {
    /// What a circuit's counters rose by.
    struct Counts {
        private var last: PostMortem.Totals?
        private(set) var risen = PostMortem.Totals()

        /// - Parameter isWhole: whether all that its process ever counted belongs to it.
        mutating func take(_ row: CircuitRow, isWhole: Bool) {
            // Of a process that began before, what it counted before is no part of it.
            guard let calls = row[.calls] else { return }
            let now = PostMortem.Totals(
                calls: calls, failed: row[.failed] ?? 0, rejected: row[.rejected] ?? 0,
                rejectedForced: row[.rejectedForced] ?? 0)
            let base = last ?? (isWhole ? PostMortem.Totals() : now)
            last = now
            func rise(_ field: KeyPath<PostMortem.Totals, Int64>) -> Int64 {
                max(0, now[keyPath: field].saturatingDifference(base[keyPath: field]))
            }
            risen += PostMortem.Totals(
                calls: rise(\.calls), failed: rise(\.failed), rejected: rise(\.rejected),
                rejectedForced: rise(\.rejectedForced))
        }
    }
}
