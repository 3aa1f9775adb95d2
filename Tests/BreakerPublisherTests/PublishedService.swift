// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import Glibc
import Logging
import TestSupport
import Testing

@testable import BreakerPublisher

/// A publisher that runs in a folder of its own for as long as a test's body does.
struct PublishedService: Sendable {
    let folder: String
    let log: Shared<[String]>
    var listeners: [Publisher.Listener] = []

    /// The sockets that are there now, in order.
    var sockets: [String] {
        var names: [String] = []
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".sock") { names.append("\(folder)/\(name)") }
        }
        return names.sorted()
    }

    /// Talks to the first socket as a monitor; waits for it to be there.
    func connect<Result: Sendable>(
        to number: Int = 0, _ body: (inout Monitor) async throws -> Result
    ) async throws -> Result {
        while true {
            let sockets = sockets
            guard sockets.indices.contains(number) else {
                try await Task.sleep(for: .milliseconds(1))
                continue
            }
            do {
                return try await withConnection(to: .unix(path: sockets[number])) { connection in
                    var monitor = Monitor(connection)
                    return try await body(&monitor)
                }
            } catch let error as SocketError where error.code == .refused {
                try await Task.sleep(for: .milliseconds(1))
            }
        }
    }

    /// Talks to the socket as a monitor, again and again until it is not turned away: the publisher may not have noticed yet
    /// that another one is gone.
    func connectWhereThereIsRoom(_ body: (inout Monitor) async throws -> Void) async throws {
        while true {
            do {
                return try await connect { monitor in try await body(&monitor) }
            } catch {
                // Ended before or while it said something.
                try await Task.sleep(for: .milliseconds(1))
            }
        }
    }

    /// The TCP port that it listens on, once it does; of several the one of that number.
    func port(_ number: Int = 0) async throws -> Int {
        let overTCP = listeners.indices.filter { if case .tcp = listeners[$0].kind { true } else { false } }
        let listener = overTCP[number] + 1
        while true {
            for line in log.value where line.contains("publishing circuits at=tcp:") {
                let words = line.split(separator: " ")
                guard words.last == "listener=\(listener)", let place = words.dropLast().last else { continue }
                if let port = place.split(separator: ":").last.flatMap({ Int($0) }) { return port }
            }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// Talks to the TCP port as a monitor; waits for it to be there.
    func connectOverTCP<Result: Sendable>(
        to number: Int = 0, security: (any ConnectionSecurity)? = nil,
        _ body: (inout Monitor) async throws -> Result
    ) async throws -> Result {
        try await withConnection(to: .tcp(host: "127.0.0.1", port: try await port(number)), security: security) {
            connection in
            var monitor = Monitor(connection)
            return try await body(&monitor)
        }
    }

    /// Waits until a line is logged that contains a text.
    func logged(_ text: String) async throws {
        while !log.value.contains(where: { $0.contains(text) }) { try await Task.sleep(for: .milliseconds(1)) }
    }

    static func run(
        _ provider: some TelemetryProvider, copies: Int = 1,
        configure: (inout Publisher.Configuration) -> Void = { _ in },
        _ body: (PublishedService) async throws -> Void
    ) async throws {
        let temporary = try TemporaryFolder()
        let log = Shared<[String]>([])
        var configuration = Publisher.Configuration(listeners: [.unix(folder: temporary.path)])
        // A machine under load may be slow.
        configuration.subscribeTime = 60_000
        // All monitors of a test are one client.
        configuration.subscribeCost = 1
        configure(&configuration)
        let logger = Logger(label: "test") { _ in RecordingLog(lines: log) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...copies {
                let publisher = Publisher(provider, configuration: configuration, logger: logger)
                group.addTask { try await publisher.run() }
            }
            try await body(PublishedService(folder: temporary.path, log: log, listeners: configuration.listeners))
            group.cancelAll()
            try await group.waitForAll()
        }
        withExtendedLifetime(temporary) {}
    }
}

/// Keeps what is logged, one line an entry.
struct RecordingLog: LogHandler {
    let lines: Shared<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let details = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let line = "\(event.level): \(event.message) \(details.joined(separator: " "))"
        lines.change { $0.append(line) }
    }
}
