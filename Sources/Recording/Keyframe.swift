// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
import Fleet

extension LineEncoder {
    /// Writes all that is known at a moment: what each service would say to a monitor that connects now, and what the monitor
    /// remembers besides.
    mutating func append(_ moment: Moment, clockOffset: Milliseconds, to bytes: inout [UInt8]) {
        let (fleet, at) = (moment.fleet, moment.at)
        appendKeyframe(TelemetryInstant(t: at + clockOffset, up: at), to: &bytes)
        for source in fleet.sources.values.sorted(by: { $0.id < $1.id }) {
            append(source.memento(), of: .source, source.id, at: at, to: &bytes)
        }
        for process in fleet.processes { append(process, of: fleet, at: at, to: &bytes) }
        append(fleet.memento(), of: .fleet, nil, at: at, to: &bytes)
        append(moment.flows.memento(), of: .flows, nil, at: at, to: &bytes)
        appendKeyframeEnd(at, to: &bytes)
    }

    private mutating func append(_ process: Instance, of fleet: FleetModel, at: Milliseconds, to bytes: inout [UInt8]) {
        let source = process.source
        let actions = fleet.sources[source]?.actions ?? []
        append(.hello(Hello(identity: process.identity, actions: actions)), of: source, at: at, to: &bytes)
        append(process.memento(), of: .process, source, at: at, to: &bytes)
        let circuits = process.circuits.values.map(\.value).sorted { $0.key.id < $1.key.id }
        for circuit in circuits { append(.circuit(circuit.description), of: source, at: at, to: &bytes) }
        let clock = process.clock ?? TelemetryInstant(t: 0, up: 0)
        let sample = Sample(at: clock, seq: process.lastEvent, rows: circuits.map(\.row))
        append(.sample(sample), of: source, at: at, to: &bytes)
        if process.isComplete { append(.ready, of: source, at: at, to: &bytes) }
        for circuit in circuits { append(circuit.memento(), of: .circuit(circuit.key.id), source, at: at, to: &bytes) }
    }
}

/// Reads a keyframe's lines, one after the other.
struct KeyframeReader {
    private var restoration = Restoration()
    private var flows = FlowHistory()
    private var identity: ServiceIdentity?
    private var descriptions: [Int64: CircuitDescription] = [:]
    private var rows: [Int64: CircuitRow] = [:]
    private var fleet: Memento?
    private let at: Milliseconds

    init(at: Milliseconds) { self.at = at }

    mutating func take(_ source: SourceID, _ message: ServiceMessage) {
        switch message {
        case .hello(let hello): (identity, descriptions, rows) = (hello.identity, [:], [:])
        case .circuit(let description): descriptions[description.id] = description
        case .sample(let sample): for row in sample.rows { rows[row.id] = row }
        default: break
        }
    }

    mutating func take(_ source: SourceID?, _ what: RecordedLine.MemoryOf, _ memento: Memento) throws(MementoError) {
        switch (what, source) {
        case (.source, let source?): try restoration.add(source, memento)
        case (.process, let source?): if let identity { try restoration.add(identity, of: source, memento) }
        case (.circuit(let id), _):
            if let description = descriptions[id] {
                try restoration.add(description, rows[id] ?? CircuitRow(id: id), memento)
            }
        case (.fleet, _): fleet = memento
        case (.flows, _): flows = try FlowHistory(memento)
        default: break
        }
    }

    /// What it all comes to; `nil` when what was remembered is not there.
    func moment() throws(MementoError) -> Moment? {
        guard let fleet else { return nil }
        return Moment(fleet: try restoration.model(fleet), flows: flows, at: at)
    }
}
