// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Synchronization

/// The sockets that are followed at present, by path.
final class Followed: Sendable {
    private struct Entry {
        var follower: SocketFollower
        var found: FolderScan.Found
    }

    /// The most connections of one monitor.
    private static let maximumCount = 1_024

    private let options: SocketFollower.Options
    private let router: CommandRouter
    private let entries = Mutex<[String: Entry]>([:])

    init(options: SocketFollower.Options, router: CommandRouter) {
        self.options = options
        self.router = router
    }

    /// Takes a look's result in: tells followers that their socket went or was made anew, and gives those to start.
    func update(_ found: [FolderScan.Found]) -> [SocketFollower] {
        entries.withLock { entries in
            let byPath = Dictionary(found.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
            for (path, entry) in entries where byPath[path] == nil { entry.follower.want(false) }
            return found.compactMap { socket in
                guard let entry = entries[socket.path] else { return start(socket, in: &entries) }
                entry.follower.want(true)
                if entry.found != socket {
                    entries[socket.path]?.found = socket
                    entry.follower.hopeAgain()
                }
                return nil
            }
        }
    }

    /// A follower has ended; if its socket is there again, the next look starts another.
    func remove(_ follower: SocketFollower) {
        entries.withLock { entries in
            guard case .unix(let path) = follower.endpoint, entries[path]?.follower === follower else { return }
            entries[path] = nil
        }
    }

    private func start(_ socket: FolderScan.Found, in entries: inout [String: Entry]) -> SocketFollower? {
        guard entries.count < Self.maximumCount else { return nil }
        let follower = SocketFollower(.unix(path: socket.path), options, router)
        entries[socket.path] = Entry(follower: follower, found: socket)
        return follower
    }
}
