// SPDX-License-Identifier: Apache-2.0
import Canvas
import Testing

@testable import Terminal

@Suite(.timeLimit(.minutes(1))) struct EventQueueTests {
    @Test("Events come in order, those from before and those from after the wait, and then the end")
    func order() async {
        let queue = EventQueue()
        queue.post(.key(.up))
        async let events = [queue.next(), queue.next(), queue.next()]
        queue.post(.key(.down))
        queue.finish()
        queue.post(.key(.left))
        #expect(await events.map { $0?.event } == [.key(.up), .key(.down), nil])
    }

    @Test("A cancelled wait ends, and takes no event along")
    func cancellation() async {
        let queue = EventQueue()
        await withTaskGroup(of: TimedEvent?.self) { group in
            group.addTask { await queue.next() }
            group.cancelAll()
            let first = await group.next()
            #expect(first.map { $0 == nil } == true)
        }
        queue.post(.key(.up))
        #expect(await queue.next()?.event == .key(.up))
    }
}
