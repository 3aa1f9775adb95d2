// SPDX-License-Identifier: Apache-2.0

#if TLS
import BreakerSockets
import NIOSSL
import Testing

@testable import BreakerTLS

@Suite("Names in certificates")
struct NamesTests {
    @Test(
        "A name is matched whole, or with one label in the place of the star",
        arguments: [
            ("orders.example", "orders.example", true), ("orders.example", "Orders.EXAMPLE", true),
            ("orders.example", "*.example", true), ("a.orders.example", "*.example", false),
            ("a.orders.example", "*.orders.example", true), ("example", "*.example", false),
            ("orders.example", "*", false), ("orders.example", "o*.example", false), ("orders.example", "*.*", false),
            ("orders.example", "orders.*", false), ("orders.example", "", false), ("orders.example", "*.", false),
            (".example", "*.example", false), ("orders.example", "orders.example\0.evil", false),
            ("orders.example", ".example", false), ("orders.example", "example", false),
        ])
    func matches(name: String, pattern: String, isMatch: Bool) {
        #expect(ServerName.matches(name, pattern: Array(pattern.utf8)) == isMatch)
    }

    @Test(
        "What no certificate can be for is refused as a server's name",
        arguments: [
            "", ".", "a b", "a_b", "*.example", "münchen", "[::1]", "a:1", "a/b", String(repeating: "a", count: 254),
        ])
    func refused(name: String) {
        #expect(throws: SocketError.self) { try ServerName(parsing: name) }
    }

    @Test("A name is shown to the server, an address is not")
    func indication() throws {
        #expect(try ServerName(parsing: "Orders.example.").indication == "orders.example")
        #expect(try ServerName(parsing: "10.0.0.1").indication == nil)
        #expect(try ServerName(parsing: "::1").indication == nil)
    }

    @Test("A certificate that a resumed session brings back is looked at again")
    func resumed() throws {
        let month: Int64 = 31 * 24 * 3_600_000
        let now = Certificates.now()
        let certificate = try #require(certificates("client").first)
        let side = TLSSide.server(authorities: "a", .optional)
        #expect(side.problem(with: certificate, of: "x", at: now) == nil)
        #expect(side.problem(with: certificate, of: "x", at: now + month)?.contains("expired on") == true)
        #expect(side.problem(with: certificate, of: "x", at: now - month)?.contains("is not valid before") == true)
        #expect(side.problem(with: nil, of: "x") == nil)
        #expect(TLSSide.server(authorities: "a", .required).problem(with: nil, of: "x") == "x showed no certificate")
        let client = TLSSide.client(try ServerName(parsing: "x"), authorities: nil)
        #expect(client.problem(with: nil, of: "x") == "x showed no certificate")
    }

    @Test("A name that is not printable, or too long, is left out and never mended")
    func printable() {
        #expect(CertificateNames.printable(Array("Åsa Nyström".utf8)) == "Åsa Nyström")
        let long = String(repeating: "a", count: 201)
        for name in ["", "alice\0", "alice\u{1B}[2J", "alice\u{202E}", "alice\u{85}", "alice\u{2028}", long] {
            #expect(CertificateNames.printable(Array(name.utf8)) == nil)
        }
        #expect(CertificateNames.printable([0x61, 0xFF]) == nil)
    }

    @Test("The common name is read from whatever bytes there are without a trap")
    func commonName() throws {
        let der = try #require(certificates("client-common-name").first).toDERBytes()
        #expect(CertificateNames.commonName(inDER: der).map { String(decoding: $0, as: UTF8.self) } == "bob")
        for end in der.indices { #expect(CertificateNames.commonName(inDER: Array(der[..<end])) == nil) }
        for index in der.indices.prefix(300) {
            for value: UInt8 in [0x00, 0x7F, 0x80, 0x81, 0x84, 0x88, 0xFF] {
                var broken = der
                broken[index] = value
                _ = CertificateNames.commonName(inDER: broken)
            }
        }
    }

    @Test(
        "A common name counts only where there is no alternative name of any kind",
        arguments: [
            ("client", ["alice.example", "spiffe://example/alice", "alice@example"]), ("client-common-name", ["bob"]),
            ("client-address-only", []),
        ])
    func fallback(name: String, names: [String]) throws {
        #expect(CertificateNames.names(of: try #require(certificates(name).first)) == names)
    }

    private func certificates(_ name: String) throws -> [NIOSSLCertificate] {
        try NIOSSLCertificate.fromPEMFile("\(try TestCertificates.folder())/\(name).crt")
    }
}
#endif
