// SPDX-License-Identifier: Apache-2.0

#if TLS
import BreakerSockets
import BreakerTLS
import TestSupport
import Testing

@Suite("TLS handshakes", .timeLimit(.minutes(1)))
struct HandshakeTests {
    @Test("In mutual TLS each side knows the other's names and when its certificate ends")
    func mutual() async throws {
        let server = try TestCertificates.server(clients: .required)
        try await EchoService.with(server) { service in
            let peer = try await service.visit(try TestCertificates.client("client"))
            #expect(peer?.certificate?.names == ["localhost"])
            #expect(peer?.certificate?.expires == server.expires)
            let client = service.peers.value.first??.certificate
            #expect(client?.names == ["alice.example", "spiffe://example/alice", "alice@example"])
        }
    }

    @Test("A certificate without alternative names is known by its common name")
    func commonName() async throws {
        try await EchoService.with(try TestCertificates.server(clients: .required)) { service in
            try await service.visit(try TestCertificates.client("client-common-name"))
            #expect(service.peers.value.first??.certificate?.names == ["bob"])
        }
    }

    @Test("Where no certificate is asked for, or none is given, a monitor is an address", arguments: [false, true])
    func anonymous(isOptional: Bool) async throws {
        let server = try TestCertificates.server(clients: isOptional ? .optional : .none)
        try await EchoService.with(server) { service in
            try await service.visit(try TestCertificates.client(isOptional ? nil : "client"))
            #expect(service.peers.value == [.address("127.0.0.1")])
        }
    }

    @Test("A service may ask without demanding: who shows a certificate is known")
    func optional() async throws {
        try await EchoService.with(try TestCertificates.server(clients: .optional)) { service in
            try await service.visit(try TestCertificates.client("client-common-name"))
            #expect(service.peers.value.first??.certificate?.names == ["bob"])
        }
    }

    @Test(
        "A monitor turns away from a service whose certificate does not stand, and says why",
        arguments: [
            ("server-expired", "localhost", "the certificate of localhost at 127.0.0.1:PORT expired on 20"),
            ("server-not-yet", "localhost", "is not valid before 20"),
            ("server-foreign", "localhost", "is not for this use, or not signed by an authority in '"),
            ("server-wrong-name", "localhost", "is for billing.example, *.billing.example, not for localhost"),
            ("server-wrong-name", "127.0.0.1", "is for billing.example, *.billing.example, not for 127.0.0.1"),
            ("server-address-only", "localhost", "is for 127.0.0.1, not for localhost"),
            ("server-common-name-only", "localhost", "is for no machine at all, not for localhost"),
            ("server", "127.0.0.2", "is for localhost, 127.0.0.1, not for 127.0.0.2"),
        ])
    func badServer(certificate: String, name: String, words: String) async throws {
        try await EchoService.with(try TestCertificates.server(certificate)) { service in
            let client = try TestCertificates.client(of: name)
            let error = await #expect(throws: SocketError.self) { try await service.visit(client) }
            let message = (error?.message ?? "").replacing(service.port, with: "PORT")
            #expect(message.contains(words), "\(message)")
            #expect(error?.code == .closed)
        }
    }

    @Test(
        "A service is found by its address as well as by its name", arguments: ["127.0.0.1", "localhost", "LocalHost."])
    func goodNames(name: String) async throws {
        try await EchoService.with(try TestCertificates.server()) { service in
            try await service.visit(try TestCertificates.client(of: name))
        }
    }

    @Test(
        "A service turns away a monitor whose certificate does not stand; both say why",
        arguments: [
            (nil, .required, "showed no certificate", "was shown none: name yours with --cert and --key"),
            ("client-expired", .required, "expired on 20", "refused our certificate: it has expired"),
            ("client-expired", .optional, "expired on 20", "refused our certificate: it has expired"),
            (
                "client-not-yet", .required, "is not valid before 20",
                "refused our certificate: it has expired or is not yet"
            ),
            ("client-foreign", .required, "not signed by an authority in '", "does not know the authority"),
            ("client-foreign", .optional, "not signed by an authority in '", "does not know the authority"),
        ] as [(String?, TLSServer.ClientCertificates, String, String)])
    func badClient(
        certificate: String?, clients: TLSServer.ClientCertificates, here: String, there: String
    ) async throws {
        try await EchoService.with(try TestCertificates.server(clients: clients)) { service in
            // The monitor learns of it after its own handshake, and has perhaps begun to speak.
            let client = try TestCertificates.client(certificate)
            let error = await #expect(throws: SocketError.self) {
                try await withConnection(to: service.endpoint, security: client, timeout: .seconds(20)) { connection in
                    try? await connection.send(Array("hello\n".utf8))
                    for try await _ in connection.lines {}
                }
            }
            #expect(error?.message.contains(there) == true, "\(error?.message ?? "no error")")
            try await service.waitForEnds(1)
            #expect(service.errors.value.first?.contains(here) == true, "\(service.errors.value)")
            #expect(service.peers.value.isEmpty)
        }
    }
}

extension EchoService {
    var port: String {
        if case .tcp(_, let port) = endpoint { "\(port)" } else { "" }
    }
}
#endif
