// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerWire
import Testing

@testable import BreakerPublisher

@Suite("Who is who, and may do what")
struct PrincipalTests {
    private static let operators = Publisher.Operators(users: [1_000], groups: [50])
    private static let certificates: Set = ["ann.example", "ops"]

    private static func user(_ uid: UInt32, _ gid: UInt32 = 1_000, groups: [UInt32] = []) -> Peer {
        .user(PeerCredentials(pid: 1, uid: uid, gid: gid, groups: groups))
    }

    private static func certificate(_ names: String...) -> Peer {
        .certificate(PeerCertificate(names: names, expires: 1_000))
    }

    @Test(
        "Only listed users, groups and certificates operate, and the audit names them",
        arguments: [
            (user(1_000), "uid 1000", Role.operator),
            (user(1_001), "uid 1001", .observer),
            (user(1_001, 50), "uid 1001", .operator),
            (user(1_001, groups: [7, 50]), "uid 1001", .operator),
            (user(1_001, groups: [7, 1_000]), "uid 1001", .observer),
            (user(0, 0), "uid 0", .observer),
            (certificate("ann.example"), "certificate ann.example", .operator),
            (certificate("host-7", "ops"), "certificate ops", .operator),
            (certificate("bob.example", "x"), "certificate bob.example", .observer),
            (certificate("ANN.example"), "certificate ANN.example", .observer),
            (certificate("uid 1000"), "certificate uid 1000", .observer),
            (certificate(), "certificate without a name", .observer),
            (.address("127.0.0.1"), "address 127.0.0.1", .observer),
            (nil, "unknown", .observer),
        ] as [(Peer?, String, Role)]
    )
    func roles(peer: Peer?, name: String, role: Role) {
        let principal = Principal(
            peer, operators: Self.operators, certificates: Self.certificates, names: UserNames { _ in nil }, now: 1_000)
        #expect(principal.name == name)
        #expect(principal.role == role)
    }

    @Test("A name that only looks the same is another one's")
    func lookalike() {
        let certificates: Set = ["Ken.example"]
        #expect(certificates.lists("Ken.example"))
        #expect(!certificates.lists("\u{212A}en.example"))
    }

    @Test(
        "A right ends with the certificate that gives it, and only a right can",
        arguments: [
            ("ops", 1_000, Role.operator, false), ("ops", 1_001, .observer, true), ("bob", 1_001, .observer, false),
        ] as [(String, Int64, Role, Bool)]
    )
    func expiry(name: String, now: Int64, role: Role, hasExpired: Bool) {
        let principal = Principal(
            Self.certificate(name), operators: Self.operators, certificates: Self.certificates,
            names: UserNames { _ in nil }, now: now)
        #expect(principal.role == role)
        #expect(principal.hasExpired == hasExpired)
        #expect(principal.name == "certificate \(name)")
    }
}
