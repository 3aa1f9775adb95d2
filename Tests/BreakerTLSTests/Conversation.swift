// SPDX-License-Identifier: Apache-2.0

#if TLS
import BreakerSockets
import TestSupport
import Testing

/// A service on a TCP port of this machine that echoes lines, with what it knows of those who came.
struct EchoService {
    let endpoint: Endpoint
    /// Who was served, in order.
    let peers = Shared<[Peer?]>([])
    /// Why connections ended with an error, in order.
    let errors = Shared<[String]>([])
    private let ended = Shared(0)

    /// Serves for as long as the body runs.
    @discardableResult
    static func with<Result: Sendable>(
        _ security: (any ConnectionSecurity)?, handshakeTime: Duration = .seconds(20),
        _ body: (EchoService) async throws -> Result
    ) async throws -> Result {
        try await withListener(on: .tcp(host: "127.0.0.1", port: 0, security: security)) { listener in
            let service = EchoService(endpoint: listener.endpoint)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await service.serve(listener, handshakeTime) }
                defer { group.cancelAll() }
                return try await body(service)
            }
        }
    }

    private func serve(_ listener: Listener, _ handshakeTime: Duration) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for try await incoming in listener {
                group.addTask {
                    do {
                        try await incoming.run(handshakeTime: handshakeTime) { connection in
                            peers.change { $0.append(connection.peer) }
                            for try await case .line(let line) in connection.lines {
                                try await connection.send(line + [0x0A])
                            }
                        }
                    } catch {
                        errors.change { $0.append("\(error)") }
                    }
                    ended.change { $0 += 1 }
                }
            }
        }
    }

    /// Connects, and says a line to hear it again.
    @discardableResult
    func visit(_ security: (any ConnectionSecurity)?) async throws -> Peer? {
        try await withConnection(to: endpoint, security: security, timeout: .seconds(20)) { connection in
            try await Self.exchange("hello", over: connection)
            return connection.peer
        }
    }

    static func exchange(_ text: String, over connection: LineConnection) async throws {
        try await connection.send(Array("\(text)\n".utf8))
        for try await line in connection.lines {
            #expect(line == .line(Array(text.utf8)))
            return
        }
        throw SocketError(.closed, "the connection ended")
    }

    /// Waits until so many connections have ended.
    func waitForEnds(_ count: Int) async throws {
        while ended.value < count { try await Task.sleep(for: .milliseconds(2)) }
    }
}

extension Peer {
    var certificate: PeerCertificate? {
        if case .certificate(let certificate) = self { certificate } else { nil }
    }
}
#endif
