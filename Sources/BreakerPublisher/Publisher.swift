// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
public import BreakerTelemetry
public import Logging

/// Serves a provider's circuits on a metrics socket, where monitors such as `breakertop` find them.
///
/// ```swift
/// let publisher = Publisher(registry)
/// try await publisher.run()          // in a task group or a ServiceLifecycle group
/// ```
///
/// It never slows the service: it reads counters a few times a second, only while somebody watches, and a monitor that
/// does not keep up gets fewer, newer figures instead of a queue.
public struct Publisher: Sendable {
    private let provider: any TelemetryProvider
    private let configuration: Configuration
    private let logger: Logger

    /// Creates a publisher; nothing happens before ``run()``.
    ///
    /// - Parameters:
    ///   - provider: whose circuits, such as a `Registry` of Resilience.
    ///   - logger: gets every command, done or refused, at `notice`.
    public init(
        _ provider: some TelemetryProvider,
        configuration: Configuration = .init(),
        logger: Logger = Logger(label: "breakertop.publisher")
    ) {
        self.provider = provider
        self.configuration = configuration
        self.logger = logger
    }

    /// Publishes until the task is cancelled; then every monitor hears `bye` and the socket is removed.
    ///
    /// - Throws: ``PublisherError`` when the socket cannot be made, with what to do about it. Cancellation is no error.
    public func run() async throws {
        let claim = try takeSocket()
        defer { claim.release() }
        let hub = Hub(provider: provider, configuration: configuration)
        let desk = CommandDesk(provider: provider, isReadOnly: configuration.isReadOnly, logger: logger)
        logger.info("publishing circuits", metadata: ["socket": "\(claim.path)"])
        do {
            try await withListener(on: claim) { listener in
                try await serve(listener, hub, desk, claim)
            }
        } catch let error as SocketError {
            throw PublisherError(error.message)
        }
        logger.info("stopped publishing circuits", metadata: ["socket": "\(claim.path)"])
    }

    private func takeSocket() throws(PublisherError) -> SocketClaim {
        let identity = provider.identity
        do throws(SocketError) {
            let folder =
                if let path = configuration.folder {
                    try SocketFolder.create(path)
                } else {
                    try SocketFolder.forPublishing()
                }
            return try SocketClaim.take(service: identity.service, instance: identity.instance, in: folder)
        } catch {
            throw PublisherError(error.message)
        }
    }

    private func serve(_ listener: Listener, _ hub: Hub, _ desk: CommandDesk, _ claim: SocketClaim) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await hub.passOnActivity() }
            group.addTask { await hub.advanceProvider() }
            for try await incoming in listener {
                let news = Doorbell()
                guard hub.join(news) else {
                    // Here, not in a task of its own: those who are turned away come one at a time.
                    await Conversation.turnAway(incoming, hub: hub, logger: logger)
                    continue
                }
                group.addTask {
                    await Conversation.hold(incoming, news: news, hub: hub, desk: desk, logger: logger)
                }
            }
            // No new monitor is to find a service that says goodbye.
            claim.removeSocket()
            group.cancelAll()
        }
    }
}

/// Why a publisher could not publish: a sentence that names the path or value and what to do.
public struct PublisherError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The sentence.
    public var message: String

    init(_ message: String) { self.message = message }

    /// The sentence.
    public var description: String { message }
}
