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
/// does not keep up gets fewer, newer figures instead of a queue. Nor does it end the service: where it cannot listen, it
/// says so in the log and tries again.
public struct Publisher: Sendable {
    private let provider: any TelemetryProvider
    private let configuration: Configuration
    private let logger: Logger

    /// Creates a publisher; nothing happens before ``run()``.
    ///
    /// - Parameters:
    ///   - provider: whose circuits, such as a `Registry` of Resilience.
    ///   - logger: gets every command, done or refused, at `notice`; what an operations team should know at `warning`; and
    ///     at `error` that a listener cannot be had, why, and what to do.
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
    /// A listener that cannot be had, since its folder is somebody else's, its port is taken or its certificate cannot be
    /// read, is logged at `error`, once for each cause, and tried again after a second, then ever more seldom, down to
    /// once a minute; the others serve meanwhile. So is one that breaks. That is no reason to end a service.
    ///
    /// - Throws: ``PublisherError`` at once when a listener's address would offer circuits to other machines without TLS, or
    ///   it lets certificates operate without asking for any: those are mistakes in the program. A host's name may stand for
    ///   another address some day: that is logged and tried again. Cancellation is no error.
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
        let hub = Hub(provider: provider, configuration: configuration)
        let desk = CommandDesk(provider: provider, isReadOnly: configuration.isReadOnly, logger: logger) {
            hub.descriptions().description(of: $0)?.name
        }
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await hub.passOnActivity() }
            group.addTask { await hub.advanceProvider() }
            for (index, listener) in configuration.listeners.enumerated() {
                group.addTask { try await keepListening(at: listener, number: index + 1, hub, desk) }
            }
        }
        logger.info("stopped publishing circuits")
    }

    /// Serves one listener until the task is cancelled, again and again where that fails.
    ///
    /// - Parameter number: which one of the configuration's it is, from 1.
    private func keepListening(at listener: Listener, number: Int, _ hub: Hub, _ desk: CommandDesk) async throws {
        var retries = ListeningRetries()
        while !Task.isCancelled {
            do {
                try await listen(at: listener, hub, desk) { endpoint in
                    let level: Logger.Level = retries.hasFailed ? .notice : .info
                    logger.log(
                        level: level, "publishing circuits", metadata: ["at": "\(endpoint)", "listener": "\(number)"])
                    retries.succeeded(now: hub.now)
                }
            } catch let error as PublisherError {
                throw logged(error, listener, number)
            } catch let error as SocketError where error.code == .insecure {
                throw logged(PublisherError(error.message), listener, number)
            } catch  where Task.isCancelled {
                return
            } catch {
                let (pause, isNews) = retries.failed(because: "\(error)", now: hub.now)
                if isNews {
                    logger.error(
                        "circuits are not published at a listener; it is tried again",
                        metadata: ["at": "\(listener)", "listener": "\(number)", "reason": "\(error)"])
                }
                try? await Task.sleep(for: pause)
            }
        }
    }

    /// Told in the log too: who awaits `run()` late, or never, is to know.
    private func logged(_ error: PublisherError, _ listener: Listener, _ number: Int) -> PublisherError {
        logger.error(
            "circuits are not published: the configuration cannot be",
            metadata: ["at": "\(listener)", "listener": "\(number)", "reason": "\(error)"])
        return error
    }

    private func listen(
        at listener: Listener, _ hub: Hub, _ desk: CommandDesk, whenListening tell: (Endpoint) -> Void
    ) async throws {
        let (identity, open) = (provider.identity, configuration.opening)
        // A second, so that a shutdown in the middle leaves no socket behind where nothing hangs.
        let place = try await tryOnThreadOfItsOwn(grace: .seconds(1)) { try open(listener, identity) }
        defer { place.release() }
        let report: @Sendable (String) -> Void = { [logger] in logger.warning("\($0)") }
        try await withListener(on: place.place, onTrouble: report) { listener in
            tell(listener.endpoint)
            let reception = Reception(place: place, hub: hub, desk: desk, logger: logger)
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask { try await reception.run(listener) }
                guard let tls = place.tls else { return }
                let watch = CertificateWatch(tls: tls, logger: logger) { [provider] in provider.now().t }
                group.addTask { await watch.run() }
            }
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
