// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Glibc
import Synchronization
import Testing

@testable import BreakerPublisher

@Suite("The names of users", .timeLimit(.minutes(1)))
struct UserNamesTests {
    /// A directory service that answers when it is told to.
    private final class SlowDirectory: Sendable {
        private let isOpen = Mutex(false)
        private let questions = Mutex<[UInt32]>([])

        var asked: [UInt32] { questions.withLock { $0 } }

        func answer() { isOpen.withLock { $0 = true } }

        /// Blocks its thread, as the system's call does.
        func lookUp(_ user: UInt32) -> String? {
            questions.withLock { $0.append(user) }
            while !isOpen.withLock({ $0 }) { usleep(1_000) }
            return "user\(user)"
        }
    }

    private func principal(_ user: UInt32, _ names: UserNames) -> String {
        Principal(.user(.init(pid: 1, uid: user, gid: 0)), operators: .init(users: []), names: names, now: 0).name
    }

    @Test("A principal is named by number and, where there is one, by name")
    func system() async {
        let names = UserNames()
        #expect(principal(0, names) == "uid 0")
        await names.learn(0, within: .seconds(60))
        await names.learn(3_999_999, within: .seconds(60))
        #expect(principal(0, names) == "uid 0 (root)")
        #expect(principal(3_999_999, names) == "uid 3999999")
    }

    @Test("A directory that does not answer holds nobody longer than he wants, nor the other tasks")
    func slow() async {
        let directory = SlowDirectory()
        let names = UserNames(lookUp: directory.lookUp)
        await withTaskGroup(of: Void.self) { group in
            // More than there are threads for tasks.
            for user in 1...64 as ClosedRange<UInt32> {
                group.addTask { await names.learn(user, within: .milliseconds(1)) }
            }
        }
        #expect(principal(7, names) == "uid 7")
        #expect(directory.asked.count <= 1)
        directory.answer()
        await names.learn(7, within: .seconds(60))
        #expect(principal(7, names) == "uid 7 (user7)")
    }

    @Test("A user is asked about once, however many wait for the answer")
    func once() async {
        let directory = SlowDirectory()
        let names = UserNames(lookUp: directory.lookUp)
        await withTaskGroup(of: Void.self) { group in
            for _ in 1...32 { group.addTask { await names.learn(7, within: .seconds(60)) } }
            directory.answer()
        }
        await names.learn(7, within: .seconds(60))
        #expect(directory.asked == [7])
    }

    @Test("A bounded number of names is remembered; who is not found is asked about again")
    func bounds() async {
        let asked = Mutex(0)
        let names = UserNames { user in
            asked.withLock { $0 += 1 }
            return user == 0 ? nil : "user\(user)"
        }
        for user in 1...300 as ClosedRange<UInt32> { await names.learn(user, within: .seconds(60)) }
        let known = (1...300 as ClosedRange<UInt32>).count { names.name(of: $0) != nil }
        #expect((1...UserNames.maximumNames).contains(known))
        for _ in 1...3 { await names.learn(0, within: .seconds(60)) }
        #expect(asked.withLock { $0 } == 303)
    }
}
