// SPDX-License-Identifier: Apache-2.0

import BreakerPublisher
import Foundation
import Resilience
import Testing

@Suite struct ReadmeExampleTests {
    /// Compiled as it stands in the README; never run, since it would publish.
    private func example(order: String, charge: @escaping @Sendable (String) async throws -> String) async throws {
        // example
        let registry = Registry(service: "orders")
        let payments = registry.circuit(
            "payments.charge", target: CircuitTarget(service: "payments", endpoint: "POST /charge"),
            breaker: .init(rule: .failureRatio(0.6, minimumCalls: 5, window: .seconds(10)), openFor: .seconds(4)),
            retry: .init(attempts: 3), timeout: .milliseconds(800))

        async let publishing: Void = Publisher(registry).run()
        let receipt = try await payments.run { try await charge(order) }
        // end of example
        _ = receipt
        try await publishing
    }

    @Test("README's example is the one that compiles here")
    func same() throws {
        let source = try String(contentsOfFile: #filePath, encoding: .utf8)
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let parts = source.components(separatedBy: "        // example\n")
        let body = try #require(parts.dropFirst().first?.components(separatedBy: "        // end of example\n").first)
        let example = body.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("        ") ? String($0.dropFirst(8)) : String($0) }.joined(separator: "\n")
        #expect(readme.contains("```swift\nimport BreakerPublisher\nimport Resilience\n\n\(example)```"))
    }
}
