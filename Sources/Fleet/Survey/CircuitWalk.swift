// SPDX-License-Identifier: Apache-2.0

/// A way past all circuits that is gone in steps, between which keys are answered and facts taken.
///
/// It begins with the processes that there are, by name; of each it sees the circuits that there are when it comes by, by
/// number: sums and whatever is bounded come out the same each time.
struct CircuitWalk: Sendable {
    /// The circuits that there were when it began.
    let count: Int
    /// The processes not visited yet, the next one last.
    private var places: [(key: InstanceKey, rank: Int)]
    private var place: (key: InstanceKey, rank: Int)?
    /// The circuits not visited yet of the process that is being visited.
    private var circuits: ArraySlice<Int64> = []

    init(of fleet: FleetModel) {
        count = fleet.instances.values.reduce(0) { $0 + $1.circuits.count }
        let keys = fleet.instances.keys.sorted()
        places = zip(keys, keys.indices).map { ($0, $1) }.reversed()
    }

    var isOver: Bool { place == nil && places.isEmpty }

    /// Goes on, past at most so many circuits.
    ///
    /// - Parameter visit: takes a circuit, its process, and the place of that among all processes.
    mutating func step(over fleet: FleetModel, circuits count: Int, _ visit: (CircuitView, Instance, Int) -> Void) {
        var left = max(1, count)
        while left > 0 {
            if circuits.isEmpty {
                guard let next = places.popLast() else {
                    place = nil
                    break
                }
                place = next
                circuits = fleet.instances[next.key].map { $0.circuits.keys.sorted()[...] } ?? []
                // A process without circuits is work too.
                left -= 1
            }
            guard let place, let instance = fleet.instances[place.key] else {
                circuits = []
                continue
            }
            let view = fleet.view(of: instance)
            for id in circuits.prefix(left) {
                guard let circuit = instance.circuits[id] else { continue }
                visit(fleet.view(of: circuit, in: instance, view), instance, place.rank)
            }
            let visited = min(left, circuits.count)
            circuits = circuits.dropFirst(visited)
            left -= visited
        }
        if circuits.isEmpty && places.isEmpty { place = nil }
    }
}
