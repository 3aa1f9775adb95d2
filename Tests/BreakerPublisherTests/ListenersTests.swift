// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import BreakerWire
import Dispatch
import Glibc
import TestSupport
import Testing

@testable import BreakerPublisher

@Suite("A publisher's listeners", .timeLimit(.minutes(1)))
struct ListenersTests {
    @Test("One publisher serves a Unix socket and a TCP port; who comes over TCP observes")
    func both() async throws {
        let provider = FakeProvider(circuits: 2)
        try await PublishedService.run(provider) {
            $0.listeners.append(.tcp(host: "127.0.0.1", port: 0))
        } _: { service in
            try await service.connect { local in
                #expect(try await local.begin().subscribed.role == .operator)
                try await service.connectOverTCP { remote in
                    let (hello, subscribed) = try await remote.begin()
                    #expect(hello.identity == provider.identity)
                    #expect(hello.actions == CommandAction.allCases.map(\.rawValue))
                    #expect(subscribed.role == .observer)
                    let command = Command.sample()
                    try await remote.send(.command(command))
                    let error = try await remote.refusal(of: command.id)
                    #expect(error.code == .notAllowed)
                    #expect(error.message.contains("address 127.0.0.1"))
                }
                let audit = try await local.audit(of: Command.sample().id)
                #expect(audit.principal == "address 127.0.0.1" && audit.refusal == .notAllowed)
                #expect(provider.performed.isEmpty)
            }
        }
    }

    @Test(
        "A listener that cannot be had is told at error by its name, while the others serve and the service goes on",
        arguments: [
            (.tcp(host: "no such name", port: 7_411), "'no such name'"),
            // A name, which is no mistake in the program, for 0.0.0.0.
            (.tcp(host: "0", port: 0), "at=tcp:0:0 listener=2 reason=tcp:0:0 can be reached by other machines"),
            (.unix(folder: "/proc/none"), "/proc/none"),
            (.unix(group: "no such group"), "'no such group'"),
            (.tcp(host: "127.0.0.1", port: 0, tls: .init(certificate: "/none.crt", key: "/none.key")), "/none.crt"),
        ] as [(Publisher.Listener, String)]
    )
    func unavailable(listener: Publisher.Listener, words: String) async throws {
        try await PublishedService.run(FakeProvider(circuits: 1)) {
            $0.listeners.append(listener)
        } _: { service in
            try await service.logged("error: circuits are not published")
            let lines = service.log.value.filter { $0.hasPrefix("error:") }
            #expect(lines.count == 1 && lines.first?.contains(words) == true, "\(lines)")
            try await service.connect { monitor in _ = try await monitor.begin() }
        }
    }

    @Test("A port that another process has is taken over when that one lets it go")
    func takenPort() async throws {
        let other = try TakenPort()
        try await PublishedService.run(FakeProvider(circuits: 1)) {
            $0.listeners = [.tcp(host: "127.0.0.1", port: other.number)]
        } _: { service in
            try await service.logged("cannot listen on tcp:127.0.0.1:\(other.number): Address already in use")
            other.release()
            try await service.connectOverTCP { monitor in _ = try await monitor.begin() }
        }
    }

    @Test("Shutdown waits for no disk and no directory service: a listener that hangs while it opens is left behind")
    func hangingOpening() async throws {
        let (hasBegun, goOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        defer { goOn.signal() }
        let provider = FakeProvider()
        try await PublishedService.run(provider) {
            $0.listeners.append(.tcp(host: "127.0.0.1", port: 0))
            $0.opening = { listener, identity in
                if case .tcp = listener.kind {
                    hasBegun.signal()
                    goOn.wait()
                }
                return try OpenPlace(listener, of: identity)
            }
        } _: { service in
            try await service.connect { monitor in _ = try await monitor.begin() }
            #expect(await onThreadOfItsOwn { hasBegun.wait(timeout: .distantFuture) } == .success)
        }
        #expect(provider.flushes == 1)
    }

    @Test("Failures of one cause are told once and tried ever more seldom, down to once a minute")
    func retries() {
        var retries = ListeningRetries()
        let pauses = (1...8).map { _ in retries.failed(because: "no folder", now: 0).pause }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60].map(Duration.seconds))
        var isNews = retries.failed(because: "no folder", now: 0).isNews
        #expect(!isNews && retries.hasFailed)
        isNews = retries.failed(because: "port taken", now: 0).isNews
        #expect(isNews)
        // It listens, and breaks soon: nothing new. Only after a while that is a failure of its own.
        retries.succeeded(now: 1_000)
        #expect(retries.failed(because: "port taken", now: 5_999) == (.seconds(60), false))
        retries.succeeded(now: 10_000)
        #expect(retries.failed(because: "port taken", now: 15_000) == (.seconds(1), true))
    }

    @Test("A listener that breaks is told with its name and listened on again, while the others serve")
    func breaks() async throws {
        try await PublishedService.run(FakeProvider(circuits: 1)) {
            $0.listeners.append(.tcp(host: "127.0.0.1", port: 0))
        } _: { service in
            let port = try await service.port()
            for file in 3..<1_024 as Range<CInt> where Self.listens(file, at: port) {
                shutdown(file, CInt(SHUT_RDWR))
            }
            try await service.logged("error: circuits are not published at a listener; it is tried again at=tcp:127")
            try await service.connect { monitor in _ = try await monitor.begin() }
            try await service.logged("notice: publishing circuits at=tcp:127.0.0.1:")
        }
    }

    private static func listens(_ file: CInt, at port: Int) -> Bool {
        var (isListening, size) = (CInt(0), socklen_t(MemoryLayout<CInt>.size))
        var (address, length) = (sockaddr_in(), socklen_t(MemoryLayout<sockaddr_in>.size))
        guard getsockopt(file, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &size) == 0, isListening != 0 else {
            return false
        }
        let isNamed = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(file, $0, &length) == 0 }
        }
        return isNamed && Int(UInt16(bigEndian: address.sin_port)) == port
    }

    @Test(
        "A listener that can never do what it is meant for ends it at once, in words, with nothing left behind",
        arguments: [
            (.tcp(host: "0.0.0.0", port: 0), ["tcp:0.0.0.0:0", "TLS"]),
            (.tcp(host: "192.0.2.1", port: 7_411), ["tcp:192.0.2.1:7411", "TLS"]),
            (
                .tcp(
                    host: "127.0.0.1", port: 0,
                    tls: .init(certificate: "/none.crt", key: "/none.key", operators: ["ann.example"])),
                ["'ann.example'", "clientAuthorities"]
            ),
        ] as [(Publisher.Listener, [String])]
    )
    func mistakes(listener: Publisher.Listener, words: [String]) async throws {
        let temporary = try TemporaryFolder()
        let provider = FakeProvider()
        let publisher = Publisher(
            provider, configuration: .init(listeners: [.unix(folder: "\(temporary.path)/made"), listener]))
        let error = await #expect(throws: PublisherError.self) { try await publisher.run() }
        for word in words { #expect(error?.message.contains(word) == true, "\(error?.message ?? "")") }
        #expect(!temporary.exists("made/orders.1.sock") && !temporary.exists("made/orders.1.lock"))
        #expect(provider.flushes == 1)
    }

    /// A TCP port of 127.0.0.1 on which somebody else listens.
    private struct TakenPort {
        private let socket: CInt
        let number: Int

        init() throws {
            socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let socket = socket
            let isBound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    bind(socket, address, length) == 0 && listen(socket, 1) == 0
                        && getsockname(socket, address, &length) == 0
                }
            }
            try #require(isBound)
            number = Int(UInt16(bigEndian: address.sin_port))
        }

        func release() { close(socket) }
    }

    @Test(
        "What is no subscribe is answered and closed over TCP as well",
        arguments: [
            ("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", "malformed"), ("\u{16}\u{3}\u{1}\n", "malformed"),
        ])
    func garbage(text: String, code: String) async throws {
        try await PublishedService.run(FakeProvider()) {
            $0.listeners = [.tcp(host: "127.0.0.1", port: 0)]
        } _: { service in
            try await service.connectOverTCP { monitor in
                try await monitor.send(text: text)
                #expect(try await monitor.error().code == code)
                #expect((try? await monitor.next()) == nil)
            }
        }
    }

    @Test("One address gets no more than its share, and the others theirs")
    func share() async throws {
        try await PublishedService.run(FakeProvider()) {
            $0.listeners.append(.tcp(host: "127.0.0.1", port: 0))
            $0.maximumConnectionsPerClient = 1
        } _: { service in
            try await service.connectOverTCP { first in
                _ = try await first.begin()
                try await service.connectOverTCP { second in
                    let reason = try await second.whyTurnedAway()
                    #expect(reason.hasPrefix("1 monitors of this client"))
                }
                try await service.connect { local in _ = try await local.begin() }
            }
            try await service.logged("monitors are turned away peer=address 127.0.0.1")
        }
    }

    @Test("A client that comes for the whole picture without end is turned away for a while, and nobody else is")
    func debt() async throws {
        try await PublishedService.run(FakeProvider()) {
            $0.listeners.append(.tcp(host: "127.0.0.1", port: 0))
            $0.subscribeCost = 400
        } _: { service in
            // On credit, and then 500 beyond that.
            for _ in 1...4 { try await service.connectOverTCP { monitor in _ = try await monitor.begin() } }
            var reason: String?
            while reason == nil {
                reason = try await service.connectOverTCP { monitor in
                    try await monitor.send(.subscribe(Subscribe(client: "test", interval: 100)))
                    return try await monitor.first { message -> String?? in
                        switch message {
                        case .error(let error): .some(error.message)
                        case .ready: .some(nil)
                        default: nil
                        }
                    }
                }
            }
            #expect(reason?.hasPrefix("this client has asked for too much; try again in ") == true)
            try await service.connect { local in _ = try await local.begin() }
        }
    }

    @Test("The turning away of many is not logged for each")
    func logOfRefusals() async throws {
        try await PublishedService.run(FakeProvider(), configure: { $0.maximumConnections = 1 }) { service in
            try await service.connect { monitor in
                _ = try await monitor.begin()
                for _ in 1...50 {
                    try await service.connect { other in _ = try await other.whyTurnedAway() }
                }
            }
            #expect(service.log.value.count { $0.contains("turned away") } < 10)
        }
    }

    @Test("To a read-only publisher everybody observes, although its circuits could do all")
    func readOnly() async throws {
        try await PublishedService.run(FakeProvider(circuits: 1), configure: { $0.isReadOnly = true }) { service in
            try await service.connect { monitor in
                let (hello, subscribed) = try await monitor.begin()
                #expect(subscribed.role == .observer)
                #expect(hello.actions == CommandAction.allCases.map(\.rawValue))
                try await monitor.send(.command(.sample()))
                #expect(try await monitor.refusal(of: Command.sample().id).code == .readOnly)
            }
        }
    }

    @Test(
        "A certificate is warned about a fortnight before its end",
        arguments: [(14, nil), (13, "in 13 days"), (0, "in 0")])
    func expiry(days: Int64, words: String?) {
        let day: Milliseconds = 86_400_000
        let warning = CertificateWatch.warning(expires: 1_767_225_600_000 + days * day, now: 1_767_225_600_000)
        #expect((warning == nil) == (words == nil))
        if let words { #expect(warning?.contains(words) == true) }
    }
}
