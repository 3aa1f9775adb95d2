// SPDX-License-Identifier: Apache-2.0

import BreakerPublisher
import Glibc
import Resilience

/// The publishers of a process that only serves.
struct Services: Sendable {
    let folder: String
    let workload: Workload

    init(_ arguments: ArraySlice<String>) {
        let numbers = arguments.compactMap(Int.init)
        folder = arguments.first ?? "."
        workload = Workload(services: numbers[0], circuits: numbers[1], seconds: 0, calls: numbers[2])
    }

    /// Publishes until the process that started this one is gone.
    func run() async throws {
        let registries = (0..<workload.services).map { Registry(service: "service-\($0)", instance: "1") }
        let circuits = registries.flatMap { registry in
            (0..<workload.circuits).map { registry.circuit("circuit-\($0)") }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for registry in registries {
                let publisher = Publisher(registry, configuration: .init(listeners: [.unix(folder: folder)]))
                group.addTask { try await publisher.run() }
            }
            group.addTask { try await Self.call(circuits, perSecond: workload.calls) }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Spreads calls evenly over the circuits, ten times a second.
    private static func call(_ circuits: [Circuit], perSecond calls: Int) async throws {
        let parent = getppid()
        var next = 0
        while getppid() == parent {
            for _ in 0..<calls / 10 {
                try await circuits[next].run {}
                next = (next + 1) % circuits.count
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
