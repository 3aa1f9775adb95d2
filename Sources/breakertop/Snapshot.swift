// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import BreakerTelemetry
import Feeds
import Fleet

/// What scripts see: the fleet as it is once every service found has told all, while the connections stay up for commands.
struct Snapshot: Sendable {
    /// The fleet at the moment when the picture was whole.
    let fleet: FleetModel
    let feed: any Feed
    let places: Places
    private let collector: Collector

    /// Services that have not told all by then are left out, and named: longer than connecting and its handshake may take.
    static let patience: Duration = .seconds(5)

    /// Connects, waits until the picture is whole, runs `body` with it and disconnects.
    /// - Parameter tellsOfLeftovers: whether services that died count among those that could not tell.
    static func with<T: Sendable>(
        _ sources: SourceOptions, patience: Duration = patience, tellsOfLeftovers: Bool = false,
        _ body: @escaping @Sendable (Snapshot) async throws -> T
    ) async throws -> T {
        let clock = MonitorClock()
        let (feed, places) = sources.feed(clock, tellsOfLeftovers: tellsOfLeftovers)
        let collector = Collector(clock: clock)
        return try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask {
                try await follow(feed) { observation in await collector.take(observation) }
                return nil
            }
            group.addTask {
                let fleet = try await collector.settled(within: patience)
                return try await body(
                    Snapshot(fleet: fleet, feed: feed, places: places, collector: collector))
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    /// A circuit as it is now; `nil` when it is gone.
    func circuit(_ key: CircuitKey) async -> CircuitView? { await collector.circuit(key) }

    /// Circuits as they are once their rates are known, which takes a moment of watching; those that are gone stay as they were.
    func withRates(_ circuits: [CircuitView], within patience: Duration = .milliseconds(900)) async -> [CircuitView] {
        let start = ContinuousClock.now
        while true {
            let now = await collector.circuits(circuits)
            let areKnown = now.allSatisfy { $0.rates.calls != nil || $0.row[.calls] == nil }
            if areKnown || start.duration(to: .now) >= patience || Task.isCancelled { return now }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Circuits whose services can be talked to, whether or not they say what state these are in.
    var reachable: [CircuitView] {
        fleet.circuits().filter { fleet.instances[$0.key.instance].map(fleet.isFresh) ?? false }
    }

    /// That no service could be reached, in a sentence.
    var nobody: String { "no service publishes its circuits; looked in \(places.sentence)" }

    /// Sources that could not tell what they have, with the reason.
    var troubles: [String] { fleet.troubles }

    /// Why there is nothing to see, or nobody to tell.
    var reasonsForNobody: [String] { troubles.isEmpty ? [nobody] : troubles.map { "not reached: \($0)" } }
}

/// Where services were looked for.
struct Places: Sendable {
    var names: [String]

    /// The first of them, as a sentence's part.
    var sentence: String {
        let shown = names.prefix(12).joined(separator: ", ")
        return names.count > 12 ? "\(shown) and \(names.count - 12) more" : shown
    }
}

/// Runs a feed; what a person has to mend before anything can work is said, and ends the command.
func follow(_ feed: any Feed, into sink: @escaping ObservationSink) async throws {
    do {
        try await feed.run(into: sink)
    } catch is CancellationError {
        throw CancellationError()
    } catch {
        Output.error("\(error)")
        throw ExitStatus.usage.code
    }
}

extension FleetModel {
    /// Sources that could not tell what they have, with the reason.
    var troubles: [String] { troubles { _ in true } }

    /// Those of them that could hold a circuit that one of the selectors means.
    func troubles(hiding selectors: [CircuitSelector]) -> [String] {
        troubles { source in
            // Whoever never said its name could have any; of those found in folders their sockets' names tell.
            let names = source.instance.map { [($0.service, $0.instance)] } ?? source.namesOfItsSocket
            guard !names.isEmpty else { return !selectors.isEmpty }
            return selectors.contains { selector in
                names.contains { selector.couldMatch(service: $0.0, instance: $0.1) }
            }
        }
    }

    /// Whether somebody who was not reached could have a circuit that the selector means.
    func mayHide(_ selector: CircuitSelector) -> Bool { !troubles(hiding: [selector]).isEmpty }

    private func troubles(where isWanted: (Source) -> Bool) -> [String] {
        sources.values.filter(isWanted).sorted { $0.id < $1.id }.compactMap { source in
            trouble(of: source).map { "\(source.id.name): \($0)" }
        }
    }

    private func trouble(of source: Source) -> String? {
        switch source.phase {
        case .ready where !source.isFresh(at: now.up): "nothing heard of late"
        case .ready, .stopped, .removed: source.complaint
        case .lost(let reason): reason
        case .connecting where source.origin?.kind == .tcp:
            "no answer in time; if that port speaks TLS, write \(source.id.securedName)"
        case .connecting, .greeted, .subscribed: "no answer in time"
        }
    }

    /// How long nothing new may appear before the picture counts as whole; a busy machine takes a while to say the first word.
    var settlingTime: Duration { sources.isEmpty ? .seconds(1) : .milliseconds(100) }

    /// Whether every source has told all that it has, or has failed.
    var isTold: Bool {
        sources.values.allSatisfy { source in
            switch source.phase {
            case .ready, .lost, .stopped, .removed: true
            case .connecting, .greeted, .subscribed: false
            }
        }
    }
}

extension Source {
    /// The services and instances whose socket it may be, when it was found in a folder; else none, since a target may
    /// have any name.
    fileprivate var namesOfItsSocket: [(String, String)] {
        guard origin?.isFound == true else { return [] }
        return SocketName.readings(ofPath: id.name).map { ($0.service, $0.instance) }
    }
}

/// Builds the model and tells when it is whole: every source is ready or has failed, and nothing new appeared for a moment.
actor Collector {
    private let clock: MonitorClock
    private var fleet = FleetModel()
    private var lastChange = ContinuousClock.now

    init(clock: MonitorClock) { self.clock = clock }

    func take(_ observation: Observation) {
        fleet.apply(observation)
        if case .source = observation.fact { lastChange = .now }
    }

    func settled(within patience: Duration) async throws -> FleetModel {
        let start = ContinuousClock.now
        while start.duration(to: .now) < patience, !isSettled {
            try await Task.sleep(for: .milliseconds(20))
        }
        fleet.tick(at: clock.now())
        return fleet
    }

    func circuit(_ key: CircuitKey) -> CircuitView? {
        fleet.tick(at: clock.now())
        return fleet.circuit(key)
    }

    func circuits(_ known: [CircuitView]) -> [CircuitView] {
        fleet.tick(at: clock.now())
        return known.map { fleet.circuit($0.key) ?? $0 }
    }

    var isSettled: Bool { fleet.isTold && lastChange.duration(to: .now) >= fleet.settlingTime }
}
