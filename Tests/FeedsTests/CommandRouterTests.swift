// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import Fleet
import TestSupport
import Testing

@testable import Feeds

@Suite("The way of a command", .timeLimit(.minutes(1)))
struct CommandRouterTests {
    private final class Owner: Sendable {}

    @Test("Sending and waiting for the answer share one time limit")
    func oneDeadline() async throws {
        let temporary = try TemporaryFolder()
        let claim = try SocketClaim.take(service: "s", instance: "1", in: SocketFolder.open(temporary.path))
        let boot = "00000000000000aa"
        // The clock is read before the sending, which then takes as long as may be, and after it.
        let start = ContinuousClock.now
        let readings = Shared([start, start + .seconds(3_600)])
        let router = CommandRouter(timeout: .seconds(3_600)) {
            readings.change { $0.count > 1 ? $0.removeFirst() : $0[0] }
        }
        let result = try await withListener(on: .claim(claim)) { _ in
            try await withConnection(to: .unix(path: claim.path)) { connection in
                let owner = Owner()
                router.open(boot, over: connection, owner: owner)
                defer { router.close(boot, owner: owner) }
                return await router.perform(Command(id: "c", boot: boot, circuit: 1, action: .clear))
            }
        }
        guard case .failure(let error) = result.outcome else {
            Issue.record("answered by nobody: \(result)")
            return
        }
        #expect(error.code == .noAnswer)
    }
}
