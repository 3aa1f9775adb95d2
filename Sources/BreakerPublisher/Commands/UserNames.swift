// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Glibc
import Synchronization

/// The names of users, looked up on a thread of its own, since a directory service may take seconds to answer or never
/// do: nobody waits for it longer than he wants, least of all the service's tasks.
final class UserNames: Sendable {
    private struct State {
        var names: [UInt32: String] = [:]
        /// Who is asked about, in this order, and who waits for the answer.
        var asked: [(user: UInt32, waiters: [Doorbell])] = []
        var isAsking = false
    }

    /// The most names that are remembered; one more, and it begins anew.
    static let maximumNames = 256
    /// The most users that are asked about at once, and the most who wait for one.
    static let maximumWaiting = 64

    private let lookUp: @Sendable (UInt32) -> String?
    private let state = Mutex(State())

    /// - Parameter lookUp: gives a user's name, in its own time, on a thread that may block.
    init(lookUp: @escaping @Sendable (UInt32) -> String? = accountName(of:)) {
        self.lookUp = lookUp
    }

    /// A user's name as far as it is known now.
    func name(of user: UInt32) -> String? {
        state.withLock { $0.names[user] }
    }

    /// Asks for a user's name, unless it is known, and waits for the answer as long as `limit`. One that comes later is
    /// known from then on.
    func learn(_ user: UInt32, within limit: Duration) async {
        let answered = Doorbell()
        guard ask(user, answered) else { return }
        await answered.wait(atMost: limit)
    }

    /// `false` when the name is known, or too many ask already.
    private func ask(_ user: UInt32, _ waiter: Doorbell) -> Bool {
        let (isWaiting, needsThread) = state.withLock { state in
            guard state.names[user] == nil else { return (false, false) }
            if let index = state.asked.firstIndex(where: { $0.user == user }) {
                guard state.asked[index].waiters.count < Self.maximumWaiting else { return (false, false) }
                state.asked[index].waiters.append(waiter)
            } else {
                guard state.asked.count < Self.maximumWaiting else { return (false, false) }
                state.asked.append((user, [waiter]))
            }
            defer { state.isAsking = true }
            return (true, !state.isAsking)
        }
        if needsThread, !startThread(run) { giveUp() }
        return isWaiting
    }

    /// The thread: one question after the other, until there is none.
    private func run() {
        while let user = nextQuestion() {
            let name = lookUp(user)
            let waiters = state.withLock { state in
                if state.names.count >= Self.maximumNames { state.names = [:] }
                state.names[user] = name
                return state.asked.removeFirst().waiters
            }
            for waiter in waiters { waiter.ring() }
        }
    }

    private func nextQuestion() -> UInt32? {
        state.withLock { state in
            state.isAsking = !state.asked.isEmpty
            return state.asked.first?.user
        }
    }

    /// No thread could be started: the next who asks tries again.
    private func giveUp() {
        let waiters = state.withLock { state in
            defer { state.asked = [] }
            state.isAsking = false
            return state.asked.flatMap(\.waiters)
        }
        for waiter in waiters { waiter.ring() }
    }

    /// What the system's user database says, such as `ann`. May block for as long as a directory service takes.
    private static func accountName(of user: UInt32) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { buffer in
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            guard let base = buffer.baseAddress,
                getpwuid_r(user, &entry, base, buffer.count, &found) == 0, found != nil, let name = entry.pw_name
            else { return nil }
            return String(cString: name)
        }
    }
}
