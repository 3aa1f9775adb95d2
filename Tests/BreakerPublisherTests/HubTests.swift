// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import BreakerPublisher

@Suite("What conversations share")
struct HubTests {
    @Test("One reading of the rows serves a tick, but nobody who knows of a later event")
    func reading() {
        let provider = FakeProvider(circuits: 1)
        let hub = Hub(provider: provider, configuration: .init())
        #expect(hub.board(at: 100, including: 0).seq == 0)
        let seq = provider.append()
        #expect(hub.board(at: 150, including: 0).seq == 0)
        #expect(provider.samples == 1)
        #expect(hub.board(at: 150, including: seq).seq == seq)
        #expect(hub.board(at: 199, including: seq).seq == seq)
        #expect(provider.samples == 2)
        _ = hub.board(at: 200, including: 0)
        #expect(provider.samples == 3)
    }

    @Test("Descriptions are read once for all, and again when something changed")
    func descriptions() {
        let provider = FakeProvider(circuits: 2)
        let hub = Hub(provider: provider, configuration: .init())
        #expect(hub.descriptions().version == 2)
        #expect(hub.descriptions().version == 2)
        provider.add(3, name: "new")
        #expect(hub.descriptions().version == 3)
    }

    @Test("What strangers can cause is told once in ten seconds, with how many were not told")
    func telling() {
        var telling = Telling()
        #expect([0, 1, 9_999, 10_000, 10_001, 30_000].map { telling.tell(now: $0) } == [0, nil, nil, 2, nil, 1])
    }
}
