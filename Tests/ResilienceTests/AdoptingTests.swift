// SPDX-License-Identifier: Apache-2.0

import Resilience
import ResilienceTesting
import Synchronization
import TestSupport
import Testing

/// The examples of “Adopting in a service”, as they stand there.
@Suite("Adopting in a service", .timeLimit(.minutes(1)))
struct AdoptingTests {
    private struct Order: Sendable {}
    private struct InvalidOrder: Error {}

    private struct Receipt: Sendable, Equatable {
        var isPending = false
        static func pending(_ order: Order) -> Receipt { Receipt(isPending: true) }
    }

    private struct Payments: Sendable {
        var isDown = false

        func charge(_ order: Order) async throws -> Receipt {
            if isDown { throw ScriptedError("payments is down") }
            return Receipt()
        }
    }

    private let order = Order()

    @Test("Wrap a call")
    func wrap() async throws {
        let payments = Payments()
        let registry = Registry(service: "orders")
        let charge = registry.circuit(
            "payment.charge",
            target: .init(service: "payments", endpoint: "POST /charge"),
            retry: .init(attempts: 2),
            timeout: .milliseconds(800)
        )
        let receipt = try await charge.run { try await payments.charge(order) }
        #expect(!receipt.isPending)
    }

    @Test("Answer when it fails")
    func answer() async {
        let payments = Payments(isDown: true)
        let clock = ManualClock()
        let registry = Registry(service: "orders", timeline: clock.timeline)
        let charge = registry.circuit("payment.charge")
        let receipt = await charge.run {
            try await payments.charge(order)
        } fallback: { _ in
            Receipt.pending(order)
        }
        #expect(receipt.isPending)
    }

    @Test("Say what a failure is, log changes of state")
    func classifyAndLog() async throws {
        let breaker = CircuitBreaker.Configuration(
            rule: .consecutiveFailures(5),
            classify: { error in error is InvalidOrder || error is CancellationError ? .ignored : .failure },
            redact: { text in text.replacing(/card=\d+/, with: "card=…") }
        )
        let recorder = LineRecorder()
        let registry = Registry(service: "orders")
        registry.onEvent { event in
            guard case .state(let change) = event.kind else { return }
            recorder.log("circuit \(event.circuit ?? 0): \(change.from.rawValue) → \(change.to.rawValue)")
        }
        let charge = registry.circuit("payment.charge", breaker: breaker)
        for _ in 1...9 { try? await charge.run { throw InvalidOrder() } }
        #expect(charge.breaker.state == .closed)
        for _ in 1...5 { try? await charge.run { throw ScriptedError("card=4711 declined") } }
        #expect(recorder.all == ["circuit 1: closed → open"])
        #expect(charge.describe().trip?.errors.map(\.message) == ["card=… declined"])
    }

    @Test("Keep overrides over a restart")
    func keepOverrides() async throws {
        let folder = try TemporaryFolder()
        let report = LineRecorder()
        let registry = Registry(
            service: "orders",
            overrides: .kept(in: "\(folder.path)/overrides.json", report: { report.log("\($0)") })
        )
        try registry.circuit("payment.charge").breaker.forceOpen(for: .seconds(60))
        await registry.flush()
        #expect(folder.exists("overrides.json"))
        #expect(report.all.isEmpty)
    }

    @Test("Compose by hand")
    func compose() async throws {
        let payments = Payments()
        let receipt = try await withPolicies(Retry(), CircuitBreaker("payments"), Timeout(.seconds(1))) {
            try await payments.charge(order)
        }
        #expect(!receipt.isPending)
    }

    private final class LineRecorder: Sendable {
        private let lines = Mutex<[String]>([])
        func log(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }
}
