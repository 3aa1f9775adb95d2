// SPDX-License-Identifier: Apache-2.0

#if TLS
import BreakerSockets
import BreakerTLS
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import TestSupport
import Testing

@Suite("Streams over TLS", .timeLimit(.minutes(1)), .serialized)
struct StreamTests {
    @Test("Ten megabytes of lines arrive whole, both ways at once")
    func volume() async throws {
        let lines = 1_000
        try await EchoService.with(try TestCertificates.server(clients: .required)) { service in
            let client = try TestCertificates.client("client")
            try await withConnection(to: service.endpoint, security: client, timeout: .seconds(20)) { connection in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for number in 0..<lines { try await connection.send(Self.line(number) + [0x0A]) }
                    }
                    var number = 0
                    for try await received in connection.lines {
                        guard received == .line(Self.line(number)) else {
                            throw SocketError(.closed, "line \(number) differs")
                        }
                        number += 1
                        if number == lines { break }
                    }
                    #expect(number == lines)
                    try await group.waitForAll()
                }
            }
        }
    }

    private static func line(_ number: Int) -> [UInt8] {
        Array("\(number) ".utf8) + [UInt8](repeating: UInt8(65 + number % 26), count: 10_000)
    }

    @Test("Either side's close is a goodbye: the other's lines end without an error")
    func closing() async throws {
        try await EchoService.with(try TestCertificates.server()) { service in
            try await service.visit(try TestCertificates.client())
            try await service.waitForEnds(1)
            #expect(service.errors.value.isEmpty)
        }
        try await withListener(on: .tcp(host: "127.0.0.1", port: 0, security: try TestCertificates.server())) {
            listener in
            async let served: Void = {
                for try await incoming in listener { return try await incoming.run { try await $0.send([0x0A]) } }
            }()
            let client = try TestCertificates.client()
            try await withConnection(to: listener.endpoint, security: client, timeout: .seconds(20)) { connection in
                var lines = 0
                for try await _ in connection.lines { lines += 1 }
                #expect(lines == 1)
            }
            try await served
        }
    }

    @Test(
        "A stream that is cut off without a goodbye is an error: something may be missing",
        arguments: [CloseMode.output, .all])
    func truncated(how: CloseMode) async throws {
        try await EchoService.with(try TestCertificates.server()) { service in
            let client = try TestCertificates.client()
            guard case .tcp(let host, let port) = service.endpoint else { return }
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture { (channel, try client.secure(channel)) }
                }
            _ = try await channel.1.get()
            // Below TLS.
            try await channel.0.eventLoop.submit {
                try channel.0.pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self).close(
                    mode: how, promise: nil)
            }.get()
            try await service.waitForEnds(1)
            #expect(
                service.errors.value.first?.contains("broke off without a goodbye") == true, "\(service.errors.value)")
        }
    }

    @Test("TLS 1.2 is spoken and 1.1 is not", arguments: [(TLSVersion.tlsv12, true), (.tlsv11, false)])
    func versions(version: TLSVersion, isSpoken: Bool) async throws {
        try await EchoService.with(try TestCertificates.server()) { service in
            guard case .tcp(let host, let port) = service.endpoint else { return }
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.maximumTLSVersion = version
            configuration.trustRoots = .file("\(try TestCertificates.folder())/authority.crt")
            let context = try NIOSSLContext(configuration: configuration)
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let tls = try NIOSSLClientHandler(context: context, serverHostname: "localhost")
                        try channel.pipeline.syncOperations.addHandler(tls)
                        return channel
                    }
                }
            if isSpoken {
                while service.peers.value.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
                try await channel.close()
            } else {
                try await service.waitForEnds(1)
                #expect(service.errors.value.first?.hasSuffix(" does not speak TLS 1.2 or 1.3") == true)
            }
        }
    }

    @Test("Hundreds of handshakes, good and bad, leave no descriptor behind")
    func descriptors() async throws {
        try await EchoService.with(try TestCertificates.server(clients: .required)) { service in
            let good = try TestCertificates.client("client")
            let bad = [try TestCertificates.client("client-foreign"), try TestCertificates.client(of: "elsewhere")]
            try await service.visit(good)
            let before = Self.openDescriptors()
            for round in 0..<500 {
                switch round % 5 {
                case 0: _ = try? await service.visit(bad[0])
                case 1: _ = try? await service.visit(bad[1])
                default: try await service.visit(good)
                }
            }
            try await service.waitForEnds(501)
            // Both ends are in this process; others run beside this test.
            #expect(Self.openDescriptors() < before + 100)
            #expect(service.peers.value.count == 301)
        }
    }

    @Test("Closing does not wait for what a flooding peer has still to say")
    func closingInFlood() async throws {
        let server = try TestCertificates.server()
        let client = try TestCertificates.client()
        try await withListener(on: .tcp(host: "127.0.0.1", port: 0, security: server)) { listener in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for try await incoming in listener {
                        try? await incoming.run { connection in
                            while true { try await connection.send(Self.line(1) + [0x0A]) }
                        }
                    }
                }
                defer { group.cancelAll() }
                var quickest = Duration.seconds(60)
                // On a busy machine one may be slow; waiting for the goodbye's time limit would make all of them so.
                for _ in 1...5 where quickest > .milliseconds(900) {
                    let begin = try await withConnection(
                        to: listener.endpoint, security: client, timeout: .seconds(20)
                    ) { _ in
                        // Until all buffers on the way are full and nobody reads any more.
                        try await Task.sleep(for: .milliseconds(100))
                        return ContinuousClock.now
                    }
                    quickest = min(quickest, ContinuousClock.now - begin)
                }
                #expect(quickest < .milliseconds(900))
            }
        }
    }

    private static func openDescriptors() -> Int {
        guard let folder = opendir("/proc/self/fd") else { return -1 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count
    }
}
#endif
