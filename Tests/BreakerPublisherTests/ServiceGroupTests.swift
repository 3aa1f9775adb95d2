// SPDX-License-Identifier: Apache-2.0

#if ServiceLifecycle
import BreakerSockets
import BreakerTelemetry
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import BreakerPublisher

@Suite("A publisher in a service group", .timeLimit(.minutes(1)))
struct ServiceGroupTests {
    @Test("Graceful shutdown says bye, removes the socket and ends, also when some monitors do not read")
    func gracefulShutdown() async throws {
        let temporary = try TemporaryFolder()
        let provider = FakeProvider(circuits: 1)
        let publisher = Publisher(provider, configuration: .init(listeners: [.unix(folder: temporary.path)]))
        let services = ServiceGroup(
            configuration: .init(
                services: [.init(service: publisher, successTerminationBehavior: .ignore)],
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        let service = PublishedService(folder: temporary.path, log: Shared([]))
        let (stuck, isStuck) = AsyncStream.makeStream(of: Void.self)
        let done = Doorbell()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            for _ in 1...8 {
                group.addTask {
                    try await service.connect { monitor in
                        _ = try await monitor.begin()
                        isStuck.yield()
                        await done.wait()
                        done.ring()
                    }
                }
            }
            for await _ in stuck.prefix(8) {}
            try await service.connect { monitor in
                _ = try await monitor.begin()
                // The others are stuck in the middle of something.
                provider.overflow()
                try await monitor.event(1_000)
                let start = ContinuousClock.now
                await services.triggerGracefulShutdown()
                let reason = try await monitor.bye()
                #expect(reason == "the publisher stops")
                // All of them together, not one after the other.
                while provider.flushes == 0 { try await Task.sleep(for: .milliseconds(1)) }
                #expect(ContinuousClock.now - start < .seconds(6))
            }
            #expect(service.sockets.isEmpty)
            done.ring()
            try await group.waitForAll()
        }
    }
}
#endif
