// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTLS
import BreakerTelemetry
import Glibc
import TestSupport
import Testing

@testable import BreakerPublisher

/// Each in a process of its own, whose descriptors and memory nobody else uses.
@Suite("Faults that a service must outlive", .timeLimit(.minutes(5)))
struct FaultsTests {
    private static var descriptors: Int {
        guard let folder = opendir("/proc/self/fd") else { return -1 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count
    }

    @Test("10,000 monitors that come and go leave no descriptor and no memory behind", arguments: [false, true])
    func churn(overTCP: Bool) async {
        Heap.startWithoutCaches()
        await #expect(processExitsWith: .success) { [overTCP] in try await FaultsTests.comeAndGo(overTCP: overTCP) }
    }

    @Test("A monitor that does not read costs less than 1 MiB, however much happens, and hears later what it missed")
    func stuck() async {
        Heap.startWithoutCaches()
        await #expect(processExitsWith: .success) { try await FaultsTests.holdStuckMonitors() }
    }

    @Test("A process without descriptors goes on living; monitors wait and are served when there are some again")
    func noDescriptors() async {
        await #expect(processExitsWith: .success) { try await FaultsTests.runOutOfDescriptors(over: nil) }
    }

    @Test("A process without descriptors goes on living over TCP as well, and says in its log what is wrong")
    func noDescriptorsOverTCP() async {
        await #expect(processExitsWith: .success) {
            try await FaultsTests.runOutOfDescriptors(over: .tcp(host: "127.0.0.1", port: 0))
        }
    }

    static func comeAndGo(overTCP: Bool) async throws {
        // Behind the tests for which time matters.
        _ = nice(10)
        let provider = FakeProvider(circuits: 10)
        try await PublishedService.run(provider) {
            if overTCP { $0.listeners = [.tcp(host: "127.0.0.1", port: 0)] }
        } _: { service in
            try await service.logged("publishing circuits")
            let (path, port) = (service.sockets.first ?? "", overTCP ? try await service.port() : 0)
            // In one of these ways each: at once, after the hello, after a subscribe, with an HTTP request, in the
            // middle of a line.
            func comeAndGo(_ times: Int) async throws {
                for number in 0..<times {
                    let monitor = overTCP ? RawMonitor(port: port, from: 2 + number % 250) : RawMonitor(path)
                    guard let monitor else { throw Monitor.Ended() }
                    switch number % 5 {
                    case 0: break
                    case 1: _ = monitor.receive()
                    case 2:
                        monitor.send(#"{"type":"subscribe","client":"c","interval_ms":100}"# + "\n")
                        _ = monitor.receive()
                    case 3: monitor.send("GET / HTTP/1.1\r\n\r\n")
                    default: monitor.send(#"{"type":"subscr"#)
                    }
                    monitor.close()
                    await Task.yield()
                }
            }
            Heap.keepNoBacktraces()
            try await comeAndGo(1_000)
            let before = try await settled(service)
            try await comeAndGo(10_000)
            let after = try await settled(service)
            #expect(after.descriptors == before.descriptors)
            #expect(before.memory > 0, "the C library reports no memory")
            #expect(after.memory - before.memory < 256, "\(before) → \(after)")
        }
    }

    static func holdStuckMonitors() async throws {
        _ = nice(10)
        let provider = FakeProvider(capacity: 64, circuits: 2_000)
        try await PublishedService.run(provider) {
            $0.minimumInterval = 10
            // Nobody is dropped here, however slow the machine is.
            $0.patience = .seconds(600)
        } _: { service in
            try await service.connect { quick in
                _ = try await quick.begin(interval: 10)
                var calls: Int64 = 0
                // Each about 100 KB, of which `quick` has seen the last row before the next one.
                func happen(_ rounds: Int, seenBy quick: inout Monitor) async throws {
                    for _ in 1...rounds {
                        calls += 1
                        for _ in 1...100 { provider.append(circuit: 1) }
                        for id in 1...2_000 as ClosedRange<Int64> { provider.change(id) { $0[.calls] = calls } }
                        try await quick.row(calls: calls)
                    }
                }
                let stuck = (1...4).compactMap { _ in RawMonitor(service.sockets[0]) }
                #expect(stuck.count == 4)
                for monitor in stuck {
                    monitor.send(#"{"type":"subscribe","client":"c","interval_ms":10}"# + "\n")
                    try monitor.read(until: #""type":"ready""#)
                }
                // Far more than the kernel holds for them.
                try await happen(5, seenBy: &quick)
                let before = Heap.inUse
                try await happen(30, seenBy: &quick)
                let growth = Heap.inUse - before
                #expect(growth < 4 * 1_024, "\(growth) KiB")
                for monitor in stuck {
                    try monitor.read(until: #""type":"gap""#)
                    monitor.close()
                }
            }
        }
    }

    /// What is in use when all connections that have ended are gone.
    private static func settled(_ service: PublishedService) async throws -> (descriptors: Int, memory: Int) {
        // The publisher may not have noticed yet that the last ones are gone.
        var (count, calm) = (descriptors, 0)
        while calm < 20 {
            try await Task.sleep(for: .milliseconds(10))
            calm = descriptors == count ? calm + 1 : 0
            count = descriptors
        }
        // The test's own memory of what was logged.
        service.log.change { $0 = [] }
        return (count, Heap.inUse)
    }

    /// - Parameter listener: where monitors connect; `nil` = the Unix socket.
    static func runOutOfDescriptors(
        over listener: Publisher.Listener?, security: (any ConnectionSecurity)? = nil
    ) async throws {
        var limit = rlimit(rlim_cur: 128, rlim_max: 128)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let provider = FakeProvider(circuits: 1)
        try await PublishedService.run(provider) {
            if let listener { $0.listeners = [listener] }
        } _: { service in
            func connect(_ body: (inout Monitor) async throws -> Void) async throws {
                if listener == nil {
                    try await service.connect(body)
                } else {
                    try await service.connectOverTCP(security: security, body)
                }
            }
            try await connect { first in
                _ = try await first.begin()
                let port = listener == nil ? nil : try await service.port()
                var wasted: [CInt] = []
                while true {
                    let file = open("/dev/null", O_RDONLY)
                    guard file >= 0 else { break }
                    wasted.append(file)
                }
                let problem = errno
                #expect(problem == EMFILE)
                // One for the monitor's end, none for the service's.
                Glibc.close(wasted.removeLast())
                guard let waiting = port.map({ RawMonitor(port: $0) }) ?? RawMonitor(service.sockets[0]) else {
                    throw Monitor.Ended()
                }
                try await service.logged("connections cannot be accepted: Too many open files")
                // Who is there already is served as ever.
                for _ in 1...3 {
                    let seq = provider.append()
                    try await first.event(seq)
                }
                for file in wasted { Glibc.close(file) }
                // In TLS nothing is said to somebody who has not said anything.
                if security == nil { #expect(waiting.receive().contains(#""type":"hello""#)) }
                waiting.close()
            }
            try await connect { again in _ = try await again.begin() }
            #expect(service.log.value.count { $0.contains("cannot be accepted") } < 10)
        }
    }
}

#if TLS
extension FaultsTests {
    private static func listener() throws -> (Publisher.Listener, TLSClient) {
        let folder = try TLSListenerTests.certificates()
        let tls = Publisher.TLS(
            certificate: "\(folder)/server.crt", key: "\(folder)/server.key",
            clientAuthorities: "\(folder)/authority.crt")
        let files = TLSFiles(
            authorities: "\(folder)/authority.crt", certificate: "\(folder)/client.crt", key: "\(folder)/client.key")
        return (.tcp(host: "127.0.0.1", port: 0, tls: tls), try TLSClient(files: files, serverName: "localhost"))
    }

    @Test("A process without descriptors goes on living over TLS as well, and says in its log what is wrong")
    func noDescriptorsOverTLS() async {
        await #expect(processExitsWith: .success) {
            let (listener, client) = try FaultsTests.listener()
            try await FaultsTests.runOutOfDescriptors(over: listener, security: client)
        }
    }

    @Test("1,000 monitors that come and go over TLS leave no descriptor and no memory behind")
    func churnOverTLS() async {
        Heap.startWithoutCaches()
        await #expect(processExitsWith: .success) { try await FaultsTests.comeAndGoOverTLS() }
    }

    static func comeAndGoOverTLS() async throws {
        _ = nice(10)
        let (listener, client) = try listener()
        try await PublishedService.run(FakeProvider(circuits: 10)) {
            $0.listeners = [listener]
        } _: { service in
            let port = try await service.port()
            // In one of these ways each: at once, in plain text, in the middle of the handshake, after it, after a
            // subscribe.
            func comeAndGo(_ times: Int) async throws {
                for number in 0..<times {
                    guard number % 5 < 3 else {
                        try await withConnection(
                            to: .tcp(host: "127.0.0.1", port: port), security: client, timeout: .seconds(20)
                        ) { connection in
                            var monitor = Monitor(connection)
                            if number % 5 == 3 { _ = try await monitor.next() } else { _ = try await monitor.begin() }
                        }
                        continue
                    }
                    guard let monitor = RawMonitor(port: port) else { throw Monitor.Ended() }
                    if number % 5 == 1 { monitor.send("GET / HTTP/1.1\r\n\r\n") }
                    if number % 5 == 2 { monitor.send("\u{16}\u{3}\u{1}\u{2}") }
                    monitor.close()
                }
            }
            Heap.keepNoBacktraces()
            try await comeAndGo(500)
            let before = try await settled(service)
            try await comeAndGo(1_000)
            let after = try await settled(service)
            #expect(after.descriptors == before.descriptors)
            #expect(before.memory > 0, "the C library reports no memory")
            #expect(after.memory - before.memory < 256, "\(before) → \(after)")
        }
    }
}
#endif
