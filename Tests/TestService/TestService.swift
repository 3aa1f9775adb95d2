// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BreakerPublisher
import Foundation
import Logging
import Resilience
import ServiceLifecycle
import UnixSignals

/// A service as a team would write one, run by swift-service-lifecycle, for tests from outside its process.
@main
struct TestService: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "test-service")

    @Option var service = "orders"
    @Option(help: "Its number among the service's instances.") var number = 1
    @Option(help: "How many circuits, named c1, c2 and so on.") var circuits = 3
    @Option(help: "Calls a second of each circuit.") var rate = 50
    @Option(help: "How long a circuit stays open, in milliseconds.") var openMs = 1_000
    @Option(help: "A file with the names of the circuits whose calls fail, one a line.") var faults: String
    @Option(help: "Keep overrides in this file.") var overrides: String?
    @Option(help: "The Unix socket's group.") var group: String?
    @Flag(help: "No Unix socket.") var noUnix = false
    @Option(help: "Listen at this TCP port of 127.0.0.1.") var tcp: Int?
    @Option(help: "The address to listen at instead.") var host = "127.0.0.1"
    @Option var certificate: String?
    @Option var key: String?
    @Option var authorities: String?
    @Option(help: "A certificate's name that may operate.") var certificateOperator: [String] = []
    @Flag var readOnly = false

    func run() async throws {
        let logger = Logger(label: service)
        let registry = Registry(
            service: service, instance: "\(service)-\(number)",
            overrides: overrides.map { .kept(in: $0) } ?? .untilRestart)
        let publisher = Publisher(
            registry,
            configuration: .init(
                listeners: listeners(), isReadOnly: readOnly),
            logger: logger)
        let traffic = Traffic(
            circuits: (1...max(1, circuits)).map { number in
                registry.circuit(
                    "c\(number)", target: CircuitTarget(service: "backend", endpoint: "GET /\(number)"),
                    breaker: .init(
                        rule: .failureRatio(0.5, minimumCalls: 5, window: .seconds(2)), openFor: .milliseconds(openMs)))
            }, rate: rate, faults: faults)
        let group = ServiceGroup(
            configuration: .init(
                services: [publisher, traffic], gracefulShutdownSignals: [.sigterm], logger: logger))
        try await group.run()
    }

    private func listeners() -> [Publisher.Listener] {
        var listeners: [Publisher.Listener] = noUnix ? [] : [.unix(group: group)]
        if let tcp {
            let tls = certificate.flatMap { certificate in
                key.map {
                    Publisher.TLS(
                        certificate: certificate, key: $0, clientAuthorities: authorities,
                        operators: Set(certificateOperator))
                }
            }
            listeners.append(.tcp(host: host, port: tcp, tls: tls))
        }
        return listeners
    }
}

/// Calls every circuit again and again; a file says whose calls fail.
private struct Traffic: Service {
    let circuits: [Circuit]
    let rate: Int
    let faults: String

    private struct Failure: Error {}

    func run() async throws {
        let pause = Duration.seconds(1) / max(1, rate)
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let failing = Set(
                    ((try? String(contentsOfFile: faults, encoding: .utf8)) ?? "").split(separator: "\n").map(
                        String.init))
                for circuit in circuits {
                    try? await circuit.run { if failing.contains(circuit.name) { throw Failure() } }
                }
                try? await Task.sleep(for: pause)
            }
        }
    }
}
