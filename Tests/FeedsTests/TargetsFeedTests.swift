// SPDX-License-Identifier: Apache-2.0

import BreakerPublisher
import BreakerSockets
import BreakerTLS
import BreakerTelemetry
import Fleet
import Glibc
import Resilience
import TestSupport
import Testing

@testable import Feeds

@Suite("Targets over real sockets", .timeLimit(.minutes(1)))
struct TargetsFeedTests {
    private let temporary: TemporaryFolder
    private let tcp = ListeningPlace.tcp(host: "127.0.0.1", port: 0, security: nil)

    init() throws { temporary = try TemporaryFolder() }

    private func feed(_ targets: [Target], nameserver: String? = nil) -> TargetsFeed {
        TargetsFeed(
            targets: targets, client: "test/1", interval: 10, scanInterval: .milliseconds(5), nameserver: nameserver)
    }

    private func place(_ endpoint: Endpoint) -> HostAndPort {
        guard case .tcp(let host, let port) = endpoint else { return HostAndPort(host: "", port: 0) }
        return HostAndPort(host: host, port: port)
    }

    private let picture =
        ScriptedService.hello() + ScriptedService.subscribed + ScriptedService.circuit(1, name: "c")
        + ScriptedService.sample(up: 5) + ScriptedService.ready

    @Test("A port of this machine is followed, and what is known of it is data")
    func port() async throws {
        try await ScriptedService.run(on: tcp) { [picture] in
            try await $0.say(andListen: picture)
        } _: { endpoint in
            try await FleetProbe.run(feed([.tcp(place(endpoint))])) { probe in
                let source = try #require(await probe.untilReady(endpoint.description))
                #expect(source.origin == SourceOrigin(kind: .tcp))
                #expect(source.health.link == SourceLink(protocolMinor: 7))
                #expect(source.health.bytes == Int64(picture.utf8.count) && source.health.lines == 5)
                #expect(source.health.lag == 0 && source.health.reconnects == 0)
            }
        }
    }

    @Test("A port and a socket that were named and where nobody listens are news")
    func nobody() async throws {
        let (port, socket) = (HostAndPort(host: "127.0.0.1", port: 1), "\(temporary.path)/a.sock")
        try await FleetProbe.run(feed([.tcp(port), .tls(port), .unix(path: socket)])) { probe in
            #expect(await probe.trouble(of: "tls:127.0.0.1:1") == "nobody listens at tls:127.0.0.1:1")
            #expect(await probe.trouble(of: "tcp:127.0.0.1:1") == "nobody listens at tcp:127.0.0.1:1")
            #expect(await probe.trouble(of: "a.sock") == "nobody listens at unix:\(socket)")
        }
    }

    @Test("A port where nobody says a first word may be one behind TLS, and the words say so")
    func mute() async throws {
        let refusal = #"{"type":"error","code":"too_many_connections","message":"full"}"# + "\n"
        for words in ["", refusal] {
            try await ScriptedService.run(on: tcp) {
                try await $0.say(words)
            } _: { endpoint in
                try await FleetProbe.run(feed([.tcp(place(endpoint))])) { probe in
                    let trouble = await probe.trouble(of: endpoint.description)
                    let hint = "if that port speaks TLS, write tls:\(place(endpoint))"
                    #expect(trouble.hasSuffix(hint) == words.isEmpty, "\(trouble)")
                }
            }
        }
    }

    @Test("Whoever is beyond this machine is not talked to without TLS, whatever name led there")
    func beyond() throws {
        let place = Place(HostAndPort(host: "orders", port: 80), isSecured: false)
        let objection = SocketFollower.objection(to: .address("10.0.0.7"), at: place)
        #expect(objection == "orders is 10.0.0.7, beyond this machine, where TCP needs TLS; write tls:orders:80")
        #expect(SocketFollower.objection(to: nil, at: place) != nil)
        #expect(SocketFollower.objection(to: .address("127.0.0.1"), at: place) == nil)
        let secured = Place(HostAndPort(host: "orders", port: 80), isSecured: true)
        #expect(SocketFollower.objection(to: .address("10.0.0.7"), at: secured) == nil)
    }

    @Test("A target that a file lists is followed with its labels, told when they change, and dropped when it goes")
    func file() async throws {
        let path = "\(temporary.path)/list.json"
        let ended = Doorbell()
        try await ScriptedService.run(on: tcp) { [picture] in
            try await $0.say(andListen: picture)
            ended.ring()
        } _: { endpoint in
            try replace(with: #"[{"targets": ["\#(place(endpoint))"], "labels": {"team": "shop"}}]"#, at: path)
            try await FleetProbe.run(feed([.file(path: path)])) { probe in
                let source = await probe.untilReady(endpoint.description)
                #expect(source?.origin == SourceOrigin(kind: .tcp, labels: ["team": "shop"]))
                try replace(with: #"[{"targets": ["\#(place(endpoint))"], "labels": {"team": "till"}}]"#, at: path)
                let isTold = { @Sendable (fleet: FleetModel) in
                    fleet[endpoint.description]?.origin?.labels == ["team": "till"]
                }
                await probe.until(isTold)
                try replace(with: "[{", at: path)
                let trouble = await probe.trouble(of: "file:\(path)")
                #expect(trouble.contains("line 1") && trouble.contains("the last good list holds"))
                #expect(await probe.fleet.totals().circuits == 1)
                try replace(with: "[]", at: path)
                let fleet = await probe.until { $0.sources.count == 1 && $0["file:\(path)"]?.isDown == true }
                #expect(fleet.instances.isEmpty)
                #expect(fleet["file:\(path)"]?.phase == .lost(reason: "'\(path)' lists no target"))
                await ended.wait()
            }
        }
    }

    @Test("Services that the DNS names are followed; a name server that says nothing delays no other target")
    func service() async throws {
        try await ScriptedService.run(on: tcp) { [picture] in
            try await $0.say(andListen: picture)
        } _: { endpoint in
            let place = place(endpoint)
            let server = try NameServer(
                DNSAnswer(records: [.init(port: UInt16(place.port), host: "localhost")]))
            let named = feed([.service(name: "_b._tcp.x", isSecured: false)], nameserver: server.address)
            try await FleetProbe.run(named) { probe in
                await probe.untilReady("tcp:localhost:\(place.port)")
                await probe.until { $0["srv:_b._tcp.x"] == nil }
            }

            let silent = try NameServer(DNSAnswer())
            silent.fallSilent()
            let both = feed([.service(name: "_b._tcp.x", isSecured: false), .tcp(place)], nameserver: silent.address)
            try await FleetProbe.run(both) { probe in
                await probe.untilReady(endpoint.description)
                #expect(await probe.fleet["srv:_b._tcp.x"]?.phase == .connecting, "it is not yet known to be nothing")
            }
        }
    }

    @Test("A port that was named is told of before anybody answers there")
    func unanswered() async throws {
        let full = try FullPort()
        try await ScriptedService.run(on: tcp) { [picture] in
            try await $0.say(andListen: picture)
        } _: { endpoint in
            let targets = [full.place, place(endpoint)].map(Target.tcp)
            try await FleetProbe.run(feed(targets)) { probe in
                await probe.untilReady(endpoint.description)
                let source = await probe.fleet["tcp:\(full.place)"]
                #expect(source?.phase == .connecting && source?.origin == SourceOrigin(kind: .tcp))
            }
        }
    }

    /// A port that takes no further connection: whoever tries waits.
    private final class FullPort: Sendable {
        let place: HostAndPort
        private let sockets: [CInt]

        init() throws {
            let kind = CInt(SOCK_STREAM.rawValue)
            let sockets = (0..<4).map { _ in socket(AF_INET, kind, 0) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let length = size
            withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    bind(sockets[0], address, length)
                    getsockname(sockets[0], address, &size)
                    listen(sockets[0], 0)
                    for client in sockets.dropFirst() {
                        _ = fcntl(client, F_SETFL, O_NONBLOCK)
                        connect(client, address, length)
                    }
                }
            }
            self.sockets = sockets
            place = HostAndPort(host: "127.0.0.1", port: Int(UInt16(bigEndian: address.sin_port)))
        }

        deinit { for socket in sockets { close(socket) } }
    }

    @Test("A service that breaks off as soon as it is live is tried ever later")
    func breaksOff() async throws {
        try await ScriptedService.run(on: tcp) { [picture] in
            try await $0.say(picture)
        } _: { endpoint in
            let feed = TargetsFeed(
                targets: [.tcp(place(endpoint))], client: "test/1", interval: 10, random: RandomSource { .max })
            try await FleetProbe.run(feed) { probe in
                await probe.until { $0[""]?.health.reconnects == 3 }
                let start = ContinuousClock.now
                await probe.until { $0[""]?.health.reconnects == 5 }
                #expect(start.duration(to: .now) >= .milliseconds(1_600))
            }
        }
    }

    @Test("Who claims the boot of another service that is live is not followed, and gets no command")
    func borrowedBoot() async throws {
        let isLive = Doorbell()
        let asked = Shared<[String]>([])
        let answer = #"{"type":"result","id":"c","ok":true,"override_rev":1}"# + "\n"
        let claim = try SocketClaim.take(service: "s", instance: "1", in: SocketFolder.open(temporary.path))
        let stranger = ScriptedService.hello(service: "evil") + ScriptedService.subscribed + ScriptedService.ready
        try await ScriptedService.run(on: .claim(claim)) { [picture] connection in
            try await connection.say(picture)
            for try await case .line(let line) in connection.lines {
                guard String(decoding: line, as: UTF8.self).contains("command") else { continue }
                asked.change { $0.append("s") }
                try await connection.say(answer)
            }
        } _: { _ in
            try await ScriptedService.run(on: tcp) {
                await isLive.wait()
                try await $0.say(andListen: stranger)
            } _: { endpoint in
                let feed = feed([.unix(path: claim.path), .tcp(place(endpoint))])
                try await FleetProbe.run(feed) { probe in
                    await probe.untilReady("s.1.sock")
                    isLive.ring()
                    let fleet = await probe.until { fleet in
                        fleet[endpoint.description]?.health.trouble != nil
                            || fleet[endpoint.description]?.phase == .ready
                    }
                    #expect(fleet[endpoint.description]?.health.trouble?.reason == "it claims the boot of s/1")
                    #expect(fleet.instances.count == 1)
                    _ = await feed.perform(
                        Command(id: "c", boot: "00000000000000aa", circuit: 1, action: .clear))
                    #expect(asked.value == ["s"])
                }
            }
        }
    }

    @Test("Work that blocks holds up nobody who gives up on it")
    func blockingWork() async {
        let gate = Gate()
        let task = Task { await onThreadOfItsOwn { gate.pass() } }
        task.cancel()
        #expect(await task.value == nil)
        gate.open()
        #expect(await onThreadOfItsOwn { 7 } == 7)
    }

    /// Blocks a thread until it is opened.
    private final class Gate: Sendable {
        private let ends: (read: CInt, write: CInt)

        init() {
            var ends: [CInt] = [0, 0]
            pipe(&ends)
            self.ends = (ends[0], ends[1])
        }

        deinit {
            close(ends.read)
            close(ends.write)
        }

        func pass() {
            var byte: UInt8 = 0
            _ = Glibc.read(ends.read, &byte, 1)
        }

        func open() {
            var byte: UInt8 = 1
            _ = Glibc.write(ends.write, &byte, 1)
        }
    }

    @Test(
        "What is asked for in detail is told to a running connection and to the next one; other histograms are not taken"
    )
    func detail() async throws {
        let asked = Shared<[String]>([])
        let histograms = [1, 2].map {
            #"{"type":"histogram","circuit":\#($0),"t":1,"up_ms":6,"buckets":[3,5]}"# + "\n"
        }.joined()
        try await ScriptedService.run(on: tcp) { [picture] connection in
            try await connection.say(picture + ScriptedService.circuit(2, name: "d"))
            for try await case .line(let line) in connection.lines {
                let text = String(decoding: line, as: UTF8.self)
                guard text.contains("detail\",") else { continue }
                asked.change { $0.append(text) }
                try await connection.say(histograms + ScriptedService.sample(up: 7))
                // Once more to the next connection.
                if asked.value.count == 1 { return }
            }
        } _: { endpoint in
            let feed = feed([.tcp(place(endpoint))])
            try await FleetProbe.run(feed) { probe in
                await probe.until { $0.circuits().count == 2 }
                await feed.detail([DetailedCircuit(boot: "00000000000000aa", circuit: 2)])
                let fleet = await probe.until { fleet in
                    fleet[""]?.health.reconnects == 1 && fleet.circuits().contains { $0.circuit.latency != nil }
                }
                #expect(fleet.circuits().filter { $0.circuit.latency != nil }.map(\.key.id) == [2])
                #expect(asked.value.map { $0.contains(#""circuits":[2]"#) } == [true, true])
            }
        }
    }

    @Test("A socket that was made anew is connected to at once, however long the pause after what was there before")
    func madeAnew() async throws {
        let folder = try SocketFolder.open(temporary.path)
        let feed = TargetsFeed(
            targets: [.folder(path: temporary.path)], client: "test/1", interval: 10, scanInterval: .milliseconds(5),
            longestPause: .seconds(3_600))
        try await FleetProbe.run(feed) { probe in
            let stranger = try SocketClaim.take(service: "a", instance: "1", in: folder)
            try await ScriptedService.run(on: .claim(stranger)) {
                try await $0.say(andListen: "HTTP/1.1 400 Bad Request\r\n")
            } _: { _ in
                #expect(await probe.trouble(of: "a.1.sock").contains("not a metrics socket"))
                // As after a death: the path is never free for long, and its number is given out again.
                stranger.release()
                let claim = try SocketClaim.take(service: "a", instance: "1", in: folder)
                try await ScriptedService.run(on: .claim(claim)) { [picture] in
                    try await $0.say(andListen: picture)
                } _: { _ in
                    await probe.untilReady("a.1.sock")
                }
            }
        }
    }

    @Test("Beyond the most that can be followed, the rest is counted; one that is told of twice is followed once")
    func bounded() {
        let context = SocketFollower.Context(
            client: "test/1", interval: 10, clock: MonitorClock(), reconnection: Reconnection(random: .system),
            router: CommandRouter(timeout: .seconds(1)), details: DetailWishes(),
            secrets: TLSClients(files: TLSFiles(), serverName: nil))
        let followed = Followed(maximumCount: 2, context: context)
        let places = (1...4).map { Place(HostAndPort(host: "::1", port: $0), isSecured: false) }
        let first = followed.update(places, by: 0, closesWhatGoes: true)
        #expect(first.started.count == 2 && first.excess == 2)
        let second = followed.update(Array(places.prefix(2)), by: 1, closesWhatGoes: true)
        #expect(second.started.isEmpty && second.excess == 0)
        followed.remove(first.started[0])
        #expect(followed.update(Array(places.suffix(2)), by: 1, closesWhatGoes: true).started.count == 1)
    }

    private func replace(with text: String, at path: String) throws {
        let file = try #require(fopen("\(path).new", "w"))
        fputs(text, file)
        fclose(file)
        rename("\(path).new", path)
    }
}

#if TLS
extension TargetsFeedTests {
    @Test(
        "Behind TLS the certificates' ends are data; one of an unknown authority, and a missing file, are told in words"
    )
    func secured() async throws {
        let script = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(
            separator: "/")
        #expect(system("/usr/bin/python3 '\(script)/EndToEnd/certificates.py' '\(temporary.path)'") == 0)
        func files(_ name: String?, authority: String) -> TLSFiles {
            TLSFiles(
                authorities: "\(temporary.path)/\(authority).crt",
                certificate: name.map { "\(temporary.path)/\($0).crt" },
                key: name.map { "\(temporary.path)/\($0).key" })
        }
        let server = try TLSServer(files: files("server", authority: "authority"), clients: .optional)
        try await ScriptedService.run(on: .tcp(host: "127.0.0.1", port: 0, security: server)) { [picture] in
            try await $0.say(andListen: picture)
        } _: { endpoint in
            let targets = [Target.tls(place(endpoint))]
            let known = TargetsFeed(targets: targets, tls: files("client", authority: "authority"), client: "test/1")
            try await FleetProbe.run(known) { probe in
                let link = await probe.untilReady("tls:\(place(endpoint))")?.health.link
                #expect(link?.certificateNames.contains("localhost") == true)
                #expect(link?.certificateExpires == server.expires)
                #expect(link?.ownCertificateExpires != nil)
            }
            let foreign = TargetsFeed(targets: targets, tls: files(nil, authority: "foreign"), client: "test/1")
            try await FleetProbe.run(foreign) { #expect(await $0.trouble(of: "").contains("not signed by")) }
            let none = TargetsFeed(targets: targets, tls: files(nil, authority: "none"), client: "test/1")
            let error = await #expect(throws: SocketError.self) { try await none.run { _ in } }
            #expect(error?.message.contains("none.crt") == true)
        }
    }
}
#endif
