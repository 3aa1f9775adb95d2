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
    private let deafness = Mutex(false)

    /// Whether what comes in is left where it is for now, so that the service cannot get rid of more.
    var isDeaf: Bool {
        get { deafness.withLock { $0 } }
        set { deafness.withLock { $0 = newValue } }
    }

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
                while isDeaf, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(20)) }
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
    ///
    /// - Returns: whether they were taken in time.
    @discardableResult
    func send(
        _ lines: [(label: String, bytes: [UInt8], id: String?)], timeout: Duration = .seconds(5)
    ) async -> Bool {
        for line in lines { record.withLock { _ = $0.send(line.label, id: line.id, at: now) } }
        do {
            try await connection.send(lines.flatMap { $0.bytes + [0x0A] }, timeout: timeout)
            return true
        } catch {
            return false
        }
    }

    /// Sends lines while nobody reads their answers: those fill what lies between, and then these do. When the service has
    /// closed, or the time is over, it reads on, to see whether it was left; `waited` is noted last.
    func send(_ lines: [(label: String, bytes: [UInt8], id: String?)], ignoringAnswersFor time: Duration) async {
        isDeaf = true
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                guard await self.send(lines, timeout: time * 2) else { return }
                try? await Task.sleep(for: time)
            }
            group.addTask { try? await Task.sleep(for: time) }
            await group.next()
            isDeaf = false
            await wait(Examination.patience) { _ in false }
            note("waited")
            group.cancelAll()
        }
    }

    /// Notes a moment, and sends nothing.
    func note(_ label: String) { record.withLock { _ = $0.send(label, at: now) } }

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
