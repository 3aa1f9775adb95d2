// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import BreakerWire
import Glibc
import Resilience
import TestSupport
import Testing

@testable import BreakerPublisher

@Suite("A publisher on its socket", .timeLimit(.minutes(1)))
struct PublisherTests {
    private static let id = "6f1c0f6e-0f6d-4b5e-9d59-1f2a3b4c5d6e"

    @Test("A monitor gets the whole picture, then what changes")
    func conversation() async throws {
        let provider = FakeProvider(circuits: 3)
        try await PublishedService.run(provider) { service in
            try await service.connect { monitor in
                let (hello, subscribed) = try await monitor.begin()
                #expect(hello.identity == provider.identity)
                #expect(hello.columns.first == "id")
                #expect(subscribed.interval == 100)
                #expect(subscribed.role == .operator)
                provider.change(2) { $0[.calls] = 7 }
                let row = try await monitor.first { message in
                    guard case .sample(let sample) = message else { return CircuitRow?.none }
                    return sample.rows.first
                }
                #expect(row.id == 2 && row[.calls] == 7)
                let seq = provider.append(circuit: 1)
                let event = try await monitor.first { if case .event(let event, false) = $0 { event } else { nil } }
                #expect(event.seq == seq)
            }
        }
    }

    @Test("An endless line is one line, however often it is complained about")
    func endlessLine() async throws {
        try await PublishedService.run(FakeProvider(circuits: 1)) { service in
            try await service.connect { monitor in
                _ = try await monitor.begin()
                let limit = WireLimits.lineBytes
                func complaint() async throws -> ErrorMessage {
                    try await monitor.first { if case .error(let error) = $0 { error } else { nil } }
                }
                let piece = String(repeating: "x", count: 16 * limit)
                for _ in 0..<4 { try await monitor.send(text: piece) }
                for _ in 0..<3 {
                    let error = try await complaint()
                    #expect(error.code == "line_too_long" && error.line == 2)
                }
                try await monitor.send(text: "\n{}\n")
                var last = try await complaint()
                while last.code == "line_too_long" { last = try await complaint() }
                #expect(last.line == 3, "\(last)")
            }
        }
    }

    @Test("An operator's command is done once, answered twice, seen by all and logged")
    func command() async throws {
        let provider = FakeProvider(circuits: 1)
        try await PublishedService.run(provider) { service in
            try await service.connect { watcher in
                _ = try await watcher.begin()
                try await service.connect { monitor in
                    _ = try await monitor.begin()
                    let command = Command.sample(reason: "stop\u{1B}[31m\nit")
                    try await monitor.send(.command(command))
                    try await monitor.send(.command(command))
                    let first = try await monitor.result(of: Self.id)
                    let second = try await monitor.result(of: Self.id)
                    #expect(first == second)
                    #expect(try first.outcome.get() == 1)
                    #expect(provider.performed == [command])
                    try await monitor.send(.command(.sample(action: .reset)))
                    let third = try await monitor.result(of: Self.id)
                    #expect(throws: CommandError.self) { try third.outcome.get() }
                    #expect(provider.refused == [.idConflict])
                }
                let audit = try await watcher.audit(of: Self.id)
                #expect(audit.principal.hasPrefix("uid \(geteuid())"))
                #expect(audit.claimed == "ann")
            }
            let lines = service.log.value.filter { $0.hasPrefix("notice: command") }
            #expect(lines.count == 3)
            #expect(lines.first?.contains("action=force_open") == true)
            #expect(lines.first?.contains("claimed=ann") == true)
            #expect(lines.first?.contains("outcome=done") == true)
            #expect(lines.first?.contains("principal=uid \(geteuid())") == true)
            #expect(lines.first?.contains(#"stop\u{1b}[31m\u{a}it"#) == true)
            #expect(lines.last?.contains("outcome=refused: id_conflict") == true)
        }
    }

    @Test("An observer's command is refused, and everybody hears of it")
    func observer() async throws {
        let provider = FakeProvider(circuits: 1)
        try await PublishedService.run(provider) {
            $0.operators = .init(users: [geteuid() + 1])
        } _: { service in
            try await service.connect { watcher in
                _ = try await watcher.begin()
                try await service.connect { monitor in
                    #expect(try await monitor.begin().subscribed.role == .observer)
                    try await monitor.send(.command(.sample()))
                    let result = try await monitor.result(of: Self.id)
                    let error = #expect(throws: CommandError.self) { try result.outcome.get() }
                    #expect(error?.code == .notAllowed)
                    #expect(provider.performed.isEmpty)
                }
                #expect(try await watcher.audit(of: Self.id).refusal == .notAllowed)
            }
            #expect(service.log.value.contains { $0.contains("outcome=refused: not_allowed") })
        }
    }

    @Test(
        "Another boot's command and any command to a read-only publisher are refused",
        arguments: [
            (false, "00000000000000bb", CommandError.Code.wrongBoot), (true, "00000000000000aa", .readOnly),
        ]
    )
    func refused(isReadOnly: Bool, boot: String, code: CommandError.Code) async throws {
        let provider = FakeProvider(circuits: 1)
        try await PublishedService.run(provider) {
            $0.isReadOnly = isReadOnly
        } _: { service in
            try await service.connect { monitor in
                _ = try await monitor.begin()
                try await monitor.send(.command(.sample(boot: boot)))
                let result = try await monitor.result(of: Self.id)
                let error = #expect(throws: CommandError.self) { try result.outcome.get() }
                #expect(error?.code == code)
                #expect(provider.performed.isEmpty && provider.refused == [code])
            }
        }
    }

    @Test("A flood of commands is answered, a part of it done, and does not flood the event log")
    func flood() async throws {
        let provider = FakeProvider(circuits: 1)
        try await PublishedService.run(provider) { service in
            try await service.connect { monitor in
                _ = try await monitor.begin()
                var refused = 0
                for number in 100...399 {
                    let id = "6f1c0f6e-0f6d-4b5e-9d59-1f2a3b4c5\(number)"
                    try await monitor.send(.command(.sample(id: id)))
                    if case .failure(let error) = try await monitor.result(of: id).outcome {
                        #expect(error.code == .rateLimited)
                        refused += 1
                    }
                }
                #expect(refused > 0)
                #expect(provider.performed.count + refused == 300)
                #expect(provider.refused.count < refused)
            }
        }
    }

    @Test("A monitor that sends without end is read at its rate, and each of its commands is answered")
    func lineBudget() async throws {
        let provider = FakeProvider(circuits: 1)
        try await PublishedService.run(provider) { service in
            try await service.connect { monitor in
                _ = try await monitor.begin()
                let lines = LineBudget.burst + 2 * LineBudget.perSecond
                let ids = (1...lines).map { "6f1c0f6e-0f6d-4b5e-9d59-1f2a3b4\(10_000 + $0)" }
                let (start, connection) = (ContinuousClock.now, monitor.connection)
                async let sent: Void = connection.send(
                    ids.reduce(into: []) { MessageEncoder().append(.command(.sample(id: $1)), to: &$0) })
                for id in ids { _ = try await monitor.result(of: id) }
                try await sent
                // A slow machine only takes longer.
                #expect(ContinuousClock.now - start > .milliseconds(1_900))
                try await monitor.send(.detail([1]))
                try await monitor.event(provider.append())
            }
        }
    }

    @Test("A monitor that does not read gets the gap and the present rows afterwards, and delays nobody")
    func slowReader() async throws {
        let provider = FakeProvider(capacity: 64, circuits: 2_000)
        try await PublishedService.run(provider) {
            $0.minimumInterval = 10
            $0.patience = .seconds(60)
        } _: { service in
            try await service.connect { slow in
                _ = try await slow.begin(interval: 10)
                try await service.connect { quick in
                    _ = try await quick.begin(interval: 10)
                    // Far more than the kernel's buffers hold; `quick` sees each round at once.
                    for round in 1...100 as ClosedRange<Int64> {
                        for id in 1...2_000 as ClosedRange<Int64> { provider.change(id) { $0[.calls] = round } }
                        for _ in 1...100 { provider.append(circuit: 1) }
                        _ = try await quick.first { message in
                            guard case .sample(let sample) = message else { return Bool?.none }
                            return sample.rows.contains { $0[.calls] == round } ? true : nil
                        }
                    }
                }
                let newest = provider.append(circuit: 1)
                var (lost, rounds) = (Int64(0), Set<Int64>())
                var rows: [Int64: Int64] = [:]
                // The sample that is on its way when the last event comes may hold older rows; the one after it may
                // not.
                var (hasCaughtUp, ends) = (false, 0)
                try await slow.first { message in
                    switch message {
                    case .gap(let gap): lost += gap.to - gap.from + 1
                    case .event(let event, _): hasCaughtUp = hasCaughtUp || event.seq == newest
                    case .sample(let sample):
                        for row in sample.rows { rows[row.id] = row[.calls] }
                        rounds.formUnion(sample.rows.compactMap { $0[.calls] })
                        if hasCaughtUp, sample.isEnd { ends += 1 }
                        return ends == 2 ? () : nil
                    default: break
                    }
                    return nil
                }
                #expect(lost > 1_000)
                #expect(rounds.count < 100)
                #expect(rows.count == 2_000 && rows.values.allSatisfy { $0 == 100 })
            }
        }
    }

    @Test(
        "What is no subscribe is answered with an error and closed",
        arguments: [
            ("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "malformed"),
            ("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", "malformed"),
            ("\u{0}\u{1}\u{2}\n", "malformed"),
            ("\n", "malformed"),
            (#"{"type":"subscribe"}"# + "\n", "missing_field"),
            (String(repeating: "[", count: 1_000) + "\n", "malformed"),
            (String(repeating: "x", count: 70_000), "line_too_long"),
        ]
    )
    func garbage(text: String, code: String) async throws {
        try await PublishedService.run(FakeProvider(circuits: 1)) { service in
            try await service.connect { monitor in
                try await monitor.send(text: text)
                let error = try await monitor.error()
                #expect(error.code == code)
                #expect(error.line == 1)
                #expect((try? await monitor.next()) == nil)
            }
        }
    }

    @Test("A conversation cut into single bytes is the same conversation")
    func singleBytes() async throws {
        try await PublishedService.run(FakeProvider(circuits: 1)) { service in
            try await service.connect { monitor in
                var bytes: [UInt8] = []
                MessageEncoder().append(.subscribe(Subscribe(client: "test", interval: 100)), to: &bytes)
                for byte in String(decoding: bytes, as: UTF8.self).unicodeScalars {
                    try await monitor.send(text: String(byte))
                }
                try await monitor.first { if case .ready = $0 { () } else { nil } }
                try await monitor.send(text: String(repeating: "x", count: 100_000) + "\n{}\nnope")
                #expect(try await monitor.error().code == "line_too_long")
                #expect(try await monitor.error().line == 3)
            }
            // The unfinished line of a monitor that is gone troubles nobody.
            try await service.connect { monitor in _ = try await monitor.begin() }
        }
    }

    @Test("One monitor too many is told so and turned away; when another leaves there is room")
    func limit() async throws {
        try await PublishedService.run(FakeProvider(), configure: { $0.maximumConnections = 1 }) { service in
            try await service.connect { monitor in
                _ = try await monitor.begin()
                try await service.connect { second in
                    let reason = try await second.whyTurnedAway()
                    #expect(reason.hasPrefix("1 monitors are connected"))
                }
            }
            try await service.connectWhereThereIsRoom { monitor in _ = try await monitor.begin() }
        }
    }

    @Test("A subscriber that does not read is dropped when its time is over, and gives its place up")
    func dropped() async throws {
        let provider = FakeProvider(circuits: 1)
        try await PublishedService.run(provider) {
            $0.patience = .milliseconds(500)
            $0.maximumConnections = 1
        } _: { service in
            try await service.connect { stuck in
                _ = try await stuck.begin()
                provider.overflow()
                try await service.logged("a monitor was dropped")
                try await service.connectWhereThereIsRoom { next in _ = try await next.begin() }
                await #expect(throws: (any Error).self) { try await stuck.event(1_000) }
            }
        }
    }

    @Test(
        "Histograms come for the circuits that were asked for, once and when there were calls; a new list replaces the old"
    )
    func histograms() async throws {
        let provider = FakeProvider(circuits: 3)
        provider.record(1, microseconds: 100)
        provider.record(2, microseconds: 200)
        try await PublishedService.run(provider) { service in
            try await service.connect { monitor in
                try await monitor.send(.subscribe(Subscribe(client: "test", interval: 100, detail: [1, 3])))
                let first = try await monitor.first { if case .histogram(let told) = $0 { told } else { nil } }
                #expect(first.circuit == 1 && first.latency.total == 1)
                provider.record(1, microseconds: 100)
                let second = try await monitor.first { if case .histogram(let told) = $0 { told } else { nil } }
                #expect(second.circuit == 1 && second.latency.total == 2)
                try await monitor.send(.detail([2]))
                let third = try await monitor.first { if case .histogram(let told) = $0 { told } else { nil } }
                #expect(third.circuit == 2)
            }
        }
    }

    @Test("What must survive is made safe at the end, and not before")
    func flush() async throws {
        let provider = FakeProvider(circuits: 1)
        try await PublishedService.run(provider) { service in
            try await service.logged("publishing circuits")
            #expect(provider.flushes == 0)
        }
        #expect(provider.flushes == 1)
    }

    @Test("An override runs out in the service although every monitor is gone and no call comes")
    func expiry() async throws {
        let registry = Registry(service: "orders", instance: "1")
        let circuit = registry.circuit("charge")
        try await PublishedService.run(registry) { service in
            try await service.connect { monitor in
                _ = try await monitor.begin()
                let boot = registry.identity.boot
                try await monitor.send(
                    .command(
                        Command(
                            id: Self.id, boot: boot, circuit: circuit.id, action: .forceOpen, lifetime: .limited(50),
                            reason: "", claimed: "")))
                _ = try await monitor.result(of: Self.id)
            }
            var cause: OverrideChange.Cause?
            while cause != .expiry {
                try await Task.sleep(for: .milliseconds(5))
                for event in registry.events(after: 0, limit: .max).events {
                    if case .override(let change) = event.kind { cause = change.cause }
                }
            }
        }
    }

    @Test("A command that was decided upon another override than the present one is refused, and says whose that is")
    func staleRevision() async throws {
        let registry = Registry(service: "orders", instance: "1")
        let circuit = registry.circuit("charge")
        func command(_ number: Int, _ action: CommandAction, ifRevision revision: Int64) -> MonitorMessage {
            .command(
                Command(
                    id: "6f1c0f6e-0f6d-4b5e-9d59-1f2a3b4c5d6\(number)", boot: registry.identity.boot,
                    circuit: circuit.id,
                    action: action, lifetime: action.isForce ? .untilCleared : nil, reason: "", claimed: "ann",
                    ifOverrideRevision: revision))
        }
        try await PublishedService.run(registry) { service in
            try await service.connect { monitor in
                _ = try await monitor.begin()
                try await monitor.send(command(1, .forceOpen, ifRevision: 0))
                let done = try await monitor.result(of: "6f1c0f6e-0f6d-4b5e-9d59-1f2a3b4c5d61")
                #expect(throws: Never.self) { try done.outcome.get() }
                for (number, action) in [(2, CommandAction.clear), (3, .forceClosed), (4, .reset)] {
                    try await monitor.send(command(number, action, ifRevision: 0))
                    let error = try await monitor.refusal(of: "6f1c0f6e-0f6d-4b5e-9d59-1f2a3b4c5d6\(number)")
                    #expect(error.code == .overrideConflict)
                    #expect(error.message.contains("ann") && error.message.contains("revision 1"), "\(error.message)")
                    #expect(circuit.breaker.override.mode == .forcedOpen && circuit.breaker.override.revision == 1)
                }
                try await monitor.send(command(5, .clear, ifRevision: 1))
                #expect(try await monitor.audit(of: "6f1c0f6e-0f6d-4b5e-9d59-1f2a3b4c5d65").refusal == nil)
                #expect(circuit.breaker.override.mode == .none)
            }
        }
    }

    @Test("Cancellation says bye and leaves nothing behind")
    func orderlyEnd() async throws {
        let temporary = try TemporaryFolder()
        let provider = FakeProvider(circuits: 1)
        let publisher = Publisher(provider, configuration: .init(listeners: [.unix(folder: "\(temporary.path)/made")]))
        let service = PublishedService(folder: "\(temporary.path)/made", log: Shared([]))
        let (ready, isReady) = AsyncStream.makeStream(of: Void.self)
        let running = Task { try await publisher.run() }
        let reasons = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 1...3 {
                group.addTask {
                    // Also when it fails: then nobody is to wait for it.
                    defer { isReady.yield() }
                    return try await service.connect { monitor in
                        _ = try await monitor.begin()
                        isReady.yield()
                        return try await monitor.first { if case .bye(let reason) = $0 { reason } else { nil } }
                    }
                }
            }
            for await _ in ready.prefix(3) {}
            running.cancel()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(reasons == Array(repeating: "the publisher stops", count: 3))
        try await running.value
        #expect(service.sockets.isEmpty)
        #expect(!temporary.exists("made/orders.1.lock"))
    }

    @Test("Two publishers of one name live side by side")
    func twins() async throws {
        try await PublishedService.run(FakeProvider(circuits: 1), copies: 2) { service in
            try await service.connect(to: 1) { monitor in _ = try await monitor.begin() }
            try await service.connect(to: 0) { monitor in _ = try await monitor.begin() }
            #expect(service.sockets.map { $0.split(separator: "/").last } == ["orders.1.2.sock", "orders.1.sock"])
        }
    }

    @Test("Nobody watches, nothing is read")
    func idle() async throws {
        let provider = FakeProvider(circuits: 1)
        try await PublishedService.run(provider) { service in
            try await service.connect { monitor in
                _ = try await monitor.next()
                for _ in 1...100 { provider.append() }
            }
            #expect(provider.samples == 0)
        }
    }

    @Test("A folder that others may write to is not used, is told at error once, and does not end the service")
    func unsafeFolder() async throws {
        let temporary = try TemporaryFolder()
        chmod(temporary.path, 0o777)
        let provider = FakeProvider(circuits: 1)
        try await PublishedService.run(provider) {
            $0.listeners = [.unix(folder: temporary.path)]
        } _: { service in
            let refused = PublishedService(folder: temporary.path, log: service.log)
            try await service.logged("chmod go-w")
            #expect(refused.sockets.isEmpty)
            // Without any listener, overrides end all the same.
            while provider.advances < 2 { try await Task.sleep(for: .milliseconds(1)) }
            chmod(temporary.path, 0o700)
            try await refused.connect { monitor in _ = try await monitor.begin() }
            try await service.logged("notice: publishing circuits at=unix:\(temporary.path)")
            #expect(service.log.value.count { $0.hasPrefix("error:") } == 1)
        }
    }
}
