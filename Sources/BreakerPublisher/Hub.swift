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
        var doorbells: [ObjectIdentifier: Doorbell] = [:]
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

    /// A quarter of the file descriptors that this process may have: monitors must never be the reason why it has none
    /// left.
    private static var affordableConnections: Int {
        var limit = rlimit()
        guard getrlimit(CInt(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .max }
        return max(1, Int(clamping: limit.rlim_cur) / 4)
    }
}

// MARK: - What subscribers read

extension Hub {
    var identity: ServiceIdentity { provider.identity }
    var actions: [CommandAction] { provider.actions }
    var instant: TelemetryInstant { provider.now() }

    func descriptions() -> DescriptionBoard {
        circuits.withLock { board in
            let changes = provider.circuits(changedAfter: board.revision)
            if changes.revision != board.revision || !changes.circuits.isEmpty { board.apply(changes) }
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
    /// Takes a monitor in, to be woken by its doorbell, or says why there is no place for it.
    func join(_ client: Seats.Client, isOperator: Bool, _ doorbell: Doorbell) -> Seats.Refusal? {
        monitors.withLock { monitors in
            if let refusal = monitors.seats.take(client, isOperator: isOperator) { return refusal }
            monitors.doorbells[ObjectIdentifier(doorbell)] = doorbell
            return nil
        }
    }

    func leave(_ client: Seats.Client, _ doorbell: Doorbell) {
        monitors.withLock { monitors in
            guard monitors.doorbells.removeValue(forKey: ObjectIdentifier(doorbell)) != nil else { return }
            monitors.seats.leave(client)
        }
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
