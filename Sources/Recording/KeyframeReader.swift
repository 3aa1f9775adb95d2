// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
import Fleet

/// Reads a keyframe's lines, one after the other.
struct KeyframeReader {
    private let now: TelemetryInstant
    /// What the services said. It makes a fleet as well, with a shorter past.
    private var told: [(source: SourceID, message: ServiceMessage)] = []
    private var identity: ServiceIdentity?
    private var descriptions: [Int64: CircuitDescription] = [:]
    private var rows: [Int64: CircuitRow] = [:]
    /// How many processes and circuits were told, and how many of them were remembered.
    private var count = (told: 0, remembered: 0)
    private var restoration = Restoration()
    private var flows = FlowHistory()
    private var fleet: Memento?
    private var complaint: String?

    /// - Parameter now: the monitor's clocks at its moment.
    init(at now: TelemetryInstant) { self.now = now }

    /// How far the monitor's wall clock is ahead of the recording's.
    var clockOffset: Milliseconds { now.t.saturatingDifference(now.up) }

    mutating func take(_ source: SourceID, _ message: ServiceMessage) {
        guard told.count < RecordingLimits.toldLines else { return isBroken("it is too long") }
        told.append((source, message))
        switch message {
        case .hello(let hello):
            (identity, descriptions, rows) = (hello.identity, [:], [:])
            count.told += 1
        case .circuit(let description):
            if descriptions.updateValue(description, forKey: description.id) == nil { count.told += 1 }
        case .sample(let sample): for row in sample.rows where descriptions[row.id] != nil { rows[row.id] = row }
        default: break
        }
    }

    mutating func take(_ source: SourceID?, _ what: RecordedLine.MemoryOf, _ memento: Memento) {
        guard complaint == nil else { return }
        do throws(MementoError) {
            try restore(source, what, memento)
        } catch {
            isBroken("\(error)")
        }
    }

    /// A part of it cannot be used: then nothing is that was remembered.
    mutating func isBroken(_ words: String) { complaint = complaint ?? words }

    private mutating func restore(
        _ source: SourceID?, _ what: RecordedLine.MemoryOf, _ memento: Memento
    ) throws(MementoError) {
        switch (what, source) {
        case (.source, let source?): try restoration.add(source, memento)
        case (.process, let source?):
            guard let identity else { return }
            try restoration.add(identity, of: source, memento)
            count.remembered += 1
        case (.circuit(let id), _):
            guard let description = descriptions[id] else { return }
            try restoration.add(description, rows[id] ?? CircuitRow(id: id), memento)
            count.remembered += 1
        case (.fleet, _): fleet = memento
        case (.flows, _): flows = try FlowHistory(memento)
        default: break
        }
    }

    /// What it all comes to, and what was wrong with what was remembered.
    ///
    /// - Parameter remembers: whether the recording holds what was remembered, in this version's order.
    func moment(remembers: Bool) -> (moment: Moment, complaint: String?) {
        guard remembers else { return (toldMoment(), nil) }
        if let complaint { return (toldMoment(), complaint) }
        guard let fleet, count.told == count.remembered else { return (toldMoment(), "some of it is missing") }
        do throws(MementoError) {
            return (Moment(fleet: try restoration.model(fleet), flows: flows, at: now.up), nil)
        } catch {
            return (toldMoment(), "\(error)")
        }
    }

    /// As if a monitor had connected to all services at this moment.
    private func toldMoment() -> Moment {
        var moment = Moment(at: now.up)
        for (source, message) in told {
            guard let fact = Observation.Fact(message) else { continue }
            moment.apply(Observation(source: source, at: now, fact: fact))
        }
        return moment
    }
}
