// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Synchronization

/// Customers: a bounded stream of requests to the gateway.
struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Sends requests to the gateway until told to end.")

    @Option(help: "The first of the five ports of the shop.")
    var basePort: UInt16

    @Option(help: "Requests a second, 1…200.")
    var rate = 30

    func validate() throws {
        try Ports.check(base: basePort)
        guard (1...200).contains(rate) else { throw ValidationError("--rate must lie within 1…200 (is \(rate))") }
    }

    func run() async throws {
        let lifeline = Lifeline()
        let gateway = Backend(.gateway, ports: Ports(base: basePort))
        let customers = Customers(gateway)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [rate] in await customers.come(perSecond: rate) }
            group.addTask { _ = await lifeline.ending() }
            await group.next()
            group.cancelAll()
        }
    }
}

/// At most 64 requests are under way; who would be the next goes elsewhere.
private final class Customers: Sendable {
    private static let limit = 64
    private static let wishes: [(share: Int, method: String, path: String)] = [
        (40, "POST", "/orders"), (36, "GET", "/catalog"), (21, "GET", "/orders/7"), (3, "DELETE", "/orders/7"),
    ]

    private let gateway: Backend
    private let underWay = Atomic(0)
    private let answered = Atomic(0)
    private let degraded = Atomic(0)
    private let failed = Atomic(0)

    init(_ gateway: Backend) { self.gateway = gateway }

    func come(perSecond rate: Int) async {
        let clock = ContinuousClock()
        let pause = Duration.seconds(1) / rate
        var next = clock.now
        var sent = 0
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                if underWay.load(ordering: .relaxed) < Self.limit {
                    underWay.wrappingAdd(1, ordering: .relaxed)
                    group.addTask { await self.ask() }
                }
                sent += 1
                if sent % (rate * 10) == 0 { report() }
                // After a stall of this process, no burst makes up for it.
                next = max(next.advanced(by: pause), clock.now)
                try? await Task.sleep(until: next, clock: clock)
            }
        }
    }

    private func ask() async {
        defer { underWay.wrappingSubtract(1, ordering: .relaxed) }
        var draw = Int.random(in: 0..<100)
        let wish = Self.wishes.first { wish in
            draw -= wish.share
            return draw < 0
        }
        guard let wish else { return }
        do {
            let body = try await gateway.call(wish.method, wish.path)
            answered.wrappingAdd(1, ordering: .relaxed)
            if body.contains(#""degraded":true"#) { degraded.wrappingAdd(1, ordering: .relaxed) }
        } catch {
            failed.wrappingAdd(1, ordering: .relaxed)
        }
    }

    private func report() {
        let answered = answered.exchange(0, ordering: .relaxed)
        let degraded = degraded.exchange(0, ordering: .relaxed)
        let failed = failed.exchange(0, ordering: .relaxed)
        Log.line("load", "\(answered) answered, \(degraded) of them degraded, \(failed) failed in 10 s")
    }
}
