// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Feeds
import Fleet
import TestSupport
import Testing

@Suite("Many services at once", .timeLimit(.minutes(2)))
struct ManyServicesTests {
    @Test("Two hundred services of fifty circuits each are all followed, and all told apart")
    func all() async throws {
        let temporary = try TemporaryFolder()
        let folder = try SocketFolder.open(temporary.path)
        let (services, circuits) = (200, 50)
        let descriptions = (1...circuits).map { ScriptedService.circuit($0, name: "c\($0)") }.joined()
        let rows = (1...circuits).map { "[\($0)]" }.joined(separator: ",")
        let end = ScriptedService.sample(up: 1, rows: rows) + ScriptedService.ready
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<services {
                let claim = try SocketClaim.take(service: "s\(number)", instance: "1", in: folder)
                let digits = String(number, radix: 16)
                let boot = String(repeating: "0", count: 16 - digits.count) + digits
                let text = ScriptedService.hello(service: "s\(number)", boot: boot) + ScriptedService.subscribed
                group.addTask {
                    try await ScriptedService.run(on: .claim(claim)) {
                        try await $0.say(andListen: text + descriptions + end)
                    } _: { _ in
                        try await Task.sleep(for: .seconds(3_600))
                    }
                }
            }
            let feed = TargetsFeed(targets: [.folder(path: temporary.path)], client: "test/1", interval: 60_000)
            try await FleetProbe.run(feed) { probe in
                let fleet = await probe.until { fleet in
                    fleet.sources.count == services && fleet.sources.values.allSatisfy { $0.phase == .ready }
                }
                #expect(fleet.instances.count == services)
                #expect(fleet.circuits().count == services * circuits)
            }
            group.cancelAll()
            try? await group.waitForAll()
        }
    }
}
