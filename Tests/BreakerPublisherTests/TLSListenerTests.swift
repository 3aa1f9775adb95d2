// SPDX-License-Identifier: Apache-2.0

#if TLS
import BreakerSockets
import BreakerTLS
import BreakerTelemetry
import BreakerWire
import Dispatch
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import BreakerPublisher

@Suite("A publisher over TLS", .timeLimit(.minutes(2)))
struct TLSListenerTests {
    private let folder: String

    init() async throws {
        folder = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try Self.certificates() }) }
        }
    }

    private static let made = Mutex<TemporaryFolder?>(nil)

    /// The folder of the certificates that Tests/EndToEnd/certificates.py makes, once for all tests.
    static func certificates() throws -> String {
        try made.withLock { made in
            if let made { return made.path }
            let folder = try TemporaryFolder()
            let tests = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
            let script = tests.joined(separator: "/") + "/EndToEnd/certificates.py"
            try #require(system("/usr/bin/python3 '\(script)' '\(folder.path)'") == 0)
            made = folder
            atexit { TLSListenerTests.made.withLock { $0 = nil } }
            return folder.path
        }
    }

    private func file(_ name: String) -> String { "\(folder)/\(name)" }

    private func server(
        authority: String? = nil, operators: Set<String> = [], admitsAnonymous: Bool = false
    ) -> Publisher.Listener {
        let tls = Publisher.TLS(
            certificate: file("server.crt"), key: file("server.key"),
            clientAuthorities: authority.map { file("\($0).crt") }, operators: operators,
            admitsAnonymous: admitsAnonymous)
        return .tcp(host: "127.0.0.1", port: 0, tls: tls)
    }

    private func client(_ name: String?) throws -> TLSClient {
        let files = TLSFiles(
            authorities: file("authority.crt"), certificate: name.map { file("\($0).crt") },
            key: name.map { file("\($0).key") })
        return try TLSClient(files: files, serverName: "localhost")
    }

    @Test("A listed certificate operates, another one observes, and so does who shows none where that is allowed")
    func roles() async throws {
        let provider = FakeProvider(circuits: 1)
        try await PublishedService.run(provider) {
            // Of the names, those of nobody's certificate are nobody's.
            let operators: Set = ["alice.example", "127.0.0.1", "address 127.0.0.1", "unknown", "ann"]
            $0.listeners = [server(authority: "authority", operators: operators, admitsAnonymous: true)]
        } _: { service in
            for (name, role) in [("client", Role.operator), ("client-common-name", .observer), (nil, .observer)] {
                try await service.connectOverTCP(security: try client(name)) { monitor in
                    let granted = try await monitor.begin().subscribed.role
                    #expect(granted == role)
                }
            }
            try await service.connectOverTCP(security: try client("client")) { monitor in
                _ = try await monitor.begin()
                try await monitor.send(.command(.sample()))
                #expect(try await monitor.audit(of: Command.sample().id).principal == "certificate alice.example")
            }
            #expect(provider.performed.count == 1)
        }
    }

    @Test("Where authorities are named, nobody comes in without a certificate; nor in plain text")
    func required() async throws {
        let provider = FakeProvider(circuits: 1)
        try await PublishedService.run(provider) {
            $0.listeners = [server(authority: "authority")]
            $0.subscribeTime = 5_000
        } _: { service in
            for security in [try client(nil), nil] {
                await #expect(throws: (any Error).self) {
                    try await service.connectOverTCP(security: security) { monitor in _ = try await monitor.begin() }
                }
            }
            #expect(provider.samples == 0)
            try await service.connectOverTCP(security: try client("client")) { monitor in
                let granted = try await monitor.begin().subscribed.role
                #expect(granted == .observer)
            }
        }
    }

    @Test(
        "The service's log says who was refused in the handshake and why",
        arguments: [
            (nil, "showed no certificate"), ("client-foreign", "not signed by an authority"),
            ("client-expired", "expired on"), ("plain", "does not speak TLS"),
        ] as [(String?, String)])
    func logOfRefusals(certificate: String?, words: String) async throws {
        try await PublishedService.run(FakeProvider(circuits: 1)) {
            $0.listeners = [server(authority: "authority")]
        } _: { service in
            let security = certificate == "plain" ? nil : try client(certificate)
            try? await service.connectOverTCP(security: security) { monitor in
                try await monitor.send(text: "GET / HTTP/1.1\r\n\r\n")
                while try await monitor.next() != nil {}
            }
            let refusal = "notice: a monitor was refused in the TLS handshake peer=address 127.0.0.1 reason="
            try await service.logged(refusal)
            let lines = service.log.value.filter { $0.hasPrefix(refusal) }
            #expect(lines[0].contains(words), "\(lines)")
        }
    }

    @Test("A name operates only where it is on the list: other authorities may have signed the same one")
    func otherAuthority() async throws {
        let provider = FakeProvider(circuits: 1)
        try await PublishedService.run(provider) {
            $0.listeners = [server(authority: "authority", operators: ["alice.example"])]
            $0.listeners.append(server(authority: "foreign"))
        } _: { service in
            for (port, name, role) in [(0, "client", Role.operator), (1, "client-foreign", .observer)] {
                try await service.connectOverTCP(to: port, security: try client(name)) { monitor in
                    let granted = try await monitor.begin().subscribed.role
                    #expect(granted == role)
                    guard role == .observer else { return }
                    try await monitor.send(.command(.sample()))
                    #expect(try await monitor.refusal(of: Command.sample().id).code == .notAllowed)
                }
            }
            #expect(provider.performed.isEmpty)
        }
    }

    @Test("Whose certificate expires while he is connected operates no longer, and is told why")
    func expiry() async throws {
        let provider = FakeProvider(circuits: 1)
        try await PublishedService.run(provider) {
            $0.listeners = [server(authority: "authority", operators: ["alice.example"])]
        } _: { service in
            try await service.connectOverTCP(security: try client("client")) { monitor in
                #expect(try await monitor.begin().subscribed.role == .operator)
                try await monitor.send(.command(.sample()))
                _ = try await monitor.audit(of: Command.sample().id)
                // Thirty-one days from now: the certificate has thirty.
                provider.set(wallClock: (Int64(time(nil)) + 31 * 86_400) * 1_000)
                let late = Command.sample(id: "00000000-0f6d-4b5e-9d59-1f2a3b4c5d6e")
                try await monitor.send(.command(late))
                let error = try await monitor.refusal(of: late.id)
                #expect(error.code == .notAllowed)
                #expect(error.message == "certificate alice.example has expired; renew it and connect again")
            }
            #expect(provider.performed.count == 1)
        }
    }

    @Test("However many connect and say nothing, on a TCP and a TLS port, operators come in, and so do others")
    func flood() async throws {
        try await PublishedService.run(FakeProvider(circuits: 1)) {
            $0.maximumConnections = 8
            $0.listeners.append(.tcp(host: "127.0.0.1", port: 0))
            $0.listeners.append(server(authority: "authority", operators: ["alice.example"]))
        } _: { service in
            let ports = [try await service.port(0), try await service.port(1)]
            let idle = ports.flatMap { port in (1...40).compactMap { _ in RawMonitor(port: port) } }
            defer { for monitor in idle { monitor.close() } }
            #expect(idle.count == 80)
            // Ten have room; until the rest are closed the flood is still coming in.
            while idle.count(where: \.isClosed) < 70 { try await Task.sleep(for: .milliseconds(2)) }
            try await service.connect { local in
                let role = try await local.begin().subscribed.role
                #expect(role == .operator)
            }
            try await service.connectOverTCP(to: 1, security: try client("client")) { remote in
                let role = try await remote.begin().subscribed.role
                #expect(role == .operator)
            }
            try await service.connectOverTCP { remote in _ = try await remote.begin() }
            try await service.logged("monitors are turned away")
        }
    }

    @Test("No flood from an operator's own address or process closes him, once it is known who he is")
    func floodOfNeighbours() async throws {
        try await PublishedService.run(FakeProvider(circuits: 1)) {
            $0.maximumConnections = 8
            $0.listeners.append(server(authority: "authority", operators: ["alice.example"]))
        } _: { service in
            let port = try await service.port()
            try await service.connect { local in
                _ = try await local.next()
                try await service.connectOverTCP(security: try client("client")) { remote in
                    // The hello: by then it is known who is there.
                    _ = try await remote.next()
                    let idle = (1...40).compactMap { _ in RawMonitor(port: port) }
                    let others = (1...40).compactMap { _ in RawMonitor(service.sockets[0]) }
                    defer { for monitor in idle + others { monitor.close() } }
                    while (idle + others).count(where: \.isClosed) < 72 { try await Task.sleep(for: .milliseconds(2)) }
                    try await remote.send(.subscribe(Subscribe(client: "test", interval: 100)))
                    let role = try await remote.first { if case .subscribed(let it) = $0 { it.role } else { nil } }
                    #expect(role == .operator)
                }
                try await local.send(.subscribe(Subscribe(client: "test", interval: 100)))
                try await local.first { if case .subscribed = $0 { () } else { nil } }
            }
        }
    }

    @Test("However many observe, an operator's certificate finds a place; one who observes is told why not")
    func reserve() async throws {
        try await PublishedService.run(FakeProvider(circuits: 1)) {
            $0.maximumConnections = 2
            $0.maximumConnectionsPerClient = 2
            $0.listeners = [.tcp(host: "127.0.0.1", port: 0)]
            $0.listeners.append(
                server(authority: "authority", operators: ["alice.example"], admitsAnonymous: true))
        } _: { service in
            try await service.connectOverTCP { first in
                _ = try await first.begin()
                try await service.connectOverTCP(to: 1, security: try client(nil)) { other in
                    let reason = try await other.whyTurnedAway()
                    #expect(reason.hasPrefix("1 monitors are connected"))
                }
                try await service.connectOverTCP(to: 1, security: try client("client")) { remote in
                    let role = try await remote.begin().subscribed.role
                    #expect(role == .operator)
                }
            }
        }
    }

    @Test("Nobody may take as long as he likes for handshake and subscribe, and the rest is served meanwhile")
    func handshakeTime() async throws {
        try await PublishedService.run(FakeProvider()) {
            $0.listeners = [server()]
            $0.subscribeTime = 2_000
        } _: { service in
            try await service.connectOverTCP { silent in
                try await service.connectOverTCP(security: try client(nil)) { other in _ = try await other.begin() }
                #expect((try? await silent.next()) == nil)
            }
            try await service.logged("did not finish the TLS handshake in time")
        }
    }
}
#endif
