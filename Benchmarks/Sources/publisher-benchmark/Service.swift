// SPDX-License-Identifier: Apache-2.0

import BreakerPublisher
import Foundation
import Logging
import Resilience

/// A service with so many circuits, of which a share has a call in every tick of 50 ms.
struct Service: Sendable {
    let socket: String
    private let circuits: [Circuit]
    private let publisher: Publisher
    private let callsPerSecond: Int

    /// - Parameter callsPerSecond: of each circuit; 0 = nothing ever changes.
    init(circuits count: Int, callsPerSecond: Int) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "bt-\(getpid())").path()
        let registry = Registry(service: "benchmark", instance: "\(count)-\(callsPerSecond)")
        circuits = (1...count).map { number in
            registry.circuit(
                "dependency.\(number)", target: CircuitTarget(service: "dependency", endpoint: "GET /\(number)"),
                tags: ["team": "checkout"])
        }
        let configuration = Publisher.Configuration(
            listeners: [.unix(folder: folder)], maximumConnections: 200, maximumConnectionsPerClient: 200)
        publisher = Publisher(
            registry, configuration: configuration,
            logger: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() })
        self.callsPerSecond = callsPerSecond
        socket = "\(folder)/benchmark.\(count)-\(callsPerSecond).sock"
    }

    func run(_ body: @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await publisher.run() }
            group.addTask { try await call() }
            while !FileManager.default.fileExists(atPath: socket) { try await Task.sleep(for: .milliseconds(10)) }
            try await body()
            group.cancelAll()
            do { try await group.waitForAll() } catch is CancellationError {}
        }
    }

    private func call() async throws {
        guard callsPerSecond > 0 else { return }
        while true {
            for circuit in circuits { try await circuit.run {} }
            try await Task.sleep(for: .seconds(1) / callsPerSecond)
        }
    }
}
