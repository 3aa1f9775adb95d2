// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
package import BreakerTLS
package import BreakerTelemetry
package import Fleet
package import Resilience

/// Every metrics socket that some targets name or list: followed as it comes, until it goes. No target, and no socket,
/// ever delays another.
package struct TargetsFeed: Feed {
    /// The most sockets that one monitor follows; fewer where the system allows fewer open files.
    package static let maximumCount = 4_096

    /// The shortest time between two looks of one watch.
    private static let shortestPause: Duration = .milliseconds(50)

    /// Where it looks, for people.
    package let places: [String]
    private let targets: [Target]?
    private let context: SocketFollower.Context
    private let hasTLSFiles: Bool
    private let scanInterval: Duration
    private let nameserver: String?

    /// - Parameters:
    ///   - targets: what to follow; `nil` = all sockets of the folders where publishers publish by default.
    ///   - tls: the files for connections behind TLS; `nil` = the system's authorities, and no certificate of our own.
    ///   - serverName: what every service's certificate has to be for; `nil` = the host that is connected to.
    ///   - client: this program's name and version, as the services are told.
    ///   - interval: how often samples are wanted; a service may give fewer.
    ///   - scanInterval: how often to look for sockets that came or went.
    ///   - longestPause: the longest pause before connecting again; half of it by chance.
    ///   - nameserver: a server to ask for SRV records, such as `127.0.0.1:5353`; `nil` = the system's.
    ///   - tellsOfLeftovers: whether a socket that a dead service left in a folder is told of, as lost, instead of being
    ///     passed over. Then every socket is told of as soon as it is found, and every folder until it was looked into.
    ///   - commandTimeout: how long to wait for the answer to a command.
    package init(
        targets: [Target]? = nil,
        tls: TLSFiles? = nil,
        serverName: String? = nil,
        client: String,
        interval: Milliseconds = 250,
        scanInterval: Duration = .milliseconds(500),
        longestPause: Duration = .seconds(5),
        nameserver: String? = SocketFolder.variable("BREAKERTOP_DNS"),
        tellsOfLeftovers: Bool = false,
        commandTimeout: Duration = Fleet.commandTimeout,
        clock: MonitorClock = MonitorClock(),
        random: RandomSource = .system
    ) {
        self.targets = targets
        places = targets?.map(\.place) ?? SocketFolder.searchOrder()
        hasTLSFiles = tls != nil
        self.scanInterval = scanInterval
        self.nameserver = nameserver
        context = SocketFollower.Context(
            client: client, interval: interval, clock: clock,
            reconnection: Reconnection(longest: longestPause, random: random),
            router: CommandRouter(timeout: commandTimeout), details: DetailWishes(),
            secrets: TLSClients(files: tls ?? TLSFiles(), serverName: serverName),
            tellsOfLeftovers: tellsOfLeftovers)
    }

    /// - Throws: an error that says what to do, when a folder that was named is not safe, or the files for TLS cannot be
    ///   used. What does not exist yet is waited for.
    package func run(into sink: @escaping ObservationSink) async throws {
        let watches = try watches()
        let followed = Followed(maximumCount: min(Self.maximumCount, OpenFileLimit.raise()), context: context)
        // They may take a while to say what they have, and meanwhile there is more than what is known.
        for watch in watches where isAnnounced(watch) { await observe(.source(.connecting), of: watch.source, sink) }
        await withDiscardingTaskGroup { group in
            for (number, watch) in watches.enumerated() {
                group.addTask { await keep(watch, number, followed, sink) }
            }
        }
    }

    package func perform(_ command: Command) async -> CommandResult {
        await context.router.perform(command)
    }

    package func detail(_ circuits: [DetailedCircuit]) async {
        await context.details.wish(circuits)
    }

    /// Looks again and again, follows what it sees and tells what is wrong, once.
    private func keep(
        _ watch: any PlaceWatch, _ number: Int, _ followed: Followed, _ sink: @escaping ObservationSink
    ) async {
        var watch = watch
        let bell = watch.bell
        var told: String?
        var isAnnounced = isAnnounced(watch)
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let looked = ContinuousClock.now
                guard let look = await watch.look() else {
                    await pause(for: scanInterval)
                    continue
                }
                let update = followed.update(look.places, by: number, closesWhatGoes: watch.closesWhatGoes)
                let complaint = look.complaint ?? Self.complaint(about: update.excess)
                for follower in update.started { await follower.announce(into: sink) }
                // Of a place that is its own watch, its follower tells.
                let isQuiet = complaint == nil && look.places.contains { $0.source == watch.source }
                if complaint != told || isAnnounced, !isQuiet { await tell(complaint, of: watch, sink) }
                (told, isAnnounced) = (complaint, false)
                for follower in update.changed { await observe(.origin(follower.origin), of: follower.source, sink) }
                for follower in update.started {
                    group.addTask {
                        await follower.run(into: sink)
                        followed.remove(follower)
                        // Its socket may be there again.
                        bell?.ring()
                    }
                }
                await Self.wait(look.pause, or: bell, after: looked.duration(to: .now))
            }
        }
    }

    /// Waits until the next look: not as long when the bell rings, but where something changes all the time a look takes no
    /// more than a tenth of it, and what is changed in two steps, as by a restart, is seen after the second one.
    private static func wait(_ time: Duration, or bell: Doorbell?, after look: Duration) async {
        guard let bell else { return await pause(for: time) }
        let shortest = max(shortestPause, look * 10)
        await bell.wait(atMost: time)
        await pause(for: min(time, shortest))
    }

    /// Whether it is told of before its first look. Most folders are looked into at once, and are nothing that people
    /// would see come and go; but a slow one must not be taken for an empty one by who looks only once.
    private func isAnnounced(_ watch: any PlaceWatch) -> Bool { watch.kind != .folder || context.tellsOfLeftovers }

    private static func complaint(about excess: Int) -> String? {
        guard excess > 0 else { return nil }
        return
            "\(excess) more sockets are not followed: a monitor follows at most \(maximumCount), or as many as it may"
            + " have files open (ulimit -n); name fewer targets"
    }

    private func tell(_ complaint: String?, of watch: any PlaceWatch, _ sink: ObservationSink) async {
        await observe(.source(complaint.map { .lost(reason: $0) } ?? .removed), of: watch.source, sink)
        await observe(.origin(SourceOrigin(kind: watch.kind)), of: watch.source, sink)
    }

    private func observe(_ fact: Observation.Fact, of source: SourceID, _ sink: ObservationSink) async {
        await sink(Observation(source: source, at: context.clock.now(), fact: fact))
    }
}

extension TargetsFeed {
    private func watches() throws -> [any PlaceWatch] {
        let resolver = try Resolver(server: nameserver)
        if hasTLSFiles || targets?.contains(where: \.isSecured) == true { try context.secrets.check() }
        guard let targets else { return folderWatches() }
        return try targets.uniqued().map { try watch($0, resolver) }
    }

    private func folderWatches() -> [any PlaceWatch] {
        let chosen = SocketFolder.variable("BREAKERTOP_DIR")
        return places.uniqued().map { FolderWatch(path: $0, isNamed: $0 == chosen, pause: scanInterval) }
    }

    private func watch(_ target: Target, _ resolver: Resolver) throws -> any PlaceWatch {
        switch target {
        case .unix(let path): return SocketWatch(path: path, pause: scanInterval)
        case .tcp(let place): return PortWatch(place: Place(place, isSecured: false), pause: scanInterval)
        case .tls(let place): return PortWatch(place: Place(place, isSecured: true), pause: scanInterval)
        case .folder(let path):
            try Self.checkFolder(path)
            return FolderWatch(path: path, isNamed: true, pause: scanInterval)
        case .file(let path): return TargetFileWatch(path: path, pause: min(scanInterval * 2, .seconds(1)))
        case .service(let name, let isSecured):
            return ServiceWatch(name: name, isSecured: isSecured) { name throws(Resolver.Failure) in
                try resolver.serviceRecords(of: name)
            }
        }
    }

    private static func checkFolder(_ path: String) throws(SocketError) {
        do throws(SocketError) {
            _ = try SocketFolder.open(path)
        } catch {
            if error.code != .folderMissing { throw error }
        }
    }
}

extension Target {
    /// For messages that list where one looks.
    fileprivate var place: String {
        if case .folder(let path) = self { path } else { description }
    }

    fileprivate var isSecured: Bool {
        switch self {
        case .tls: true
        case .service(_, let isSecured): isSecured
        case .unix, .tcp, .folder, .file: false
        }
    }
}

extension Sequence where Element: Hashable {
    fileprivate func uniqued() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
