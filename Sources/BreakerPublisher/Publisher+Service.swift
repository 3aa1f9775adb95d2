// SPDX-License-Identifier: Apache-2.0

#if ServiceLifecycle
public import ServiceLifecycle

extension Publisher: Service {
    /// Runs a body, and cancels it when the service group shuts down in order; without a group it just runs.
    func untilShutDown(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await cancelWhenGracefulShutdown(body)
    }
}
#else
extension Publisher {
    func untilShutDown(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await body()
    }
}
#endif
