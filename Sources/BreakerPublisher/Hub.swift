// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import Glibc
import Synchronization

/// What all conversations of a publisher share: the provider, one reading of it per tick, the names of users, and who is
/// to be woken.
final class Hub: SubscriberSource, Sendable {
    private struct State {
        var board = SampleBoard()
        var tick: Milliseconds?
        var doorbells: [ObjectIdentifier: Doorbell] = [:]
    }

    let configuration: Publisher.Configuration
    /// The most monitors at once.
    let seats: Int
    let names = UserNames()
    private let provider: any TelemetryProvider
    private let state = Mutex(State())
    private let start = ContinuousClock.now

    init(provider: any TelemetryProvider, configuration: Publisher.Configuration) {
        self.provider = provider
        self.configuration = configuration
        seats = min(configuration.maximumConnections, Self.affordableConnections)
    }

    var identity: ServiceIdentity { provider.identity }
    var actions: [CommandAction] { provider.actions }

    /// Milliseconds since the publisher began, monotonic.
    var now: Milliseconds {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }

    func circuits(changedAfter revision: UInt64) -> CircuitChanges {
        provider.circuits(changedAfter: revision)
    }

    func events(after seq: Int64, limit: Int) -> EventPage {
        provider.events(after: seq, limit: limit)
    }

    func board(at now: Milliseconds) -> SampleBoard {
        // The lock is held while reading, so that subscribers who are due together read once.
        state.withLock { state in
            let tick = now / configuration.minimumInterval
            // Who asks after an event must see its effect: a script reads back what it just commanded.
            let isCurrent =
                state.tick == tick && provider.events(after: state.board.seq, limit: 1).newest == state.board.seq
            if !isCurrent {
                state.board.refresh(with: provider.sample())
                state.tick = tick
            }
            return state.board
        }
    }

    /// A quarter of the file descriptors that this process may have: monitors must never be the reason why it has none
    /// left.
    private static var affordableConnections: Int {
        var limit = rlimit()
        guard getrlimit(CInt(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .max }
        return max(1, Int(clamping: limit.rlim_cur) / 4)
    }

    /// Takes a subscriber in; `false` when there are as many as may be.
    func join(_ doorbell: Doorbell) -> Bool {
        state.withLock { state in
            guard state.doorbells.count < seats else { return false }
            state.doorbells[ObjectIdentifier(doorbell)] = doorbell
            return true
        }
    }

    func leave(_ doorbell: Doorbell) {
        state.withLock { _ = $0.doorbells.removeValue(forKey: ObjectIdentifier(doorbell)) }
    }

    /// Wakes the subscribers whenever the provider has news, until the task is cancelled.
    func passOnActivity() async {
        for await _ in provider.activity() {
            let doorbells = state.withLock { Array($0.doorbells.values) }
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
