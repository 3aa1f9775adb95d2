// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

extension Instance {
    /// What the monitor itself noticed about something that a service said.
    enum Remark: Sendable, Hashable {
        /// It cannot be so: the service breaks the protocol.
        case complaint(String)
        /// No further circuit is kept.
        case tooMany(kept: Int)
    }

    /// Takes a circuit's description that came as a line of so many bytes.
    mutating func describe(_ description: CircuitDescription, bytes: Int) -> Remark? {
        let id = description.id
        guard !description.isGone else {
            forget(id)
            return nil
        }
        guard let known = circuits[id]?.value else { return add(description, bytes: bytes) }
        circuits[id]?.value.toldIn = resumptions
        guard known.key.name == description.name else {
            // Its figures belong to another circuit; an operator must not act on a mixture of both.
            forget(id)
            let remark = add(description, bytes: bytes)
            return remark ?? .complaint("circuit number \(id) was “\(known.key.name)” and is “\(description.name)” now")
        }
        // What was known stays, and shows as out of date once the rows tell of something else.
        guard weight + bytes - known.weight <= Self.maximumWeight else { return tooMany() }
        reweigh(id) { $0.describe(description, weight: bytes) }
        return nil
    }

    private mutating func tooMany() -> Remark? {
        defer { hasTooMany = true }
        return hasTooMany ? nil : .tooMany(kept: circuits.count)
    }

    /// Changes a circuit, and with it what the instance weighs.
    private mutating func reweigh(_ id: Int64, _ change: (inout Circuit) -> Void) {
        guard let index = circuits.index(forKey: id) else { return }
        let before = circuits.values[index].value.weight
        change(&circuits.values[index].value)
        weight += circuits.values[index].value.weight - before
    }

    private mutating func add(_ description: CircuitDescription, bytes: Int) -> Remark? {
        guard circuits.count < Self.maximumCircuits, weight + bytes <= Self.maximumWeight else {
            return tooMany()
        }
        let key = CircuitKey(instance: self.key, id: description.id, name: description.name)
        circuits[description.id] = Boxed(Circuit(key: key, description: description, weight: bytes))
        circuits[description.id]?.value.toldIn = resumptions
        numbers[description.name] = description.id
        weight += bytes
        return nil
    }

    private mutating func forget(_ id: Int64) {
        guard let circuit = circuits.removeValue(forKey: id)?.value else { return }
        if numbers[circuit.key.name] == id { numbers[circuit.key.name] = nil }
        weight -= circuit.weight
        withLatency.removeAll { $0 == id }
    }

    /// Takes rows.
    mutating func take(_ sample: ProviderSample, at now: Milliseconds) -> Remark? {
        let isBackwards = lastSample.map { sample.at.up < $0 } ?? false
        lastSample = sample.at.up
        readClock(sample.at, at: now)
        for row in sample.rows { circuits[row.id]?.value.take(row, up: sample.at.up) }
        return isBackwards ? .complaint("its clock “up_ms” went back; rates begin anew") : nil
    }

    /// Takes an event.
    ///
    /// - Returns: whether it is news: a reconnect replays the newest events.
    mutating func take(_ event: Event, bytes: Int, replayed: Bool, at now: Milliseconds) -> Bool {
        // An event tells when it happened, which may be before the newest sample.
        if !replayed, clock.map({ event.at.up > $0.up }) ?? true { readClock(event.at, at: now) }
        // It may be kept as a transition, as the first trip and as the last one. Beyond the limit the next rows tell.
        if let id = event.circuit, weight + 3 * bytes <= Self.maximumWeight {
            reweigh(id) { circuit in
                if case .state = event.kind { circuit.remember(event, weight: bytes) }
                if !replayed { circuit.foresee(event, weight: bytes) }
            }
        }
        if replayed && event.seq <= lastEvent { return false }
        lastEvent = event.seq
        return true
    }

    /// Takes a histogram of a circuit; those of the ``maximumLatencies`` that came last are kept.
    mutating func take(_ latency: LatencyHistogram, of id: Int64, at instant: TelemetryInstant) {
        guard circuits[id] != nil else { return }
        guard circuits[id]?.value.latency == nil else {
            circuits[id]?.value.latency?.take(latency, up: instant.up)
            return
        }
        circuits[id]?.value.latency = CircuitLatency(latency, up: instant.up)
        withLatency.append(id)
        if withLatency.count > Self.maximumLatencies { circuits[withLatency.removeFirst()]?.value.latency = nil }
    }

    /// A connection came back: what was counted meanwhile is no rate of now.
    mutating func resume(over source: SourceID) {
        self.source = source
        lostAt = nil
        isStopped = false
        withLatency = []
        resumptions += 1
        for id in circuits.keys { circuits[id]?.value.forgetRecent() }
    }

    /// All that there is was told: circuits that went while no connection was there are no more.
    mutating func settle() {
        isComplete = true
        for (id, circuit) in circuits where circuit.value.toldIn != resumptions { forget(id) }
    }
}
