// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Feeds
import Fleet

/// A model that a feed fills as a monitor's would: one observation at a time, so that a flood waits.
actor FleetProbe {
    private(set) var fleet = FleetModel()
    private var waiting: (isMet: @Sendable (FleetModel) -> Bool, continuation: CheckedContinuation<FleetModel, Never>)?

    /// Runs a feed beside a body.
    static func run(_ feed: any Feed, _ body: (FleetProbe) async throws -> Void) async throws {
        let probe = FleetProbe()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await feed.run { await probe.take($0) } }
            try await body(probe)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func take(_ observation: Observation) {
        fleet.apply(observation)
        guard let waiting, waiting.isMet(fleet) else { return }
        self.waiting = nil
        waiting.continuation.resume(returning: fleet)
    }

    /// The model as soon as a condition is met, or as it is when a test's time is over.
    @discardableResult
    func until(_ isMet: @escaping @Sendable (FleetModel) -> Bool) async -> FleetModel {
        if isMet(fleet) { return fleet }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(returning: fleet) }
                waiting = (isMet, continuation)
            }
        } onCancel: {
            Task { await giveUp() }
        }
    }

    private func giveUp() {
        waiting?.continuation.resume(returning: fleet)
        waiting = nil
    }

    /// What is wrong with a source, once something is.
    func trouble(of source: String) async -> String {
        await until { $0[source]?.health.trouble != nil }[source]?.health.trouble?.reason ?? ""
    }

    @discardableResult
    func untilReady(_ source: String) async -> Source? {
        await until { $0[source]?.phase == .ready }[source]
    }
}

extension FleetModel {
    /// A source by the end of its name; any one for an empty end.
    subscript(name: String) -> Source? { sources.values.first { name.isEmpty || $0.id.name.hasSuffix(name) } }
}
