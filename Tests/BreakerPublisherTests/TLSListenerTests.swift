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
    private static func certificates() throws -> String {
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

    private func server(clients: Bool, admitsAnonymous: Bool = false) -> Publisher.Listener {
        let tls = Publisher.TLS(
            certificate: file("server.crt"), key: file("server.key"),
            clientAuthorities: clients ? file("authority.crt") : nil, admitsAnonymous: admitsAnonymous)
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
            $0.listeners = [server(clients: true, admitsAnonymous: true)]
            $0.operators.certificateNames = ["alice.example"]
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
            $0.listeners = [server(clients: true)]
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

    @Test("Too many are closed without a handshake, and nobody else waits for that")
    func full() async throws {
        try await PublishedService.run(FakeProvider()) {
            $0.listeners.append(server(clients: false))
            $0.maximumConnectionsPerClient = 1
        } _: { service in
            try await service.connectOverTCP(security: try client(nil)) { first in
                _ = try await first.begin()
                let start = ContinuousClock.now
                for _ in 1...40 {
                    // Says nothing itself, so that a handshake would never end.
                    try await service.connectOverTCP { second in #expect((try? await second.next()) == nil) }
                }
                // Waiting for a handshake or a goodbye would take a second and more each.
                #expect(ContinuousClock.now - start < .seconds(30))
                try await service.connect { local in _ = try await local.begin() }
            }
        }
    }

    @Test("Nobody may take as long as he likes for handshake and subscribe, and the rest is served meanwhile")
    func handshakeTime() async throws {
        try await PublishedService.run(FakeProvider()) {
            $0.listeners = [server(clients: false)]
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
