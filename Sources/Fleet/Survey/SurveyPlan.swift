// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// Which circuits a table shows, in which order, and under which heads.
package struct SurveyPlan: Sendable {
    package var query: CircuitQuery
    /// Only what wants to be looked at: open, half-open, forced, stale, or with an override lost.
    package var isFaultsOnly: Bool
    /// What circuits are ordered by; equal ones are by service, name and instance.
    package var value: @Sendable (CircuitView) -> SortValue
    /// Whether the greatest come first; the unknown come last either way.
    package var isDescending: Bool
    package var grouping: Grouping

    package init(
        query: CircuitQuery = CircuitQuery(), isFaultsOnly: Bool = false, isDescending: Bool = false,
        grouping: Grouping = .none,
        value: @escaping @Sendable (CircuitView) -> SortValue = { .number(Double($0.urgency)) }
    ) {
        self.query = query
        self.isFaultsOnly = isFaultsOnly
        self.value = value
        self.isDescending = isDescending
        self.grouping = grouping
    }

    func admits(_ circuit: CircuitView) -> Bool {
        (!isFaultsOnly || circuit.isFaulty) && query.matches(circuit)
    }
}

extension CircuitView {
    /// Whether an override holds it, as far as is known now.
    package var isForced: Bool {
        if case .forced = standing { true } else { false }
    }

    /// Whether it wants to be looked at.
    package var isFaulty: Bool {
        switch standing {
        case .calculated(.closed): isOverrideLost
        case .stopped: false
        default: true
        }
    }
}

/// What a table can be ordered by.
package enum SortValue: Sendable, Hashable {
    case unknown
    case number(Double)
    case text(String)

    package init(_ number: Double?) { self = number.map { $0.isNaN ? .unknown : .number($0) } ?? .unknown }

    package init(_ number: Int64?) { self = number.map { .number(Double($0)) } ?? .unknown }

    /// An empty text is unknown.
    package init(_ text: String) { self = text.isEmpty ? .unknown : .text(text) }
}

/// What circuits are gathered by.
package enum Grouping: String, Sendable, Hashable, CaseIterable {
    case none, service, circuit, target, state

    /// The group that a circuit belongs to.
    package func group(of circuit: CircuitView) -> GroupKey {
        switch self {
        case .none: GroupKey(grouping: self)
        case .service: GroupKey(grouping: self, service: circuit.identity.service)
        case .circuit: GroupKey(grouping: self, service: circuit.identity.service, name: circuit.key.name)
        case .target: GroupKey(grouping: self, name: circuit.description.target.service)
        case .state: GroupKey(grouping: self, name: circuit.standing.word)
        }
    }
}

/// A group, by what its circuits have in common.
package struct GroupKey: Sendable, Hashable {
    package var grouping: Grouping
    /// Of groups by service and by circuit.
    package var service = ""
    /// The circuit's name, the target's service (empty = not told) or the state.
    package var name = ""

    package init(grouping: Grouping, service: String = "", name: String = "") {
        (self.grouping, self.service, self.name) = (grouping, service, name)
    }

    /// Whether a circuit belongs to it; of a group by state that depends on the moment, and is not asked.
    package func contains(_ circuit: Circuit) -> Bool {
        switch grouping {
        case .none: true
        case .service: circuit.key.instance.service == service
        case .circuit: circuit.key.instance.service == service && circuit.key.name == name
        case .target: circuit.description.target.service == name
        case .state: false
        }
    }
}

/// Where a circuit is found: smaller and quicker than its ``CircuitKey``, and good for one run of the monitor.
package struct CircuitHandle: Sendable, Hashable {
    /// The ``Instance/serial`` of its process.
    package var instance: Int
    package var circuit: Int64
}

extension FleetModel {
    /// One circuit; `nil` when it is not there any more.
    package func circuit(_ handle: CircuitHandle) -> CircuitView? {
        guard let key = instanceKeys[handle.instance], let instance = instances[key],
            let circuit = instance.circuits[handle.circuit]
        else { return nil }
        return view(of: circuit, in: instance, view(of: instance))
    }

    /// Whether a circuit is still there.
    package func contains(_ handle: CircuitHandle) -> Bool {
        guard let key = instanceKeys[handle.instance] else { return false }
        return instances[key]?.circuits[handle.circuit] != nil
    }

    /// Where a circuit is found; `nil` when it is not there any more.
    package func handle(of key: CircuitKey) -> CircuitHandle? {
        guard let instance = instances[key.instance], instance.circuits[key.id] != nil else { return nil }
        return CircuitHandle(instance: instance.serial, circuit: key.id)
    }

    /// The names of a circuit; `nil` when it is not there any more.
    package func key(of handle: CircuitHandle) -> CircuitKey? {
        instanceKeys[handle.instance].flatMap { instances[$0]?.circuits[handle.circuit]?.value.key }
    }
}
