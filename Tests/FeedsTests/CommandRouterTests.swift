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
                router.open(boot, over: connection, mayOperate: true, owner: owner)
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

    private static let boot = "00000000000000aa"

    /// Connections by name to a service that notes the name of each over which it hears something.
    private func withConnections(
        _ router: CommandRouter, heard: Shared<[String]>,
        _ body: @Sendable ([(connection: LineConnection, owner: Owner)]) async throws -> Void
    ) async throws {
        let names = ["older", "newer", "observer"]
        let owners = names.map { _ in Owner() }
        try await ScriptedService.run(on: .tcp(host: "127.0.0.1", port: 0, security: nil)) { connection in
            var name = ""
            for try await case .line(let line) in connection.lines {
                let text = String(decoding: line, as: UTF8.self)
                guard let index = names.firstIndex(of: name) else {
                    name = text
                    continue
                }
                heard.change { $0.append(names[index]) }
                let result = CommandResult(id: "c", outcome: .success(1))
                router.answer(result, from: Self.boot, owner: owners[index])
            }
        } _: { endpoint in
            try await withConnection(to: endpoint) { older in
                try await withConnection(to: endpoint) { newer in
                    try await withConnection(to: endpoint) { observer in
                        let connections = [older, newer, observer]
                        for (name, connection) in zip(names, connections) { try await connection.say(name + "\n") }
                        try await body(Array(zip(connections, owners)))
                    }
                }
            }
        }
    }

    @Test("A command takes the newest way that may operate, and another one once that is closed")
    func ways() async throws {
        let heard = Shared<[String]>([])
        let router = CommandRouter(timeout: .seconds(50))
        try await withConnections(router, heard: heard) { ways in
            for (index, way) in ways.enumerated() {
                router.open(Self.boot, over: way.connection, mayOperate: index < 2, owner: way.owner)
            }
            let command = Command(id: "c", boot: Self.boot, circuit: 1, action: .clear)
            for index in [1, 0, 2] {
                let result = await router.perform(command)
                #expect(result.outcome == .success(1))
                router.close(Self.boot, owner: ways[index].owner)
            }
            #expect(heard.value == ["newer", "older", "observer"])
            guard case .failure(let error) = await router.perform(command).outcome else {
                Issue.record("answered by nobody")
                return
            }
            #expect(error.code == .notConnected)
        }
    }

    @Test("An answer counts only from the connection that was asked")
    func answers() async throws {
        let router = CommandRouter(timeout: .milliseconds(200))
        try await withConnections(router, heard: Shared([])) { ways in
            // What is heard over the first connection is answered as its owner's, who is not the one that was asked.
            router.open(Self.boot, over: ways[0].connection, mayOperate: true, owner: ways[1].owner)
            let result = await router.perform(Command(id: "c", boot: Self.boot, circuit: 1, action: .clear))
            #expect(result.outcome != .success(1))
        }
    }

    @Test("Who still speaks for a boot is told what is wished once the newer connection ended")
    func wishes() async throws {
        let heard = Shared<[String]>([])
        try await withConnections(CommandRouter(timeout: .seconds(1)), heard: heard) { ways in
            let wishes = DetailWishes()
            await wishes.open(Self.boot, over: ways[0].connection, owner: ways[0].owner)
            await wishes.open(Self.boot, over: ways[1].connection, owner: ways[1].owner)
            await wishes.wish([DetailedCircuit(boot: Self.boot, circuit: 1)])
            while heard.value.count < 1 { try await Task.sleep(for: .milliseconds(1)) }
            await wishes.close(Self.boot, owner: ways[1].owner)
            while heard.value.count < 2 { try await Task.sleep(for: .milliseconds(1)) }
            #expect(heard.value == ["newer", "older"])
        }
    }
}
