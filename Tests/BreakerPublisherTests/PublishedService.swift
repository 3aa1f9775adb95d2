// SPDX-License-Identifier: Apache-2.0

import BreakerPublisher
import BreakerSockets
import BreakerTelemetry
import Glibc
import Logging
import TestSupport
import Testing

/// A publisher that runs in a folder of its own for as long as a test's body does.
struct PublishedService: Sendable {
    let folder: String
    let log: Shared<[String]>

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

    static func run(
        _ provider: some TelemetryProvider, copies: Int = 1,
        configure: (inout Publisher.Configuration) -> Void = { _ in },
        _ body: (PublishedService) async throws -> Void
    ) async throws {
        let temporary = try TemporaryFolder()
        let log = Shared<[String]>([])
        var configuration = Publisher.Configuration(folder: temporary.path)
        configure(&configuration)
        let logger = Logger(label: "test") { _ in RecordingLog(lines: log) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...copies {
                let publisher = Publisher(provider, configuration: configuration, logger: logger)
                group.addTask { try await publisher.run() }
            }
            try await body(PublishedService(folder: temporary.path, log: log))
            group.cancelAll()
            try await group.waitForAll()
        }
        withExtendedLifetime(temporary) {}
    }
}

/// Keeps what is logged, one line an entry.
private struct RecordingLog: LogHandler {
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
