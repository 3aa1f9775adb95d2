// SPDX-License-Identifier: Apache-2.0

import BreakerPublisher
import Foundation
import Logging
import Resilience
import ServiceLifecycle
import Testing
import UnixSignals

// Compiled as they stand in the README; never run, since they would publish.
@Suite struct ReadmeExampleTests {
    private func instrument(order: String, charge: @escaping @Sendable (String) async throws -> String) async throws {
        // example
        let registry = Registry(service: "orders")
        let payments = registry.circuit(
            "payments.charge", target: CircuitTarget(service: "payments", endpoint: "POST /charge"),
            breaker: .init(rule: .failureRatio(0.6, minimumCalls: 5, window: .seconds(10)), openFor: .seconds(4)),
            retry: .init(attempts: 3), timeout: .milliseconds(800))

        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Publisher(registry).run() }
            let receipt = try await payments.run { try await charge(order) }
            print(receipt)
            group.cancelAll()
        }
        // end of example
    }

    private func shutDown(registry: Registry, server: any Service) async throws {
        // example
        let services = ServiceGroup(
            services: [Publisher(registry), server], gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "orders"))
        try await services.run()
        // end of example
    }

    @Test(
        "README's examples are those that compile here",
        arguments: [(0, ["BreakerPublisher", "Resilience"]), (1, ["Logging", "ServiceLifecycle", "UnixSignals"])])
    func same(number: Int, modules: [String]) throws {
        let source = try String(contentsOfFile: #filePath, encoding: .utf8)
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let parts = source.components(separatedBy: "        // example\n")
        let part = try #require(parts.dropFirst(number + 1).first)
        let body = try #require(part.components(separatedBy: "        // end of example\n").first)
        let example = body.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("        ") ? String($0.dropFirst(8)) : String($0) }.joined(separator: "\n")
        let imports = modules.map { "import \($0)\n" }.joined()
        #expect(readme.contains("```swift\n\(imports)\n\(example)```"))
    }
}
