// SPDX-License-Identifier: Apache-2.0

import Fleet
import TestSupport
import Testing

@testable import Feeds

@Suite("Targets that the DNS lists", .timeLimit(.minutes(1)))
struct ServiceRecordsTests {
    @Test("All records are places, by priority, the heavier first, each once; the shortest life holds for all")
    func records() throws {
        let answer = DNSAnswer(
            records: [
                .init(priority: 2, weight: 0, port: 1, host: "late", seconds: 60),
                .init(priority: 1, weight: 5, port: 2, host: "light.example.org", seconds: 10),
                .init(priority: 1, weight: 9, port: 3, host: "heavy.example.org", seconds: 60),
                .init(priority: 1, weight: 5, port: 2, host: "light.example.org", seconds: 60),
            ])
        let records = try ServiceRecords(answer.bytes)
        #expect(records.records.map(\.place.description) == ["heavy.example.org:3", "light.example.org:2", "late:1"])
        #expect(records.secondsToLive == 10)
    }

    @Test("No service, no port and what is no host's name are no places")
    func notPlaces() throws {
        let answer = DNSAnswer(
            records: [
                .init(port: 1, host: ""), .init(port: 0, host: "a"), .init(port: 1, host: "a b"),
                .init(port: 1, host: "\u{1B}[2J"),
            ])
        #expect(try ServiceRecords(answer.bytes).records.isEmpty)
    }

    @Test("An alias on the way to the records is passed over")
    func alias() throws {
        let answer = DNSAnswer(records: [.init(port: 1, host: "a")], alias: "other.example.org")
        #expect(try ServiceRecords(answer.bytes).records.map(\.place.host) == ["a"])
    }

    @Test("An answer cut anywhere, one with a bit turned, and pointers in a circle are refused or read, never a trap")
    func hostile() {
        let bytes = DNSAnswer(
            records: [.init(port: 1, host: "a.example.org"), .init(port: 2, host: "b")], alias: "c.example.org"
        ).bytes
        for end in 0..<bytes.count {
            #expect(throws: ServiceRecords.Malformed.self) { try ServiceRecords(Array(bytes[..<end])) }
        }
        for index in bytes.indices {
            for bit in 0..<8 {
                var turned = bytes
                turned[index] ^= 1 << bit
                _ = try? ServiceRecords(turned)
            }
        }
        // A name that points at itself, one that points at another that points back, and one ahead.
        for pointer in [[0xC0, 12], [0xC0, 14, 0xC0, 12], [0xC0, 20]] as [[UInt8]] {
            let circle = [0, 0, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0] + pointer + [0, 33, 0, 1, 0, 0, 0, 0]
            #expect(throws: ServiceRecords.Malformed.self) { try ServiceRecords(circle) }
        }
        let label: [UInt8] = [63] + Array(repeating: 0x61, count: 63)
        let long: [UInt8] =
            [0, 0, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0] + Array(repeating: label, count: 9).joined() + [0, 0, 33, 0, 1]
        #expect(throws: ServiceRecords.Malformed.self) { try ServiceRecords(long) }
    }

    @Test("The name server is asked for the name, and its answer taken; without an answer the last one holds")
    func wholeWay() async throws {
        let server = try NameServer(DNSAnswer(records: [.init(port: 7_411, host: "a.example.org", seconds: 1)]))
        let resolver = try Resolver(server: server.address)
        var watch = ServiceWatch(name: "_b._tcp.example.org", isSecured: true) { name throws(Resolver.Failure) in
            try resolver.serviceRecords(of: name)
        }
        var look = try #require(await watch.look())
        #expect(look.places.map(\.source.name) == ["tls:a.example.org:7411"])
        #expect(look.complaint == nil && look.pause == .seconds(5))
        #expect(server.questions.first == "_b._tcp.example.org")

        server.answer(.failure(code: 2))
        look = try #require(await watch.look())
        #expect(look.places.count == 1)
        #expect(look.complaint == "the DNS does not answer about '_b._tcp.example.org'; the last answer holds")

        server.answer(.failure(code: 3))
        look = try #require(await watch.look())
        #expect(look.places.isEmpty && look.complaint == "the DNS does not know the name '_b._tcp.example.org'")

        server.answer(DNSAnswer(records: []))
        look = try #require(await watch.look())
        #expect(look.complaint == "the DNS has no SRV records of '_b._tcp.example.org'")
    }

    @Test("An answer holds as long as it says, between 5 and 30 s", arguments: [(0, 5), (12, 12), (86_400, 30)])
    func lifetime(seconds: UInt32, pause: Int64) async throws {
        let bytes = DNSAnswer(records: [.init(port: 1, host: "a", seconds: seconds)]).bytes
        var watch = ServiceWatch(name: "x", isSecured: false) { _ throws(Resolver.Failure) in bytes }
        #expect(await watch.look()?.pause == .seconds(pause))
    }

    @Test("A damaged answer is told, and the last one holds")
    func damaged() async throws {
        let answers = Shared([DNSAnswer(records: [.init(port: 1, host: "a")]).bytes, [1, 2, 3]])
        var watch = ServiceWatch(name: "x", isSecured: false) { _ throws(Resolver.Failure) in
            answers.change { $0.removeFirst() }
        }
        _ = await watch.look()
        let look = try #require(await watch.look())
        #expect(look.places.count == 1)
        #expect(look.complaint == "the answer of the DNS about 'x' is damaged at byte 0; the last answer holds")
    }
}
