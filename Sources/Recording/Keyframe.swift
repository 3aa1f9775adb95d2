// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire
import Fleet

extension LineEncoder {
    /// Writes all that is known at a moment: what each service would say to a monitor that connects now, and what the monitor
    /// remembers besides.
    ///
    /// - Parameter pass: takes what was written so far, now and then: in the whole it is hundreds of bytes a circuit.
    mutating func append<Failure: Error>(
        _ moment: Moment, clockOffset: Milliseconds, to bytes: inout [UInt8],
        pass: (inout [UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        let (fleet, at) = (moment.fleet, moment.at)
        appendKeyframe(TelemetryInstant(t: at + clockOffset, up: at), to: &bytes)
        for source in fleet.sources.values.sorted(by: { $0.id < $1.id }) {
            append(source.memento(), of: .source, source.id, at: at, to: &bytes)
        }
        for process in fleet.processes { try append(process, of: fleet, at: at, to: &bytes, pass) }
        append(fleet.memento(), of: .fleet, nil, at: at, to: &bytes)
        append(moment.flows.memento(), of: .flows, nil, at: at, to: &bytes)
        appendKeyframeEnd(at, to: &bytes)
    }

    private mutating func append<Failure: Error>(
        _ process: Instance, of fleet: FleetModel, at: Milliseconds, to bytes: inout [UInt8],
        _ pass: (inout [UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        let source = process.source
        let actions = fleet.sources[source]?.actions ?? []
        append(.hello(Hello(identity: process.identity, actions: actions)), of: source, at: at, to: &bytes)
        append(process.memento(), of: .process, source, at: at, to: &bytes)
        // Circuits are large: each is looked at where it is.
        let ids = process.circuits.keys.sorted()
        for id in ids {
            guard let description = process.circuits[id]?.value.description else { continue }
            append(.circuit(description), of: source, at: at, to: &bytes)
            try pass(&bytes)
        }
        let clock = process.clock ?? TelemetryInstant(t: 0, up: 0)
        let rows = ids.compactMap { process.circuits[$0]?.value.row }
        append(.sample(Sample(at: clock, seq: process.lastEvent, rows: rows)), of: source, at: at, to: &bytes)
        if process.isComplete { append(.ready, of: source, at: at, to: &bytes) }
        for id in ids {
            guard let memento = process.circuits[id]?.value.memento() else { continue }
            append(memento, of: .circuit(id), source, at: at, to: &bytes)
            try pass(&bytes)
        }
    }
}
