// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import NIOCore
import TestSupport
import Testing

@Suite("Listening on TCP", .timeLimit(.minutes(1)))
struct TCPTests {
    /// Secures nothing, but is asked to.
    private struct Nothing: ConnectionSecurity {
        func secure(_ channel: any Channel) throws -> EventLoopFuture<PeerCertificate?> {
            channel.eventLoop.makeSucceededFuture(nil)
        }
    }

    @Test(
        "A port of this machine speaks lines, and knows the other side by address",
        arguments: ["127.0.0.1", "localhost"])
    func echo(host: String) async throws {
        let answer = try await withListener(on: .tcp(host: host, port: 0, security: nil)) { listener in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for try await incoming in listener {
                        let known = incoming.peer
                        try? await incoming.run { connection in
                            guard known == connection.peer else { return }
                            for try await case .line(let line) in connection.lines {
                                try await connection.send(line + Array(" \(connection.peer.debugDescription)\n".utf8))
                            }
                        }
                    }
                }
                defer { group.cancelAll() }
                return try await withConnection(to: listener.endpoint) { connection in
                    try await connection.send(Array("hello\n".utf8))
                    var lines = connection.lines.makeAsyncIterator()
                    return try await lines.next()
                }
            }
        }
        guard case .line(let line) = answer else {
            Issue.record("no answer")
            return
        }
        let text = String(decoding: line, as: UTF8.self)
        #expect(text.hasPrefix("hello") && (text.contains("127.0.0.1") || text.contains("::1")))
    }

    @Test(
        "An address that others reach is refused without security, in words",
        arguments: ["0.0.0.0", "::", "192.0.2.1", "::ffff:192.0.2.1", "128.0.0.1"])
    func insecure(host: String) async throws {
        let error = await #expect(throws: SocketError.self) {
            try await withListener(on: .tcp(host: host, port: 0, security: nil)) { _ in }
        }
        #expect(error?.code == .insecure)
        #expect(error?.message.contains(host) == true && error?.message.contains("TLS") == true)
    }

    @Test("An address that others reach may be listened on with security")
    func secured() async throws {
        try await withListener(on: .tcp(host: "0.0.0.0", port: 0, security: Nothing())) { _ in }
    }

    @Test("A port that is taken and a name that nobody knows are errors with words")
    func unavailable() async throws {
        try await withListener(on: .tcp(host: "127.0.0.1", port: 0, security: nil)) { listener in
            guard case .tcp(let host, let port) = listener.endpoint else { return }
            let error = await #expect(throws: SocketError.self) {
                try await withListener(on: .tcp(host: host, port: port, security: nil)) { _ in }
            }
            #expect(error?.message == "cannot listen on tcp:127.0.0.1:\(port): Address already in use")
        }
        let error = await #expect(throws: SocketError.self) {
            try await withListener(on: .tcp(host: "no such name", port: 0, security: nil)) { _ in }
        }
        #expect(error?.message.contains("'no such name'") == true)
    }

    @Test("A connection that is cut is over at once for both sides, also before it began", arguments: [false, true])
    func cut(isSecured: Bool) async throws {
        let security: (any ConnectionSecurity)? = isSecured ? Nothing() : nil
        try await withListener(on: .tcp(host: "127.0.0.1", port: 0, security: security)) { listener in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for try await incoming in listener {
                        incoming.cut()
                        incoming.cut()
                        try? await incoming.run { connection in for try await _ in connection.lines {} }
                    }
                }
                defer { group.cancelAll() }
                for _ in 1...20 {
                    try await withConnection(to: listener.endpoint) { connection in
                        var lines = connection.lines.makeAsyncIterator()
                        let heard = try? await lines.next()
                        #expect(heard == nil)
                    }
                }
            }
        }
    }
}
