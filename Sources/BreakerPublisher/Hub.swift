// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import Glibc
import Synchronization

/// What all conversations of a publisher share: the provider, one reading of it per tick, the names of users, and who is
/// to be woken.
final class Hub: SubscriberSource, Sendable {
    private struct Monitors {
        var seats: Seats
        /// Of those who have come in: closes one for somebody else.
        var closers: [Seats.Number: @Sendable () -> Void] = [:]
        /// Of those who have a seat.
        var doorbells: [Seats.Number: Doorbell] = [:]
    }

    private struct Rows {
        var board = SampleBoard()
        var tick: Milliseconds?
    }

    let configuration: Publisher.Configuration
    let names = UserNames()
    private let provider: any TelemetryProvider
    private let monitors: Mutex<Monitors>
    private let rows = Mutex(Rows())
    private let circuits = Mutex(DescriptionBoard())
    // Apart, so that observers, however many they are, use up nothing of an operator's.
    private let budgets = Mutex((operators: LineBudgets(), observers: LineBudgets()))
    private let tellings = Mutex(Tellings())
    private let start = ContinuousClock.now

    init(provider: any TelemetryProvider, configuration: Publisher.Configuration) {
        self.provider = provider
        self.configuration = configuration
        let total = min(configuration.maximumConnections, Self.affordableConnections)
        let seats = Seats(total: total, perClient: configuration.maximumConnectionsPerClient)
        monitors = Mutex(Monitors(seats: seats))
    }

    /// Milliseconds since the publisher began, monotonic.
    var now: Milliseconds {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }

    /// A fifth of the file descriptors that this process may have, so that with those who wait it is a quarter: monitors
    /// must never be the reason why it has none left.
    private static var affordableConnections: Int {
        var limit = rlimit()
        guard getrlimit(CInt(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .max }
        return max(1, Int(clamping: limit.rlim_cur) / 5)
    }
}

// MARK: - What subscribers read

extension Hub {
    var identity: ServiceIdentity { provider.identity }
    var actions: [CommandAction] { provider.actions }
    var instant: TelemetryInstant { provider.now() }

    func descriptions() -> DescriptionBoard {
        // Under the lock, so that no older answer comes in after a newer one; providers return promptly.
        circuits.withLock { board in
            board.refresh { provider.circuits(changedAfter: $0) }
            return board
        }
    }

    func events(after seq: Int64, limit: Int) -> EventPage {
        provider.events(after: seq, limit: limit)
    }

    func board(at now: Milliseconds, including seq: Int64) -> SampleBoard {
        // The lock is held while reading, so that subscribers who are due together read once.
        rows.withLock { rows in
            let tick = now / configuration.minimumInterval
            // Who asks after an event must see its effect: a script reads back what it just commanded.
            if rows.tick != tick || rows.board.seq < seq {
                rows.board.refresh(with: provider.sample())
                rows.tick = tick
            }
            return rows.board
        }
    }

    func histogram(of circuit: Int64) -> LatencyHistogram? { provider.histogram(of: circuit) }
}

// MARK: - Who is there

extension Hub {
    /// Lets a connection in that has not subscribed, and closes another such one where there is no room for both.
    ///
    /// - Parameter close: closes it for good; safe to be called when it is over, and returns at once.
    /// - Returns: its number, and whether another one was closed for it.
    func admit(
        _ client: Seats.Client, closing close: @escaping @Sendable () -> Void
    ) -> (number: Seats.Number, hasEvicted: Bool) {
        let (number, closeOther) = monitors.withLock { monitors in
            let (number, evicted) = monitors.seats.admit(client)
            monitors.closers[number] = close
            return (number, evicted.flatMap { monitors.closers.removeValue(forKey: $0) })
        }
        closeOther?()
        return (number, closeOther != nil)
    }

    /// Takes note of who a connection that has come in has turned out to be.
    func recognize(_ number: Seats.Number, as client: Seats.Client) {
        monitors.withLock { $0.seats.recognize(number, as: client) }
    }

    /// Gives a connection that subscribes a seat, to be woken by its doorbell, or says why there is none.
    func join(_ number: Seats.Number, _ client: Seats.Client, _ doorbell: Doorbell) -> Seats.Refusal? {
        monitors.withLock { monitors in
            if let refusal = monitors.seats.take(number, for: client) { return refusal }
            monitors.doorbells[number] = doorbell
            return nil
        }
    }

    /// Gives up the place of a connection that is over.
    func leave(_ number: Seats.Number) {
        monitors.withLock { monitors in
            monitors.seats.leave(number)
            monitors.closers[number] = nil
            monitors.doorbells[number] = nil
        }
    }

    /// Pays for what a client asks, over all its connections.
    ///
    /// - Returns: how long it should wait before it asks more, in milliseconds.
    func pay(_ tokens: Int64, by client: Seats.Client) -> Milliseconds {
        let now = now
        return budgets.withLock { budgets in
            client.operates
                ? budgets.operators.pay(tokens, by: client, now: now)
                : budgets.observers.pay(tokens, by: client, now: now)
        }
    }

    /// Whether something should be logged now that may happen often, and how often it was kept back since; `nil` = keep it
    /// back as well.
    func shouldTell(_ topic: Tellings.Topic, of client: Seats.Client) -> Int? {
        let now = now
        return tellings.withLock { $0.tell(topic, of: client, now: now) }
    }

    /// Wakes the subscribers whenever the provider has news, until the task is cancelled.
    func passOnActivity() async {
        for await _ in provider.activity() {
            let doorbells = monitors.withLock { Array($0.doorbells.values) }
            for doorbell in doorbells { doorbell.ring() }
        }
    }

    /// Lets the provider do what is due without traffic, once a second, until the task is cancelled.
    func advanceProvider() async {
        while !Task.isCancelled {
            provider.advance()
            try? await Task.sleep(for: .seconds(1))
        }
    }
}
