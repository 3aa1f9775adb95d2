// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// Makes a model anew from what services say to whoever connects, and from what was remembered besides.
package struct Restoration {
    private var sources: [Source] = []
    private var instances: [Instance] = []

    package init() {}

    package mutating func add(_ source: SourceID, _ memento: Memento) throws(MementoError) {
        var restored = Source(id: source, at: 0)
        var memento = memento
        try restored.exchange(with: &memento)
        try memento.finish()
        sources.append(restored)
    }

    /// A process; its circuits follow.
    package mutating func add(_ identity: ServiceIdentity, of source: SourceID, _ memento: Memento) throws(MementoError)
    {
        var instance = Instance(identity: identity, source: source, at: 0)
        var memento = memento
        try instance.exchange(with: &memento)
        try memento.finish()
        instances.append(instance)
    }

    /// A circuit of the process that was added last.
    package mutating func add(
        _ description: CircuitDescription, _ row: CircuitRow, _ memento: Memento
    ) throws(MementoError) {
        guard let index = instances.indices.last else { throw MementoError("has a circuit before the first process") }
        guard instances[index].circuits.count < Instance.maximumCircuits else {
            throw MementoError("has more than \(Instance.maximumCircuits) circuits of a process")
        }
        let key = CircuitKey(instance: instances[index].key, id: description.id, name: description.name)
        var circuit = Circuit(key: key, description: description)
        circuit.row = row
        var memento = memento
        try circuit.exchange(with: &memento)
        try memento.finish()
        instances[index].circuits[description.id] = Boxed(circuit)
        instances[index].numbers[description.name] = description.id
    }

    package func model(_ memento: Memento) throws(MementoError) -> FleetModel {
        try FleetModel(memento, sources: sources, instances: instances)
    }
}

extension Source {
    package func memento() -> Memento {
        Memento(of: self) { source, memento throws(MementoError) in try source.exchange(with: &memento) }
    }
}

extension Instance {
    /// All but its identity and its circuits.
    package func memento() -> Memento {
        Memento(of: self) { process, memento throws(MementoError) in try process.exchange(with: &memento) }
    }
}

extension Circuit {
    /// All but its description and its row.
    package func memento() -> Memento {
        Memento(of: self) { circuit, memento throws(MementoError) in try circuit.exchange(with: &memento) }
    }
}

extension FlowHistory {
    package func memento() -> Memento {
        Memento(of: self) { flows, memento throws(MementoError) in try flows.exchange(with: &memento) }
    }

    package init(_ memento: Memento) throws(MementoError) {
        self.init()
        var memento = memento
        try exchange(with: &memento)
        try memento.finish()
    }
}
extension Memento {
    /// To write fails on nothing.
    fileprivate init<Value>(of value: Value, _ exchange: (inout Value, inout Memento) throws(MementoError) -> Void) {
        self.init()
        var copy = value
        try? exchange(&copy, &self)
    }
}

extension FleetModel {
    /// Its processes in the order in which they came.
    package var processes: [Instance] { instances.values.sorted { $0.serial < $1.serial } }
}
