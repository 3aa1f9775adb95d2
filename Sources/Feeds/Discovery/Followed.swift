// SPDX-License-Identifier: Apache-2.0

import Fleet
import Synchronization

/// The sockets that are followed at present, by source, whoever told of them.
final class Followed: Sendable {
    /// What came of a watch's look.
    struct Update {
        /// Followers to be run.
        var started: [SocketFollower] = []
        /// Followers of whose place something else is said now.
        var changed: [SocketFollower] = []
        /// How many places there are beyond the most that can be followed.
        var excess = 0
    }

    private struct Entry {
        var follower: SocketFollower
        var place: Place
        /// The watches that tell of it, by number.
        var watches: Set<Int>
    }

    private let maximumCount: Int
    private let context: SocketFollower.Context
    private let entries = Mutex<[SourceID: Entry]>([:])

    init(maximumCount: Int, context: SocketFollower.Context) {
        self.maximumCount = maximumCount
        self.context = context
    }

    /// Takes in all places that a watch sees now: tells followers that theirs went, or was made anew.
    func update(_ places: [Place], by watch: Int, closesWhatGoes: Bool) -> Update {
        entries.withLock { entries in
            var update = Update()
            let seen = Set(places.map(\.source))
            for (source, entry) in entries where entry.watches.contains(watch) && !seen.contains(source) {
                entries[source]?.watches.remove(watch)
                if entry.watches == [watch] { entry.follower.leave(closing: closesWhatGoes) }
            }
            for place in places { take(place, watch, &entries, &update) }
            return update
        }
    }

    /// A follower has ended; if its socket is there again, the next look starts another.
    func remove(_ follower: SocketFollower) {
        entries.withLock { entries in
            guard entries[follower.source]?.follower === follower else { return }
            entries[follower.source] = nil
        }
    }

    private func take(_ place: Place, _ watch: Int, _ entries: inout [SourceID: Entry], _ update: inout Update) {
        let source = place.source
        guard let entry = entries[source] else {
            guard entries.count < maximumCount else { return update.excess += 1 }
            let follower = SocketFollower(place, context)
            entries[source] = Entry(follower: follower, place: place, watches: [watch])
            return update.started.append(follower)
        }
        entries[source]?.watches.insert(watch)
        entry.follower.stay()
        // Of several watches that tell of one place, the one that knows most about it is believed.
        guard entry.place != place, entry.watches.subtracting([watch]).isEmpty || place.file != nil else { return }
        entries[source]?.place = place
        if entry.place.file != place.file { entry.follower.hopeAgain() }
        if entry.place.origin != place.origin {
            entry.follower.origin = place.origin
            update.changed.append(entry.follower)
        }
    }
}
