// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry

/// A line of the event list: what a service told, or what the monitor itself noticed.
package struct FleetEvent: Sendable {
    /// When, in milliseconds since 1970: by the service's clock for its events, else by the monitor's.
    package var t: Milliseconds
    /// Its number among all that this model ever noted, from 1: tells events apart. 0 = not noted yet.
    package internal(set) var number = 0
    package var service: String
    package var instance: String
    /// The circuit's name; `nil` when it is about the service.
    package var circuit: String?
    package var kind: Kind
    /// When the override that it tells of ends by itself, in milliseconds since 1970; `nil` = until cleared, or none.
    package var overrideEnd: Milliseconds?
    /// When it arrived, on the monitor's monotonic clock.
    package internal(set) var arrivedAt: Milliseconds = 0
    /// Which process it is about.
    package internal(set) var process: InstanceKey?
    /// Which of its circuits, by number.
    package internal(set) var circuitID: Int64?
    /// When it happened, on its process' monotonic clock; `nil` = as it arrived.
    var up: Milliseconds?
    /// Of a circuit that opened again: what it counted when it first did in that outage, without errors; `nil` = not known.
    package internal(set) var firstTrip: Trip?

    package enum Kind: Sendable {
        case told(Event.Kind)
        /// A connection was lost or could not be made.
        case lost(reason: String)
        /// The service said goodbye.
        case stopped(reason: String)
        /// The service is there.
        case appeared
        /// The same instance came back as another process.
        case restarted
        /// What held the circuit went with the process before: the new one, which has told all, does not have it.
        case overrideLost(CircuitOverride)
        /// Another live process has the same service and instance name.
        case twin
        /// The connection said something that could not be used, or could not use what we said: facts may be missing.
        case unreadable(complaint: String)
        /// The service has more circuits than are kept; the rest is not shown.
        case tooMany(limit: Int)
        /// Events that will not come.
        case gap(count: Int64)
    }

    package init(
        t: Milliseconds, service: String, instance: String, circuit: String? = nil, kind: Kind,
        overrideEnd: Milliseconds? = nil
    ) {
        self.t = t
        self.service = service
        self.instance = instance
        self.circuit = circuit
        self.kind = kind
        self.overrideEnd = overrideEnd
    }
}

extension FleetEvent {
    /// What a circuit's service told of it, arrived long ago.
    fileprivate init(_ event: Event, of key: CircuitKey) {
        self.init(
            t: event.at.t, service: key.instance.service, instance: key.instance.instance, circuit: key.name,
            kind: .told(event.kind))
        arrivedAt = .max
        process = key.instance
        circuitID = key.id
        up = event.at.up
    }
}

extension FleetEvent {
    /// Whether a process went or another one came in its place: what a circuit counted and was ends there.
    fileprivate var isEndOfProcess: Bool {
        switch kind {
        case .lost, .stopped, .restarted: true
        default: false
        }
    }

    /// Takes what the circuit counted when it first opened, if it tells that it did so again.
    mutating func rememberFirst(_ trip: Trip?) {
        guard case .told(.state(let change)) = kind, change.to == .open, change.from != .closed, var first = trip,
            first.at < change.trip?.at ?? up ?? .max
        else { return }
        first.errors = []
        firstTrip = first
    }
}

/// The newest events, bounded.
package struct RecentEvents: Sendable {
    package static let capacity = 1_000

    /// Oldest first.
    package private(set) var all: [FleetEvent] = []
    /// How many were ever appended: tells a view whether there is something new.
    package private(set) var total = 0

    package init() {}

    package mutating func append(_ event: FleetEvent) {
        // Dropping half at a time keeps an append cheap without a ring's index arithmetic.
        if all.count >= Self.capacity * 2 { all.removeFirst(Self.capacity) }
        total += 1
        all.append(event)
        all[all.count - 1].number = total
    }

    mutating func exchange(with memento: inout Memento) throws(MementoError) {
        try memento.exchange(&total, in: all.count...Int.max)
        try memento.exchange(&all, atMost: Self.capacity * 2, blank: .blank) { (event, memento) throws(MementoError) in
            try event.exchange(with: &memento)
        }
    }
}

extension FleetModel {
    /// When something happened, on the monitor's monotonic clock: what is told late has its age from its service's own
    /// clock, since wall clocks of several machines give no order.
    package func moment(of event: FleetEvent) -> Milliseconds {
        guard let up = event.up, let now = event.process.flatMap({ instances[$0]?.up(at: self.now.up) }) else {
            return event.arrivedAt
        }
        return min(event.arrivedAt, self.now.up.saturatingDifference(now.saturatingDifference(up)))
    }

    /// The newest events in the order in which they happened, the newest first.
    package func chronicle(last count: Int = .max) -> [FleetEvent] {
        let newest = events.all.suffix(max(0, count)).enumerated().map { (moment(of: $1), $0, $1) }
        return newest.sorted { ($0.0, $0.1) > ($1.0, $1.1) }.map(\.2)
    }

    /// What is known to have happened to a circuit and to its process, in boots before too, the newest first: its own
    /// transitions are kept when the events of others have long pushed them out of the list.
    package func chronicle(of key: CircuitKey) -> [FleetEvent] {
        var told = events.all.filter { event in
            (event.circuit.map { $0 == key.name } ?? event.isEndOfProcess)
                && event.service == key.instance.service && event.instance == key.instance.instance
        }
        var first: Trip?
        for transition in instances[key.instance]?.circuits[key.id]?.value.transitions ?? [] {
            if case .state(let change) = transition.kind, change.from == .closed { first = change.trip }
            let isTold = told.contains {
                guard $0.process == key.instance, $0.up == transition.at.up, case .told(let kind) = $0.kind else {
                    return false
                }
                return kind == transition.kind
            }
            guard !isTold else { continue }
            var event = FleetEvent(transition, of: key)
            event.rememberFirst(first)
            told.append(event)
        }
        let dated = told.enumerated().map { (moment(of: $1), $0, $1) }
        return dated.sorted { ($0.0, $0.1) > ($1.0, $1.1) }.map(\.2)
    }

    /// The circuit that an event is about; `nil` when it is about none, or that one is not there any more.
    package func circuit(of event: FleetEvent) -> CircuitKey? {
        guard let process = event.process, let id = event.circuitID else { return nil }
        return instances[process]?.circuits[id]?.value.key
    }
}

extension FleetEvent {
    static let blank = FleetEvent(t: 0, service: "", instance: "", kind: .appeared)

    package mutating func exchange(with memento: inout Memento) throws(MementoError) {
        try memento.exchange(&t)
        try memento.exchange(&number, in: 0...Int.max)
        try memento.exchange(&service)
        try memento.exchange(&instance)
        try memento.exchange(&circuit)
        try kind.exchange(with: &memento)
        try memento.exchange(&overrideEnd)
        try memento.exchange(&arrivedAt)
        try memento.exchange(&process, blank: InstanceKey(service: "", instance: "", boot: "")) {
            (key, memento) throws(MementoError) in
            try key.exchange(with: &memento)
        }
        try memento.exchange(&circuitID)
        try memento.exchange(&up)
        try memento.exchange(&firstTrip, blank: .blank) { (trip, memento) throws(MementoError) in
            try trip.exchange(with: &memento)
        }
    }
}

extension FleetEvent.Kind {
    private var tag: Int64 {
        switch self {
        case .told: 0
        case .lost: 1
        case .stopped: 2
        case .appeared: 3
        case .restarted: 4
        case .overrideLost: 5
        case .twin: 6
        case .unreadable: 7
        case .tooMany: 8
        case .gap: 9
        }
    }

    fileprivate mutating func exchange(with memento: inout Memento) throws(MementoError) {
        var tag = tag
        try memento.exchange(&tag, in: 0...9)
        switch tag {
        case 0:
            var kind = Event.Kind.config
            if case .told(let known) = self { kind = known }
            try kind.exchange(with: &memento)
            self = .told(kind)
        case 1, 2, 7: try exchangeWords(tag, with: &memento)
        case 4: self = .restarted
        case 5:
            var slot = CircuitOverride()
            if case .overrideLost(let known) = self { slot = known }
            try slot.exchange(with: &memento)
            self = .overrideLost(slot)
        case 6: self = .twin
        case 8:
            var limit = 0
            if case .tooMany(let known) = self { limit = known }
            try memento.exchange(&limit, in: 0...Int(Int32.max))
            self = .tooMany(limit: limit)
        case 9:
            var count: Int64 = 0
            if case .gap(let known) = self { count = known }
            try memento.exchange(&count)
            self = .gap(count: count)
        default: self = .appeared
        }
    }

    private mutating func exchangeWords(_ tag: Int64, with memento: inout Memento) throws(MementoError) {
        var words = ""
        switch self {
        case .lost(let known), .stopped(let known), .unreadable(let known): words = known
        default: break
        }
        try memento.exchange(&words)
        self = tag == 1 ? .lost(reason: words) : tag == 2 ? .stopped(reason: words) : .unreadable(complaint: words)
    }
}
