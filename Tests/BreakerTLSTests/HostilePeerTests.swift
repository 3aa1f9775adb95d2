// SPDX-License-Identifier: Apache-2.0

#if TLS
import BreakerSockets
import BreakerTLS
import TestSupport
import Testing

@Suite("Peers that do not speak TLS as they should", .timeLimit(.minutes(1)))
struct HostilePeerTests {
    @Test(
        "Plain text on the TLS port is refused in words",
        arguments: ["GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", #"{"type":"hello"}"# + "\n", "\n\n\n\n\n\n\n\n"])
    func plainText(text: String) async throws {
        try await EchoService.with(try TestCertificates.server()) { service in
            try await withConnection(to: service.endpoint) { connection in
                try await connection.send(Array(text.utf8))
                do { for try await _ in connection.lines {} } catch {}
            }
            try await service.waitForEnds(1)
            #expect(service.errors.value.first?.hasSuffix(" does not speak TLS") == true, "\(service.errors.value)")
        }
    }

    @Test("A port without TLS is named as one", arguments: [true, false])
    func plainPort(speaksFirst: Bool) async throws {
        try await withListener(on: .tcp(host: "127.0.0.1", port: 0, security: nil)) { listener in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for try await incoming in listener {
                        try? await incoming.run { connection in
                            if speaksFirst { try await connection.send(Array("{\"type\":\"hello\"}\n".utf8)) }
                            for try await _ in connection.lines { break }
                            try await connection.send(Array("{\"type\":\"error\"}\n".utf8))
                        }
                    }
                }
                defer { group.cancelAll() }
                let client = try TestCertificates.client()
                let error = await #expect(throws: SocketError.self) {
                    // Its greeting holds a line feed seldom; then nobody answers, and the time is over.
                    try await withConnection(to: listener.endpoint, security: client, timeout: .milliseconds(300)) {
                        _ in
                    }
                }
                let words = error?.message ?? ""
                #expect(words.hasSuffix("is no TLS port") || !speaksFirst && words.hasSuffix("in time"), "\(words)")
            }
        }
    }

    /// The head of a record of 512 bytes, of which some come.
    private static let halfRecord: [UInt8] =
        [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC] + .init(repeating: 3, count: 90)

    @Test("A handshake that stalls ends in time", arguments: [[], halfRecord])
    func stalls(bytes: [UInt8]) async throws {
        try await EchoService.with(try TestCertificates.server(), handshakeTime: .milliseconds(100)) { service in
            try await withConnection(to: service.endpoint) { connection in
                if !bytes.isEmpty { try await connection.send(bytes) }
                do { for try await _ in connection.lines {} } catch {}
            }
            try await service.waitForEnds(1)
            #expect(service.errors.value.first?.hasSuffix("did not finish the TLS handshake in time") == true)
        }
    }

    @Test("A connection that ends in its handshake is told as that", arguments: [[], halfRecord])
    func ends(bytes: [UInt8]) async throws {
        try await EchoService.with(try TestCertificates.server()) { service in
            try await withConnection(to: service.endpoint) { connection in
                if !bytes.isEmpty { try await connection.send(bytes) }
            }
            try await service.waitForEnds(1)
            let words = "closed the connection in the middle of the TLS handshake"
            #expect(service.errors.value.first?.hasSuffix(words) == true, "\(service.errors.value)")
        }
    }

    @Test("A peer that floods a handshake is cut off at once")
    func floods() async throws {
        try await EchoService.with(try TestCertificates.server()) { service in
            let megabyte = Self.halfRecord + .init(repeating: 0x16, count: 1 << 20)
            let error = await #expect(throws: SocketError.self) {
                try await withConnection(to: service.endpoint) { connection in
                    while true { try await connection.send(megabyte) }
                }
            }
            #expect(error?.code == .closed)
            try await service.waitForEnds(1)
            #expect(service.errors.value.count == 1)
        }
    }
}
#endif
