// SPDX-License-Identifier: Apache-2.0

import BreakerPublisher
import BreakerSockets
import BreakerTelemetry
import Glibc
import TestSupport
import Testing

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

    /// Memory in use, in KiB.
    private static var memory: Int {
        guard let file = fopen("/proc/self/statm", "r") else { return -1 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 256, file) != nil else { return -1 }
        let pages = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return (pages ?? -1) * 4
    }

    @Test("10,000 monitors that come and go leave no descriptor and no memory behind")
    func churn() async {
        await #expect(processExitsWith: .success) { try await FaultsTests.comeAndGo() }
    }

    @Test("A process without descriptors goes on living; monitors wait and are served when there are some again")
    func noDescriptors() async {
        await #expect(processExitsWith: .success) { try await FaultsTests.runOutOfDescriptors() }
    }

    static func comeAndGo() async throws {
        // Behind the tests for which time matters.
        _ = nice(10)
        let provider = FakeProvider(circuits: 10)
        try await PublishedService.run(provider) { service in
            try await service.logged("publishing circuits")
            let path = service.sockets[0]
            // In one of these ways each: at once, after the hello, after a subscribe, with an HTTP request, in the
            // middle of a line.
            func comeAndGo(_ times: Int) async throws {
                for number in 0..<times {
                    guard let monitor = RawMonitor(path) else { throw Monitor.Ended() }
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
            func settled() async throws -> (descriptors: Int, memory: Int) {
                // The publisher may not have noticed yet that the last ones are gone.
                var (count, calm) = (FaultsTests.descriptors, 0)
                while calm < 20 {
                    try await Task.sleep(for: .milliseconds(10))
                    calm = FaultsTests.descriptors == count ? calm + 1 : 0
                    count = FaultsTests.descriptors
                }
                // The test's own memory of what was logged.
                service.log.change { $0 = [] }
                return (count, FaultsTests.memory)
            }
            try await comeAndGo(1_000)
            let before = try await settled()
            try await comeAndGo(10_000)
            let after = try await settled()
            #expect(after.descriptors == before.descriptors)
            #expect(after.memory - before.memory < 4_096, "\(before) → \(after)")
        }
    }

    static func runOutOfDescriptors() async throws {
        var limit = rlimit(rlim_cur: 128, rlim_max: 128)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let provider = FakeProvider(circuits: 1)
        try await PublishedService.run(provider) { service in
            try await service.connect { first in
                _ = try await first.begin()
                let path = service.sockets[0]
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
                guard let waiting = RawMonitor(path) else { throw Monitor.Ended() }
                // Who is there already is served as ever.
                for _ in 1...3 {
                    let seq = provider.append()
                    try await first.event(seq)
                }
                for file in wasted { Glibc.close(file) }
                #expect(waiting.receive().contains(#""type":"hello""#))
                waiting.close()
            }
            try await service.connect { again in _ = try await again.begin() }
        }
    }
}
