// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@testable import Fleet

@Suite struct TransitionLogTests {
    @Test("Of too many transitions the oldest go, and it is known up to when")
    func capacity() {
        var log = TransitionLog(capacity: 4)
        let source = SourceID("unix:/run/orders.sock")
        func restart(_ at: Milliseconds) {
            log.greet(source, ServiceIdentity(service: "orders", instance: "orders-1", boot: "\(at)"), at)
        }
        // Whoever comes first is not restarted.
        for at in 0...4 { restart(Milliseconds(at)) }
        #expect(log.all.map(\.at) == [1, 2, 3, 4] && log.droppedUntil == nil)
        restart(5)
        #expect(log.all.map(\.at) == [3, 4, 5] && log.droppedUntil == 2)
    }
}
