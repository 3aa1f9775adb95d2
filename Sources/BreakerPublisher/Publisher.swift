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
    ///   - logger: gets every command, done or refused, at `notice`, and what an operations team should know at `warning`.
    public init(
        _ provider: some TelemetryProvider,
        configuration: Configuration = .init(),
        logger: Logger = Logger(label: "breakertop.publisher")
    ) {
        configuration.check()
        self.provider = provider
        self.configuration = configuration
        self.logger = logger
    }

    /// Publishes until the task is cancelled, or shut down by the `ServiceGroup` that it runs in; then every monitor hears
    /// `bye` and the sockets are removed. One that does not read is given a second or two.
    ///
    /// - Throws: ``PublisherError`` when one of the listeners cannot be had, with what to do about it. Cancellation is no
    ///   error.
    public func run() async throws {
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await untilShutDown(publish))
        } catch {
            outcome = .failure(error)
        }
        await provider.flush()
        try outcome.get()
    }

    private func publish() async throws {
        do {
            let places = try await open()
            defer { for place in places { place.release() } }
            try await listen(at: places[...])
        } catch let error as SocketError {
            throw PublisherError(error.message)
        } catch  where Task.isCancelled {
            // Before anything was published.
        }
    }

    private func open() async throws -> [OpenPlace] {
        var places: [OpenPlace] = []
        for listener in configuration.listeners {
            places.append(try await OpenPlace(listener, of: provider.identity))
        }
        return places
    }

    /// Listens at one place after the other, and serves when all are had.
    private func listen(
        at places: ArraySlice<OpenPlace>, had: [(OpenPlace, BreakerSockets.Listener)] = []
    ) async throws {
        guard let place = places.first else { return try await serve(had) }
        let report: @Sendable (String) -> Void = { [logger] in logger.warning("\($0)") }
        try await withListener(on: place.place, onTrouble: report) { listener in
            try await listen(at: places.dropFirst(), had: had + [(place, listener)])
        }
    }

    private func serve(_ listeners: [(OpenPlace, BreakerSockets.Listener)]) async throws {
        let hub = Hub(provider: provider, configuration: configuration)
        let desk = CommandDesk(provider: provider, isReadOnly: configuration.isReadOnly, logger: logger) {
            hub.descriptions().description(of: $0)?.name
        }
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await hub.passOnActivity() }
            group.addTask { await hub.advanceProvider() }
            for (place, listener) in listeners {
                logger.info("publishing circuits", metadata: ["at": "\(listener.endpoint)"])
                let reception = Reception(place: place, hub: hub, desk: desk, logger: logger)
                group.addTask { try await reception.run(listener) }
                guard let tls = place.tls else { continue }
                let watch = CertificateWatch(tls: tls, logger: logger) { [provider] in provider.now().t }
                group.addTask { await watch.run() }
            }
        }
        logger.info("stopped publishing circuits")
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
