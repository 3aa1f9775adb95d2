// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Synchronization

/// One conversation with the service, recorded as it goes.
final class Talk: Sendable {
    /// The most that is kept of one conversation, in bytes; a service that says more is cut off.
    private static let memory = 16 << 20

    private let connection: LineConnection
    private let start = ContinuousClock.now
    private let record: Mutex<Transcript>
    private let news = Doorbell()

    /// Connects, runs the body and closes; what the service says meanwhile is recorded.
    ///
    /// - Parameter reads: whether anything is read at all.
    /// - Throws: ``SocketError`` when no connection came about.
    static func hold(
        _ dialogue: Dialogue, at service: Service, reads: Bool = true, _ body: (Talk) async -> Void
    ) async throws -> Transcript {
        try await withConnection(to: service.endpoint, security: service.security, lineLimit: WireBounds.line) {
            connection in
            let talk = Talk(dialogue, connection)
            await withTaskGroup(of: Void.self) { group in
                if reads { group.addTask { await talk.read() } }
                await body(talk)
                group.cancelAll()
            }
            return talk.transcript
        }
    }

    private init(_ dialogue: Dialogue, _ connection: LineConnection) {
        self.connection = connection
        record = Mutex(Transcript(dialogue.name))
    }

    /// What was said so far.
    var transcript: Transcript { record.withLock { $0 } }

    /// The time since the conversation began.
    var now: Duration { start.duration(to: .now) }

    private func read() async {
        do {
            for try await line in connection.lines {
                let isFull = record.withLock { record in
                    record.receive(line, at: now)
                    if record.size > Self.memory {
                        record.end(.failed("it said more than \(Self.memory >> 20) MiB"), at: now)
                    }
                    return record.size > Self.memory
                }
                news.ring()
                if isFull { return connection.close() }
            }
            if !Task.isCancelled { record.withLock { $0.end(.theirs, at: now) } }
        } catch {
            // A service that closes while something is on its way to it resets the connection.
            record.withLock { $0.end(.theirs, at: now) }
        }
        news.ring()
    }

    /// Waits until something holds of what was said, the service closed, the time is over or the task is cancelled.
    @discardableResult
    func wait(_ time: Duration, until isEnough: (Transcript) -> Bool) async -> Bool {
        let deadline = now + time
        while true {
            let (isDone, isOver) = record.withLock { (isEnough($0), $0.ending != .ours) }
            if isDone { return true }
            guard !isOver, !Task.isCancelled, now < deadline else { return false }
            await news.wait(atMost: deadline - now)
        }
    }

    /// Listens for a while, or until the service closes.
    func listen(_ time: Duration) async { await wait(time) { _ in false } }

    /// Sends whole lines, noting each; that the service closed meanwhile is seen by the reading side.
    func send(_ lines: [(label: String, bytes: [UInt8], id: String?)]) async {
        for line in lines { record.withLock { _ = $0.send(line.label, id: line.id, at: now) } }
        try? await connection.send(lines.flatMap { $0.bytes + [0x0A] }, timeout: .seconds(5))
    }

    func send(_ label: String, _ bytes: [UInt8]) async { await send([(label, bytes, nil)]) }

    func send(_ subscribe: SubscribeLine) async { await send(subscribe.label, subscribe.bytes) }

    func send(_ label: String, _ text: String) async { await send(label, Array(text.utf8)) }

    /// Sends a part of a line, which has no number yet.
    func sendPart(_ label: String, _ text: String) async {
        record.withLock { _ = $0.send(label, at: now) }
        try? await connection.send(Array(text.utf8), timeout: .seconds(5))
    }
}

/// Where the service is.
struct Service: Sendable {
    var endpoint: Endpoint
    var security: (any ConnectionSecurity)?
}
