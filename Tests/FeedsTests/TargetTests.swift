// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Glibc
import TestSupport
import Testing

@testable import Feeds

@Suite("Targets as operators write them")
struct TargetTests {
    @Test(
        "Each form is read, and written as it was",
        arguments: [
            ("unix:/run/x/a.sock", .unix(path: "/run/x/a.sock")),
            ("tcp:127.0.0.1:7411", .tcp(HostAndPort(host: "127.0.0.1", port: 7_411))),
            ("tcp:[::1]:1", .tcp(HostAndPort(host: "::1", port: 1))),
            ("tcp:localhost:65535", .tcp(HostAndPort(host: "localhost", port: 65_535))),
            ("tcp:orders:80", .tcp(HostAndPort(host: "orders", port: 80))),
            ("tls:orders.example.org:7411", .tls(HostAndPort(host: "orders.example.org", port: 7_411))),
            ("tls:[fe80::1%eth0]:7411", .tls(HostAndPort(host: "fe80::1%eth0", port: 7_411))),
            ("tls:10.0.0.7:7411", .tls(HostAndPort(host: "10.0.0.7", port: 7_411))),
            ("dir:/run/x", .folder(path: "/run/x")),
            ("file:targets.json", .file(path: "targets.json")),
            ("srv:_breakertop._tcp.example.org", .service(name: "_breakertop._tcp.example.org", isSecured: false)),
            ("srv+tls:orders.", .service(name: "orders.", isSecured: true)),
        ] as [(String, Target)]
    )
    func forms(text: String, expected: Target) throws {
        let target = try Target(parsing: text)
        #expect(target == expected)
        #expect(target.description == text)
    }

    @Test("Of a bare path, what is there decides; where nothing is, its ending or its slash")
    func barePaths() throws {
        let temporary = try TemporaryFolder()
        let claim = try SocketClaim.take(service: "a", instance: "1", in: SocketFolder.open(temporary.path))
        let (list, other) = ("\(temporary.path)/list.json", "\(temporary.path)/notes.txt")
        for path in [list, other] { close(creat(path, 0o600)) }
        #expect(try Target(parsing: claim.path) == .unix(path: claim.path))
        #expect(try Target(parsing: temporary.path) == .folder(path: temporary.path))
        #expect(try Target(parsing: list) == .file(path: list))
        #expect(throws: TargetError.self) { try Target(parsing: other) }
        #expect(try Target(parsing: "/not/there/a.sock") == .unix(path: "/not/there/a.sock"))
        #expect(try Target(parsing: "/not/there/a.json") == .file(path: "/not/there/a.json"))
        #expect(try Target(parsing: "/not/there") == .folder(path: "/not/there"))
        withExtendedLifetime(claim) {}
    }

    @Test(
        "What is no target is named, with what to write",
        arguments: [
            ("", "unix:PATH"), ("orders", "unix:PATH"), ("http://orders:80", "unix:PATH"), ("unix:", "unix:PATH"),
            ("unix:a\u{0}b", "unix:PATH"), ("orders:7411", "tls:orders:7411"), ("tcp:orders", "HOST:PORT"),
            ("tcp::80", "HOST:PORT"), ("tcp:orders:http", "“http”"), ("tcp:orders:", "1 to 65535"),
            ("tcp:orders:0", "“0”"), ("tcp:orders:65536", "“65536”"), ("tls:orders:99999999999999999999", "no port"),
            ("tls:::1:80", "[ADDRESS]:PORT"), ("tls:[orders]:80", "no IPv6 address"), ("tls:or ders:80", "“or ders”"),
            ("tcp:10.0.0.7:80", "write tls:10.0.0.7:80"), ("tcp:[2001:db8::1]:80", "write tls:[2001:db8::1]:80"),
            ("tcp:0.0.0.0:80", "write tls:"), ("tcp:[::ffff:10.0.0.7]:80", "write tls:"), ("srv:a b", "DNS"),
            ("srv:\(String(repeating: "a", count: 254))", "DNS"),
            ("unix:/\(String(repeating: "a", count: 107))", "at most 107"), ("\u{1B}[2Jx", "“?[2Jx”"),
        ]
    )
    func refused(text: String, words: String) {
        let error = #expect(throws: TargetError.self) { try Target(parsing: text) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        #expect(error?.description.unicodeScalars.allSatisfy { $0.value >= 0x20 } == true)
    }

    @Test(
        "This machine's own addresses are known in all their forms",
        arguments: [
            ("127.0.0.1", true), ("127.255.0.9", true), ("::1", true), ("0:0:0:0:0:0:0:1", true),
            ("::ffff:127.0.0.1", true), ("10.0.0.1", false), ("0.0.0.0", false), ("::", false), ("::2", false),
            ("::ffff:10.0.0.1", false), ("128.0.0.1", false), ("localhost", false), ("", false), ("fe80::1%lo", false),
        ]
    )
    func loopback(address: String, isLoopback: Bool) {
        #expect(IPAddress.isLoopback(address) == isLoopback)
    }

    @Test("Another resolver is an IPv4 address with a port")
    func resolver() throws {
        #expect(try Resolver(server: "127.0.0.1:5353").server == HostAndPort(host: "127.0.0.1", port: 5_353))
        #expect(try Resolver(server: "").server == nil)
        for text in ["localhost:53", "127.0.0.1", "[::1]:53"] {
            #expect(throws: TargetError.self) { try Resolver(server: text) }
        }
    }
}
