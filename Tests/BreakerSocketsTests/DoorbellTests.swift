// SPDX-License-Identifier: Apache-2.0

import BreakerSockets
import Testing

@Suite("Doorbells", .timeLimit(.minutes(1)))
struct DoorbellTests {
    @Test("A ring before the wait is remembered, several as one")
    func remembered() async {
        let doorbell = Doorbell()
        doorbell.ring()
        doorbell.ring()
        await doorbell.wait()
        let next = Task { await doorbell.wait() }
        next.cancel()
        await next.value
    }

    @Test("A waiting task is woken")
    func woken() async {
        let doorbell = Doorbell()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for _ in 1...100 { await doorbell.wait() } }
            group.addTask {
                while !Task.isCancelled {
                    doorbell.ring()
                    await Task.yield()
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    @Test("A wait ends with its time")
    func timeout() async {
        await Doorbell().wait(atMost: .milliseconds(1))
        await Doorbell().wait(atMost: .zero)
        await Doorbell().wait(atMost: .seconds(-1))
    }

    @Test("A long wait ends at a ring")
    func wokenEarly() async {
        let doorbell = Doorbell()
        doorbell.ring()
        await doorbell.wait(atMost: .seconds(3_600))
    }

    @Test("A bell rings again and again within its scope, and no more after it")
    func ticks() async {
        let bell = await withTicks(every: .milliseconds(1)) { bell in
            for _ in 1...10 { await bell.wait() }
            return bell
        }
        // Of those that were on their way one may be left. Then nobody rings: the wait lasts as long as it may.
        await bell.wait(atMost: .milliseconds(20))
        let begin = ContinuousClock.now
        await bell.wait(atMost: .milliseconds(50))
        #expect(begin.duration(to: .now) >= .milliseconds(49))
    }
}
