// SPDX-License-Identifier: Apache-2.0

import BreakerPublisher
import BreakerSockets
import BreakerTelemetry
import Feeds
import Fleet
import Glibc
import Resilience
import TestSupport
import Testing

@Suite("From a service's breakers to a monitor and back", .timeLimit(.minutes(1)))
struct WholeWayTests {
    private struct Refused: Error {}

    private let temporary: TemporaryFolder

    init() throws { temporary = try TemporaryFolder() }

    private func feed(commandTimeout: Duration = .seconds(30)) -> TargetsFeed {
        TargetsFeed(
            targets: [.folder(path: temporary.path)], client: "test/1", interval: 10, scanInterval: .milliseconds(5),
            commandTimeout: commandTimeout)
    }

    /// Publishes a registry while a body runs.
    private func publish(
        _ registry: Registry, operators: Publisher.Operators = .init(), _ body: () async throws -> Void
    ) async throws {
        let publisher = Publisher(
            registry,
            configuration: .init(
                listeners: [.unix(folder: temporary.path)], operators: operators, minimumInterval: 10))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await publisher.run() }
            try await body()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func command(
        _ number: Int, _ registry: Registry, _ action: CommandAction, boot: String? = nil, reason: String = "leak"
    ) -> Command {
        Command(
            id: "6f1c0f6e-0f6d-4b5e-9d59-1f2a3b4c5\(100 + number)", boot: boot ?? registry.identity.boot, circuit: 1,
            action: action, lifetime: action.isForce ? .limited(60_000) : nil, reason: reason, claimed: "ann")
    }

    private func refusal(_ result: CommandResult) -> CommandError.Code? {
        if case .failure(let error) = result.outcome { error.code } else { nil }
    }

    @Test("A trip is seen with its reason, a forced open with its event, its row and its effect")
    func wholeWay() async throws {
        let registry = Registry(service: "orders", instance: "1")
        let circuit = registry.circuit("payment", breaker: .init(rule: .consecutiveFailures(3)))
        let feed = feed()
        try await publish(registry) {
            try await ObservationLog.run(feed) { log in
                #expect(try await log.greeting() == registry.identity)
                try await log.phase("ready")
                for _ in 1...3 { try? await circuit.run { throw Refused() } }
                let trip = try await log.event { kind in
                    if case .state(let change) = kind, change.to == .open { change.trip } else { nil }
                }
                #expect(trip.consecutiveFailed == 3)
                #expect(trip.errors.first?.type.contains("Refused") == true)
                #expect(try await log.row { $0.state == .open }[.failed] == 3)

                let result = await feed.perform(command(1, registry, .forceOpen))
                let seq = try result.outcome.get()
                #expect(seq > 0)
                let change = try await log.event { if case .override(let change) = $0 { change } else { nil } }
                #expect(change.to.mode == .forcedOpen && change.to.reason == "leak" && change.to.claimed == "ann")
                #expect(change.to.principal.hasPrefix("uid \(geteuid())"))
                try? await circuit.run {}
                _ = try await log.row { $0.overrideMode == .forcedOpen && $0[.rejectedForced] == 1 }

                #expect(await feed.perform(command(1, registry, .forceOpen)) == result)
                #expect(refusal(await feed.perform(command(1, registry, .reset))) == .idConflict)
                #expect(refusal(await feed.perform(command(2, registry, .clear))) == nil)
                _ = try await log.row { $0.overrideMode == OverrideMode.none && $0.state == .halfOpen }
            }
        }
    }

    @Test("A command for another boot goes nowhere; an observer's is refused, and every monitor hears of it")
    func refused() async throws {
        let registry = Registry(service: "orders", instance: "1")
        let circuit = registry.circuit("payment")
        let (first, second) = (feed(), feed())
        try await publish(registry, operators: .init(users: [geteuid() + 1])) {
            try await ObservationLog.run(first) { log in
                try await log.phase("ready")
                try await ObservationLog.run(second) { other in
                    let mayOperate = try await other.first { observation in
                        if case .source(.subscribed(_, let mayOperate)) = observation.fact { mayOperate } else { nil }
                    }
                    #expect(!mayOperate)
                    let foreign = command(1, registry, .forceOpen, boot: "00000000000000bb")
                    #expect(refusal(await second.perform(foreign)) == .notConnected)
                    #expect(refusal(await second.perform(command(2, registry, .forceOpen))) == .notAllowed)
                }
                let audit = try await log.event { if case .command(let record) = $0 { record } else { nil } }
                #expect(audit.refusal == .notAllowed && audit.claimed == "ann")
                #expect(circuit.breaker.override.mode == .none)
            }
        }
    }

    @Test("An orderly stop is told from a loss, the socket's end is told, a restart is another boot at once")
    func restart() async throws {
        let feed = feed()
        try await ObservationLog.run(feed) { log in
            var boots: Set<String> = []
            for _ in 1...2 {
                let registry = Registry(service: "orders", instance: "1")
                try await publish(registry) {
                    #expect(try await log.greeting().boot == registry.identity.boot)
                    try await log.phase("ready")
                    boots.insert(registry.identity.boot)
                }
                try await log.phase("stopped", of: "orders.1.sock")
                #expect(refusal(await feed.perform(command(1, registry, .clear))) == .notConnected)
            }
            try await log.phase("removed", of: "orders.1.sock")
            #expect(boots.count == 2)
        }
    }

    @Test("A silent stranger, a babbler and a dead socket delay nobody, and are named in clear words")
    func strangers() async throws {
        let folder = try SocketFolder.open(temporary.path)
        let babbler = try SocketClaim.take(service: "a-babbler", instance: "1", in: folder)
        let silent = try SocketClaim.take(service: "a-silent", instance: "1", in: folder)
        // Bound and never listened on, as a killed process leaves it.
        let dead = try SocketClaim.take(service: "a-dead", instance: "1", in: folder)
        let registry = Registry(service: "orders", instance: "1")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await withListener(on: .claim(babbler)) { listener in
                    for try await incoming in listener {
                        try? await incoming.run { connection in
                            try await connection.send(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8))
                            for try await _ in connection.lines {}
                        }
                    }
                }
            }
            group.addTask {
                try await withListener(on: .claim(silent)) { listener in
                    for try await incoming in listener {
                        try? await incoming.run { connection in for try await _ in connection.lines {} }
                    }
                }
            }
            try await publish(registry) {
                try await ObservationLog.run(feed()) { log in
                    try await log.phase("ready", of: "orders.1.sock")
                    try await ObservationLog.run(feed()) { other in
                        let reason = try await other.first { observation in
                            if case .source(.lost(let reason)) = observation.fact { reason } else { nil }
                        }
                        #expect(reason.contains("not a metrics socket"))
                    }
                    #expect(!log.seen.contains { $0.source.name.contains("a-dead") })
                }
            }
            group.cancelAll()
            try? await group.waitForAll()
        }
        withExtendedLifetime(dead) {}
    }

    /// A service that greets, agrees and then leaves every command unanswered, or closes at the first one.
    private func deafService(closes: Bool, _ body: (TargetsFeed) async throws -> Void) async throws {
        let claim = try SocketClaim.take(service: "s", instance: "1", in: SocketFolder.open(temporary.path))
        let hello = """
            {"type":"hello","protocol":{"major":1,"minor":7},"service":"s","instance":"1","boot":"00000000000000aa",\
            "columns":["id","later_column"],"actions":["clear"]}
            {"type":"subscribed","interval_ms":10,"role":"operator","limits":{"line_bytes":65536,"commands_per_second":9}}
            {"type":"ready"}

            """
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await withListener(on: .claim(claim)) { listener in
                    for try await incoming in listener {
                        try? await incoming.run { connection in
                            try await connection.send(Array(hello.utf8))
                            var lines = connection.lines.makeAsyncIterator()
                            _ = try await lines.next()
                            while try await lines.next() != nil { if closes { return } }
                        }
                    }
                }
            }
            try await body(feed())
            group.cancelAll()
            try? await group.waitForAll()
        }
    }

    @Test("A connection that is lost before the answer is no answer, at once")
    func lostBeforeAnswer() async throws {
        let registry = Registry(service: "s", instance: "1")
        try await deafService(closes: true) { feed in
            try await ObservationLog.run(feed) { log in
                try await log.phase("ready")
                let command = command(1, registry, .clear, boot: "00000000000000aa")
                let result = await feed.perform(command)
                #expect(refusal(result) == .noAnswer)
                #expect("\(result.outcome)".contains("the connection was lost before the answer"))
            }
        }
    }

    @Test("Without an answer in time it is not known whether the command was done")
    func noAnswer() async throws {
        let registry = Registry(service: "s", instance: "1")
        try await deafService(closes: false) { _ in
            let feed = feed(commandTimeout: .milliseconds(20))
            try await ObservationLog.run(feed) { log in
                try await log.phase("ready")
                let command = command(1, registry, .clear, boot: "00000000000000aa")
                #expect(refusal(await feed.perform(command)) == .noAnswer)
            }
        }
    }
}
