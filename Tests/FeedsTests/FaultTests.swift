// SPDX-License-Identifier: Apache-2.0

import BreakerPublisher
import BreakerSockets
import BreakerTelemetry
import Feeds
import Fleet
import Resilience
import TestSupport
import Testing

/// What a peer says, and words of what its source then tells.
struct Fault: Sendable {
    var says: String
    var words: String

    static let start = ScriptedService.hello() + ScriptedService.subscribed
    private static let circuit = ScriptedService.circuit(1, name: "c")

    static let all = [
        Fault(says: "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", words: "not a metrics socket"),
        Fault(says: String(repeating: "x", count: 200_000), words: "socket: a line is longer than 65536 bytes"),
        Fault(says: ScriptedService.hello(columns: #""state""#), words: "id"),
        Fault(says: ScriptedService.hello(columns: #""id","id""#), words: "twice"),
        Fault(says: start + circuit + ScriptedService.sample(up: 1, rows: "[1,2]"), words: "skipped"),
        Fault(says: start + ScriptedService.sample(up: 1, rows: "[]"), words: "skipped"),
        Fault(says: start + circuit + ScriptedService.circuit(1, name: "d"), words: "was “c” and is “d” now"),
        Fault(says: start + ScriptedService.sample(up: 9) + ScriptedService.sample(up: 8), words: "“up_ms” went back"),
        Fault(says: start + String(repeating: "x", count: 200_000) + "\n", words: "skipped: a line is longer"),
        Fault(says: start + String(repeating: "{}\n", count: 200), words: "lines could not be read"),
    ]
}

@Suite("Peers that are not as they should be", .timeLimit(.minutes(1)))
struct FaultTests {
    private let temporary: TemporaryFolder

    init() throws { temporary = try TemporaryFolder() }

    /// Follows a peer that misbehaves beside a good service, which must be followed all the same.
    private func beside(
        _ script: @escaping @Sendable (LineConnection) async throws -> Void,
        _ body: (FleetProbe) async throws -> Void
    ) async throws {
        let folder = try SocketFolder.open(temporary.path)
        let claim = try SocketClaim.take(service: "a-peer", instance: "1", in: folder)
        let registry = Registry(service: "orders", instance: "1")
        let circuit = registry.circuit("payment")
        let publisher = Publisher(
            registry, configuration: .init(listeners: [.unix(folder: temporary.path)], minimumInterval: 10))
        let feed = TargetsFeed(
            targets: [.folder(path: temporary.path)], client: "test/1", interval: 10, scanInterval: .milliseconds(5))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await publisher.run() }
            try await ScriptedService.run(on: .claim(claim), script: script) { _ in
                try await FleetProbe.run(feed) { probe in
                    try await body(probe)
                    try await circuit.run {}
                    await probe.until { fleet in
                        fleet["orders.1.sock"]?.phase == .ready
                            && fleet.circuits().contains { $0.key.name == "payment" && $0.row[.calls] == 1 }
                    }
                }
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test("What it did is said in clear words", arguments: Fault.all)
    func faults(fault: Fault) async throws {
        try await beside {
            try await $0.say(andListen: fault.says)
        } _: { probe in
            // Of some faults the first words are not the last.
            await probe.until { $0["a-peer.1.sock"]?.health.trouble?.reason.contains(fault.words) == true }
        }
    }

    @Test("A line without an end is no fact, and holds up nobody")
    func stalled() async throws {
        try await beside {
            try await $0.say(andListen: Fault.start + #"{"type":"circuit","id":1,"na"#)
        } _: { probe in
            await probe.until { if case .subscribed = $0["a-peer.1.sock"]?.phase { true } else { false } }
        }
    }

    @Test("A flood of events and of complaints waits in its socket, and what is kept of it is bounded")
    func flood() async throws {
        let event = #"{"type":"event","t":1,"up_ms":1,"seq":1,"circuit":1,"kind":"config"}"# + "\nnonsense\n"
        let flood = String(repeating: event, count: 500)
        try await beside { connection in
            try await connection.say(Fault.start)
            while true { try await connection.say(flood) }
        } _: { probe in
            let fleet = await probe.until { $0.events.total > 10 * RecentEvents.capacity }
            #expect(fleet.events.all.count <= 2 * RecentEvents.capacity)
        }
    }
}
