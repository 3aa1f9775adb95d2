// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import BreakerWire
import Logging
import Synchronization

/// The shell around a subscriber's state machine: reads lines into it and sends what it gives.
struct Conversation: Sendable {
    private let connection: LineConnection
    private let number: Seats.Number
    private let client: Seats.Client
    private let reception: Reception
    private let shared: Shared

    /// A reader and a writer meet here.
    private final class Shared: Sendable {
        let machine: Mutex<SubscriberStateMachine>
        /// Rung when there may be something to send.
        let news = Doorbell()
        /// Rung when there is room for another answer.
        let room = Doorbell()

        init(_ machine: SubscriberStateMachine) { self.machine = Mutex(machine) }
    }

    /// How long a monitor may take to read the last words.
    private static let farewellTime: Duration = .seconds(1)
    /// How long a connection's first command waits for its sender's name.
    private static let nameTime: Duration = .milliseconds(250)

    /// Holds the conversation with a monitor until either side ends it or the task is cancelled. Failures are logged.
    ///
    /// - Parameters:
    ///   - number: the connection's among those who have come in.
    ///   - start: when it connected; securing the connection and subscribing share one time limit.
    static func hold(
        _ incoming: IncomingConnection, number: Seats.Number, since start: Milliseconds, at reception: Reception
    ) async {
        let time = Duration.milliseconds(reception.hub.configuration.subscribeTime)
        do {
            try await incoming.run(handshakeTime: time) { connection in
                await Conversation(connection, number, start, reception).run()
            }
        } catch {
            reception.logger.debug("a monitor's connection failed", metadata: ["error": "\(error)"])
            reception.tell(of: error, incoming.peer)
        }
    }

    private init(
        _ connection: LineConnection, _ number: Seats.Number, _ start: Milliseconds, _ reception: Reception
    ) {
        self.connection = connection
        self.number = number
        self.reception = reception
        client = reception.client(of: connection.peer)
        let configuration = reception.hub.configuration
        let role = reception.principal(of: connection.peer).role
        shared = Shared(
            SubscriberStateMachine(
                role: configuration.isReadOnly ? .observer : role,
                minimumInterval: configuration.minimumInterval, subscribeTime: configuration.subscribeTime, now: start))
    }

    private var hub: Hub { reception.hub }
    private var logger: Logger { reception.logger }

    /// Who is at the other end, with the name as far as it is known by now, and what that one may still do.
    private var sender: Principal { reception.principal(of: connection.peer) }

    private func run() async {
        hub.recognize(number, as: client)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await read() }
            await write()
            group.cancelAll()
        }
    }
}

extension Conversation {
    private func write() async {
        while true {
            if Task.isCancelled { shared.machine.withLock { $0.stop(reason: "the publisher stops") } }
            let now = hub.now
            switch shared.machine.withLock({ $0.next(now: now, from: hub) }) {
            case .send(let outbox):
                do {
                    try await connection.send(outbox.bytes, timeout: hub.configuration.patience)
                } catch {
                    return drop(because: error.message)
                }
                shared.room.ring()
            case .wait(let until):
                await shared.news.wait(atMost: .milliseconds(until - hub.now))
            case .close(let outbox, let reason):
                if !outbox.isEmpty { try? await connection.send(outbox.bytes, timeout: Self.farewellTime) }
                logger.debug("a conversation ended", metadata: ["peer": "\(sender.name)", "reason": "\(reason)"])
                return
            }
        }
    }

    private func drop(because reason: String) {
        logger.notice("a monitor was dropped", metadata: ["peer": "\(sender.name)", "reason": "\(reason)"])
    }

    private func read() async {
        let decoder = MonitorMessageDecoder()
        var (hasSeat, hasAskedName) = (false, false)
        do {
            for try await line in connection.lines {
                let message = Self.message(line, decoder)
                if case .success(.subscribe) = message, !hasSeat {
                    hasSeat = true
                    if let refusal = join() {
                        reception.tellOfCrowd(refusal.message, connection.peer)
                        shared.machine.withLock { $0.turnAway(saying: refusal.message) }
                    }
                }
                var histograms = 0
                let isNewLine = if case .stillTooLong = line { false } else { true }
                switch shared.machine.withLock({ $0.receive(message, isNewLine: isNewLine) }) {
                case .none: break
                case .histograms(let count): histograms = count
                case .command(let command):
                    if !hasAskedName {
                        hasAskedName = true
                        await learnName()
                    }
                    let result = await reception.desk.handle(command, from: sender, now: hub.now)
                    shared.machine.withLock { $0.answer(result) }
                }
                shared.news.ring()
                let pause = hub.pay(Int64(1 + histograms), by: client)
                // One that nobody rings: unlike a sleep, it holds no memory when the connection ends meanwhile.
                if pause > 0 { await Doorbell().wait(atMost: .milliseconds(pause)) }
                while shared.machine.withLock({ $0.isFull }), !Task.isCancelled { await shared.room.wait() }
            }
        } catch {
            // A broken connection ends the conversation like a closed one.
        }
        // A cancelled reader ends as well, but then the writer has a goodbye to say.
        if !Task.isCancelled { shared.machine.withLock { $0.peerClosed() } }
        shared.news.ring()
    }

    /// Takes a seat, unless the client has to wait before it asks for one more whole picture.
    private func join() -> Seats.Refusal? {
        let debt = hub.pay(0, by: client)
        guard debt <= LineBudget.patience else { return .indebted(debt - LineBudget.patience) }
        if let refusal = hub.join(number, client, shared.news) { return refusal }
        _ = hub.pay(hub.configuration.subscribeCost - 1, by: client)
        return nil
    }

    private func learnName() async {
        guard case .user(let credentials) = connection.peer else { return }
        await hub.names.learn(credentials.uid, within: Self.nameTime)
    }

    private static func message(
        _ line: InboundLine, _ decoder: MonitorMessageDecoder
    ) -> Result<MonitorMessage, WireError> {
        switch line {
        case .line(let bytes):
            return bytes.withUnsafeBytes { bytes in
                do throws(WireError) {
                    return .success(try decoder.decode(bytes))
                } catch {
                    return .failure(error)
                }
            }
        case .tooLong, .stillTooLong:
            return .failure(WireError(.lineTooLong, "a line may have at most \(WireLimits.lineBytes) bytes"))
        }
    }
}
