// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Synchronization

/// The newest events of a boot, numbered without holes, and the revisions of its circuits' descriptions.
///
/// Circuits append under their own lock, so that numbers follow the order of what happened and a row read later
/// includes every event numbered before. The order of locks is circuit, then log; listeners are called by
/// ``deliver()``, under neither.
final class EventLog: Sendable {
    private struct State: Sendable {
        var ring: [Event] = []
        var newest: Int64 = 0
        var revision: UInt64 = 0
        var circuits: [Int64: Entry] = [:]
        var refusals = RefusalAllowances()
        /// The circuits of which events were left out and not told yet.
        var withheld: Set<Int64> = []
        var gone: [(revision: UInt64, description: CircuitDescription)] = []
        /// The revision in which the last of those went that are in `gone` no more.
        var forgotten: UInt64 = 0
        var listeners: [@Sendable (Event) -> Void] = []
        var observers: [Int: AsyncStream<Void>.Continuation] = [:]
        var nextObserver = 0
        var delivered: Int64 = 0
        var isDelivering = false
    }

    private struct Entry: Sendable {
        var allowance = EventAllowance()
        var revision: UInt64
    }

    /// How many circuits are remembered at least, and half of how many at most, after they went.
    static let maximumGone = 1_024

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int = 1_024) {
        self.capacity = capacity
    }

    // MARK: Writing

    /// Numbers and keeps events, in order.
    ///
    /// Events of a circuit that is not (or no longer) entered are dropped; those of circuit `nil` are kept without a
    /// limit, except that refused commands have one of their own, whatever they are about.
    ///
    /// - Returns: The number of the first of them that was kept, behind what had to be told before it; the newest number
    ///   when none was.
    @discardableResult
    func append(_ kinds: [Event.Kind], circuit: Int64?, at instant: TelemetryInstant) -> Int64 {
        state.withLock { state in
            var first: Int64?
            for kind in kinds where admit(kind, circuit: circuit, at: instant, in: &state) {
                keep(kind, circuit: circuit, at: instant, in: &state)
                first = first ?? state.newest
            }
            return first ?? state.newest
        }
    }

    /// Tells what was left out, for circuits where there is room again.
    func recover(at instant: TelemetryInstant) {
        state.withLock { state in
            for kind in state.refusals.recover(at: instant.up) { keep(kind, circuit: nil, at: instant, in: &state) }
            for circuit in state.withheld.sorted() {
                for kind in state.circuits[circuit]?.allowance.recover(at: instant.up) ?? [] {
                    keep(kind, circuit: circuit, at: instant, in: &state)
                    state.withheld.remove(circuit)
                }
            }
        }
    }

    private func admit(
        _ kind: Event.Kind, circuit: Int64?, at instant: TelemetryInstant, in state: inout State
    ) -> Bool {
        if case .command(let record) = kind, record.refusal != nil {
            let (isAdmitted, told) = state.refusals.admits(kind, of: record.principal, at: instant.up)
            for kind in told { keep(kind, circuit: nil, at: instant, in: &state) }
            return isAdmitted
        }
        guard let circuit else { return true }
        guard var entry = state.circuits[circuit] else { return false }
        if kind.changesDescription {
            state.revision += 1
            entry.revision = state.revision
        }
        let toldLater = entry.allowance.recover(at: instant.up)
        let isAdmitted = entry.allowance.admits(kind, at: instant.up)
        state.circuits[circuit] = entry
        if entry.allowance.isWithholding { state.withheld.insert(circuit) } else { state.withheld.remove(circuit) }
        for told in toldLater { keep(told, circuit: circuit, at: instant, in: &state) }
        return isAdmitted
    }

    private func keep(_ kind: Event.Kind, circuit: Int64?, at instant: TelemetryInstant, in state: inout State) {
        state.newest += 1
        let event = Event(at: instant, seq: state.newest, circuit: circuit, kind: kind)
        if state.ring.count < capacity {
            state.ring.append(event)
        } else {
            state.ring[Self.index(of: state.newest, capacity: capacity)] = event
        }
    }

    private static func index(of seq: Int64, capacity: Int) -> Int {
        Int((seq - 1) % Int64(capacity))
    }

    // MARK: Circuits

    /// Enters a circuit, whose description is new.
    func enter(_ circuit: Int64) {
        state.withLock { state in
            state.revision += 1
            state.circuits[circuit] = Entry(revision: state.revision)
        }
    }

    /// Takes a circuit out, with its last description.
    func retire(_ description: CircuitDescription) {
        state.withLock { state in
            guard state.circuits.removeValue(forKey: description.id) != nil else { return }
            state.withheld.remove(description.id)
            state.revision += 1
            state.gone.append((state.revision, description))
            // Half of them at a time: the others need not move up for each.
            guard state.gone.count == 2 * Self.maximumGone else { return }
            state.forgotten = state.gone[Self.maximumGone - 1].revision
            state.gone.removeFirst(Self.maximumGone)
        }
    }

    /// What changed in the descriptions after a revision.
    struct Changes: Sendable {
        /// The circuits that are there, in ascending order of id.
        var live: [Int64] = []
        /// Those that went since.
        var gone: [CircuitDescription] = []
        /// The revision now.
        var revision: UInt64
        /// Whether all that went since are told.
        var isComplete = true
    }

    /// What changed after a revision; after 0 nothing is told to have gone.
    func changes(after revision: UInt64) -> Changes {
        state.withLock { state in
            var changes = Changes(revision: state.revision)
            guard state.revision > revision else { return changes }
            changes.live = state.circuits.filter { $0.value.revision > revision }.keys.sorted()
            guard revision > 0 else { return changes }
            changes.gone = state.gone.filter { $0.revision > revision }.map(\.description)
            changes.isComplete = revision >= state.forgotten
            return changes
        }
    }

    // MARK: Reading

    /// The newest event's number; 0 before the first.
    var newest: Int64 {
        state.withLock { $0.newest }
    }

    /// The events after a number, oldest first.
    func page(after seq: Int64, limit: Int) -> EventPage {
        state.withLock { state in
            let oldest = state.newest - Int64(state.ring.count) + 1
            let events = events(after: seq, limit: limit, in: state)
            return EventPage(events: events, oldest: oldest, newest: state.newest)
        }
    }

    private func events(after seq: Int64, limit: Int, in state: State) -> [Event] {
        let oldest = state.newest - Int64(state.ring.count) + 1
        guard seq < state.newest, limit > 0 else { return [] }
        let first = max(oldest, seq + 1)
        // An empty log has its oldest event behind its newest.
        let count = min(Int64(limit), state.newest - first + 1)
        return (first..<first + count).map { state.ring[Self.index(of: $0, capacity: capacity)] }
    }

    // MARK: Listeners

    /// Calls a function with each event from now on, in order, one at a time, outside every lock.
    func listen(_ listener: @escaping @Sendable (Event) -> Void) {
        state.withLock { state in
            if state.listeners.isEmpty { state.delivered = state.newest }
            state.listeners.append(listener)
        }
    }

    /// An element soon after something was written; at most one waits.
    func activity() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.nextObserver += 1
            state.observers[state.nextObserver] = continuation
            return state.nextObserver
        }
        continuation.onTermination = { [weak self] _ in self?.forget(number) }
        return stream
    }

    private func forget(_ observer: Int) {
        // The continuation is released after the lock, since its end may call back.
        let continuation = state.withLock { $0.observers.removeValue(forKey: observer) }
        _ = continuation
    }

    /// How many observers are there.
    var observerCount: Int {
        state.withLock { $0.observers.count }
    }

    /// Wakes observers and hands what is new to the listeners. Call it after each writing, holding no lock.
    ///
    /// One caller at a time delivers; the others, a listener that calls back among them, leave it to that one. The ring
    /// bounds what may wait: a listener slower than 1,024 events misses some, which their numbers show.
    func deliver() {
        for observer in state.withLock({ Array($0.observers.values) }) { observer.yield() }
        var isFirst = true
        while let batch = nextBatch(isFirst: isFirst) {
            isFirst = false
            for event in batch.events {
                for listener in batch.listeners { listener(event) }
            }
        }
    }

    private typealias Batch = (events: [Event], listeners: [@Sendable (Event) -> Void])

    private func nextBatch(isFirst: Bool) -> Batch? {
        state.withLock { state in
            if isFirst && state.isDelivering { return nil }
            let events = events(after: state.delivered, limit: capacity, in: state)
            state.isDelivering = !events.isEmpty && !state.listeners.isEmpty
            state.delivered = state.newest
            return state.isDelivering ? (events, state.listeners) : nil
        }
    }
}

extension Event.Kind {
    /// Whether a circuit's description differs after it: another override, another last trip.
    fileprivate var changesDescription: Bool {
        switch self {
        case .override, .config: true
        case .state(let change): change.trip != nil
        case .command, .probe, .retryExhausted, .suppressed: false
        }
    }
}
