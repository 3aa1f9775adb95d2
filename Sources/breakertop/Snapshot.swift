// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Feeds
import Fleet

/// What scripts see: the fleet as it is once every service found has told all, while the connections stay up for commands.
struct Snapshot {
    let fleet: FleetModel
    let feed: FolderFeed

    /// Services that have not told all by then are left out, and named.
    static let patience: Duration = .seconds(3)

    /// Connects, waits until the picture is whole, runs `body` with it and disconnects.
    static func with<T: Sendable>(
        _ sources: SourceOptions, _ body: @escaping @Sendable (Snapshot) async throws -> T
    ) async throws -> T {
        let clock = MonitorClock()
        let feed = sources.feed(clock)
        let collector = Collector(clock: clock)
        return try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask {
                try await feed.run { observation in await collector.take(observation) }
                return nil
            }
            group.addTask {
                let fleet = try await collector.settled(within: patience)
                return try await body(Snapshot(fleet: fleet, feed: feed))
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    /// That no service could be reached, in a sentence.
    var nobody: String { "no service publishes its circuits; looked in \(feed.folders.joined(separator: ", "))" }

    /// Sources that could not tell what they have, with the reason.
    var troubles: [String] {
        fleet.sources.values.sorted { $0.id < $1.id }.compactMap { source in
            switch source.phase {
            case .ready, .stopped, .removed: source.complaint.map { "\(source.id.name): \($0)" }
            case .lost(let reason): "\(source.id.name): \(reason)"
            case .connecting, .greeted, .subscribed: "\(source.id.name): no answer in time"
            }
        }
    }
}

/// Builds the model and tells when it is whole: every source is ready or has failed, and nothing new appeared for a moment.
private actor Collector {
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

    private var isSettled: Bool {
        let areTold = fleet.sources.values.allSatisfy { source in
            switch source.phase {
            case .ready, .lost, .stopped, .removed: true
            case .connecting, .greeted, .subscribed: false
            }
        }
        let quiet: Duration = fleet.sources.isEmpty ? .milliseconds(500) : .milliseconds(100)
        return areTold && lastChange.duration(to: .now) >= quiet
    }
}
