// SPDX-License-Identifier: Apache-2.0

import BreakerPublisher
import Glibc
import Logging
import Resilience

/// Services for `Benchmarks/screen`, all in this process, until the one that started it is gone:
///
///     screen-services FOLDER SERVICES CIRCUITS HERTZ PERCENT
///
/// So many services with so many circuits each, on Unix sockets in the folder, that give HERTZ (1 to 10) samples a second;
/// PERCENT of the circuits have calls between any two samples. Of a hundred of those, ten have failures now and then, and one is down.
@main
struct ScreenServices: Sendable {
    private struct Failure: Error {}

    private let circuits: [Circuit]
    private let active: [Int]
    private let hertz: Int

    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        let numbers = arguments.dropFirst().compactMap(Int.init)
        guard let folder = arguments.first, numbers.count == 4, (1...10).contains(numbers[2]) else {
            print("usage: screen-services FOLDER SERVICES CIRCUITS HERTZ PERCENT")
            exit(64)
        }
        let registries = (0..<numbers[0]).map { Registry(service: "service-\($0)", instance: "service-\($0)-1") }
        let services = Self(registries, circuits: numbers[1], hertz: numbers[2], percent: numbers[3])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for registry in registries {
                let configuration = Publisher.Configuration(
                    listeners: [.unix(folder: folder)], minimumInterval: 1_000 / Int64(numbers[2]))
                let publisher = Publisher(
                    registry, configuration: configuration,
                    logger: Logger(label: "screen-services") { _ in SwiftLogNoOpLogHandler() })
                group.addTask { try await publisher.run() }
            }
            group.addTask { try await services.call() }
            try await group.next()
            group.cancelAll()
        }
    }

    init(_ registries: [Registry], circuits count: Int, hertz: Int, percent: Int) {
        circuits = registries.flatMap { registry in
            (0..<count).map { number in
                registry.circuit(
                    "dependency.\(number)", target: CircuitTarget(service: "backend", endpoint: "GET /\(number)"))
            }
        }
        // The same circuits every time, spread over all services.
        active = circuits.indices.filter { ($0 + 1) * percent / 100 > $0 * percent / 100 }
        self.hertz = hertz
    }

    /// Calls every active circuit once or twice between two samples.
    private func call() async throws {
        let parent = getppid()
        let clock = ContinuousClock()
        var next = clock.now
        var turn = 0
        while getppid() == parent {
            for (number, index) in active.enumerated() {
                let fails = Self.fails(number, turn)
                for _ in 0...((number &+ turn) & 1) {
                    try? await circuits[index].run { if fails { throw Failure() } }
                }
            }
            turn &+= 1
            next = max(next + .seconds(1) / hertz, clock.now)
            try await Task.sleep(until: next)
        }
    }

    private static func fails(_ number: Int, _ turn: Int) -> Bool {
        switch number % 100 {
        case 0: true
        case 1...10: (turn &+ number) % 7 == 0
        default: false
        }
    }
}
