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
