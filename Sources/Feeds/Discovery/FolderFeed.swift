// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
package import BreakerTelemetry
package import Fleet
package import Resilience
import Synchronization

/// Every metrics socket of some folders: followed as it comes, until it goes. One dead socket never delays another.
package struct FolderFeed: Feed {
    /// Where it looks.
    package let folders: [String]
    private let areNamed: Bool
    private let scanInterval: Duration
    private let options: SocketFollower.Options
    private let router: CommandRouter

    /// - Parameters:
    ///   - folders: where to look; `nil` = everywhere that a publisher may publish by default.
    ///   - client: this program's name and version, as the services are told.
    ///   - interval: how often samples are wanted; a service may give fewer.
    ///   - scanInterval: how often to look for sockets that came or went.
    ///   - commandTimeout: how long to wait for the answer to a command.
    package init(
        folders: [String]? = nil,
        client: String,
        interval: Milliseconds = 250,
        scanInterval: Duration = .milliseconds(500),
        commandTimeout: Duration = Fleet.commandTimeout,
        clock: MonitorClock = MonitorClock(),
        random: RandomSource = .system
    ) {
        self.folders = folders ?? SocketFolder.searchOrder()
        areNamed = folders != nil
        self.scanInterval = scanInterval
        options = SocketFollower.Options(
            client: client, interval: interval, clock: clock, random: random)
        router = CommandRouter(timeout: commandTimeout)
    }

    /// - Throws: an error that says what to do, when a folder that was named is not safe. One that does not exist yet
    ///   is waited for.
    package func run(into sink: @escaping ObservationSink) async throws {
        if areNamed { try checkFolders() }
        let followed = Followed(options: options, router: router)
        await withDiscardingTaskGroup { group in
            let chosen = SocketFolder.variable("BREAKERTOP_DIR")
            var watches = folders.uniqued().map { FolderWatch(path: $0, isNamed: areNamed || $0 == chosen) }
            while !Task.isCancelled {
                var found: [FolderScan.Found] = []
                for index in watches.indices {
                    let (sockets, news) = watches[index].look()
                    found += sockets
                    if let news {
                        let source = SourceID("folder:\(watches[index].path)")
                        await sink(Observation(source: source, at: options.clock.now(), fact: .source(news)))
                    }
                }
                for follower in followed.update(found) {
                    group.addTask {
                        await follower.run(into: sink)
                        followed.remove(follower)
                    }
                }
                try? await Task.sleep(for: scanInterval)
            }
        }
    }

    package func perform(_ command: Command) async -> CommandResult {
        await router.perform(command)
    }

    private func checkFolders() throws(SocketError) {
        for path in folders {
            do throws(SocketError) {
                _ = try SocketFolder.open(path)
            } catch {
                if error.code != .folderMissing { throw error }
            }
        }
    }
}

extension [String] {
    fileprivate func uniqued() -> [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
