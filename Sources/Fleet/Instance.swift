// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// One boot of one instance, with its circuits.
package struct Instance: Sendable {
    package var identity: ServiceIdentity
    /// Its number in its model, never used twice.
    package internal(set) var serial = 0
    /// The connection that last spoke for it.
    package var source: SourceID
    package var circuits: [Int64: Boxed<Circuit>] = [:]
    /// The numbers of the circuits by their names.
    var numbers: [String: Int64] = [:]
    /// The service's clocks as of its newest sample or event.
    package var clock: TelemetryInstant?
    /// When that was, on the monitor's monotonic clock.
    package var clockAt: Milliseconds
    /// Since when no connection speaks for it; `nil` while one does.
    package var lostAt: Milliseconds?
    package var isStopped = false
    /// Whether the whole picture of it has arrived: what is not there then is not there.
    package var isComplete = false
    /// What held in the process before, by the name of the circuit.
    package var formerOverrides: [String: FormerOverride] = [:]
    /// Until when it may still take over what a process kept that went beside it; `nil` = there was none.
    var takeoverEnds: Milliseconds?
    /// Whether another process was seen in its place before.
    var isSuccessor = false
    /// Whether it has more circuits than are kept.
    package var hasTooMany = false
    /// The newest event that was told.
    package var lastEvent: Int64 = 0
    /// The moment of the newest rows, on the service's monotonic clock.
    var lastSample: Milliseconds?
    /// The bytes that the descriptions of its circuits, and the transitions that are kept, took on the wire.
    var weight = 0
    /// How often a connection came back to it.
    var resumptions = 0
    /// Circuits of which histograms are kept, by number, the first to go first.
    var withLatency: [Int64] = []

    /// The most circuits that one boot may bring; further ones are not shown, and said so.
    package static let maximumCircuits = 200_000
    /// The most bytes of descriptions and transitions that one boot may bring; further ones are not shown, and said so.
    package static let maximumWeight = 128 << 20
    /// The most circuits of one boot of which histograms are kept.
    package static let maximumLatencies = 64

    package init(identity: ServiceIdentity, source: SourceID, at now: Milliseconds) {
        self.identity = identity
        self.source = source
        clockAt = now
    }

    package var key: InstanceKey { InstanceKey(identity) }

    /// The circuit of a name; a service names no two alike.
    package func circuit(named name: String) -> Boxed<Circuit>? { numbers[name].flatMap { circuits[$0] } }

    /// Takes the service's clocks from a message that arrived just now.
    package mutating func readClock(_ instant: TelemetryInstant, at now: Milliseconds) {
        clock = instant
        clockAt = now
    }

    /// The service's monotonic clock as it must stand now. Only the monitor's own clock was subtracted from itself.
    package func up(at now: Milliseconds) -> Milliseconds? {
        clock.map { $0.up.saturatingSum(max(0, now.saturatingDifference(clockAt))) }
    }
}

extension Instance {
    /// All but its identity and its circuits.
    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        try memento.exchange(&serial, in: 1...Int(Int32.max))
        try memento.exchange(&clock, blank: .zero) { (clock, memento) throws(MementoError) in
            try clock.exchange(with: &memento)
        }
        try memento.exchange(&clockAt)
        try memento.exchange(&lostAt)
        try memento.exchange(&isStopped)
        try memento.exchange(&isComplete)
        var former = formerOverrides.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let blank = FormerOverride(CircuitOverride(), of: self, at: 0, isLostFrom: 0)
        try memento.exchange(&former, atMost: Self.maximumFormerOverrides, blank: ("", blank)) {
            (entry, memento) throws(MementoError) in
            try memento.exchange(&entry.0)
            try entry.1.exchange(with: &memento)
        }
        if memento.isRead { formerOverrides = Dictionary(former) { _, last in last } }
        try memento.exchange(&takeoverEnds)
        try memento.exchange(&isSuccessor)
        try memento.exchange(&hasTooMany)
        try memento.exchange(&lastEvent)
        try memento.exchange(&lastSample)
        try memento.exchange(&weight, in: 0...Self.maximumWeight)
        try memento.exchange(&resumptions, in: 0...Int(Int32.max))
        try memento.exchange(&withLatency, atMost: Self.maximumLatencies, blank: 0) {
            (circuit, memento) throws(MementoError) in
            try memento.exchange(&circuit)
        }
    }
}

extension FormerOverride {
    fileprivate mutating func exchange(with memento: inout Memento) throws(MementoError) {
        try slot.exchange(with: &memento)
        try memento.exchange(&end)
        try memento.exchange(&endUp)
        try memento.exchange(&isLostFrom)
        try memento.exchange(&isTold)
    }
}
