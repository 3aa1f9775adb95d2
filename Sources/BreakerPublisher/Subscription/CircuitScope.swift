// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// The circuits that a subscriber asked for.
struct CircuitScope: Sendable {
    private let filter: String?
    // Only kept where there is a filter: circuits that passed it and are not gone.
    private var ids: Set<Int64> = []

    /// Circuits whose name contains `filter`; without one, all.
    init(filter: String? = nil) {
        self.filter = filter.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether a description is wanted; remembers the circuit by its number.
    mutating func admits(_ description: CircuitDescription) -> Bool {
        guard let filter else { return true }
        guard description.name.contains(filter) else { return false }
        if description.isGone { ids.remove(description.id) } else { ids.insert(description.id) }
        return true
    }

    func contains(_ id: Int64) -> Bool {
        filter == nil || ids.contains(id)
    }

    /// Whether an event is wanted: of the whole service, of a circuit that passes the filter, also after it went, and of one
    /// whose name nobody knows any more. Better one too many than one lost.
    func concerns(_ event: Event, _ board: DescriptionBoard) -> Bool {
        guard let filter, let circuit = event.circuit, !ids.contains(circuit) else { return true }
        return board.description(of: circuit)?.name.contains(filter) ?? true
    }
}
