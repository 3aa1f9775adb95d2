// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import BreakerWire

/// A monitor of a test's own: bytes out, messages in.
struct Monitor {
    struct Ended: Error {}
    struct Done: Error {}

    let connection: LineConnection
    private var lines: LineSequence.AsyncIterator
    private var decoder = ServiceMessageDecoder()

    init(_ connection: LineConnection) {
        self.connection = connection
        lines = connection.lines.makeAsyncIterator()
    }

    func send(_ message: MonitorMessage) async throws {
        var bytes: [UInt8] = []
        MessageEncoder().append(message, to: &bytes)
        try await connection.send(bytes)
    }

    func send(text: String) async throws {
        try await connection.send(Array(text.utf8))
    }

    func close() { connection.close() }

    /// The next message; `nil` at the end of the connection.
    mutating func next() async throws -> ServiceMessage? {
        guard case .line(let line)? = try await lines.next() else { return nil }
        let result = line.withUnsafeBytes { bytes in
            do throws(WireError) {
                return Result<ServiceMessage, WireError>.success(try decoder.decode(bytes))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// The first message from here on that gives something.
    mutating func first<Found>(_ find: (ServiceMessage) -> Found?) async throws -> Found {
        while let message = try await next() {
            if let found = find(message) { return found }
        }
        throw Ended()
    }

    /// Subscribes and reads until ready.
    mutating func begin(interval: Milliseconds = 100) async throws -> (hello: Hello, subscribed: Subscribed) {
        let hello = try await first { if case .hello(let hello) = $0 { hello } else { nil } }
        try await send(.subscribe(Subscribe(client: "test", interval: interval)))
        let subscribed = try await first { if case .subscribed(let subscribed) = $0 { subscribed } else { nil } }
        try await first { if case .ready = $0 { () } else { nil } }
        return (hello, subscribed)
    }

    mutating func result(of id: String) async throws -> CommandResult {
        try await first { if case .result(let result) = $0, result.id == id { result } else { nil } }
    }

    /// Why a command was refused.
    mutating func refusal(of id: String) async throws -> CommandError {
        switch try await result(of: id).outcome {
        case .success: throw Done()
        case .failure(let error): return error
        }
    }

    /// Reads until that event.
    mutating func event(_ seq: Int64) async throws {
        while try await first({ if case .event(let event, _) = $0 { event.seq } else { nil } }) != seq {}
    }

    /// Reads until a row shows so many calls.
    mutating func row(calls: Int64) async throws {
        while true {
            let sample = try await first { if case .sample(let sample) = $0 { sample } else { nil } }
            if sample.rows.contains(where: { $0[.calls] == calls }) { return }
        }
    }

    /// Reads until the service says goodbye, and why.
    mutating func bye() async throws -> String {
        try await first { if case .bye(let reason) = $0 { reason } else { nil } }
    }

    mutating func error() async throws -> ErrorMessage {
        try await first { if case .error(let error) = $0 { error } else { nil } }
    }

    /// Subscribes, and reads why there is no place for it; then the connection is closed.
    mutating func whyTurnedAway() async throws -> String {
        // Who has no place may be closed before he has said anything.
        try await send(.subscribe(Subscribe(client: "test", interval: 100)))
        let error = try await error()
        guard error.code == "too_many_connections" else { throw Done() }
        if try await next() != nil { throw Done() }
        return error.message
    }

    mutating func audit(of id: String) async throws -> CommandRecord {
        try await first { message in
            guard case .event(let event, _) = message, case .command(let record) = event.kind else { return nil }
            return record.id == id ? record : nil
        }
    }
}
