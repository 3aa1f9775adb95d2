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

    @Test("What strangers can cause is told five times in ten seconds for each, with how many were not told")
    func telling() {
        var tellings = Tellings()
        let told = [0, 1, 2, 3, 4, 5, 9_999, 10_000, 30_000].map {
            tellings.tell(.handshake, of: .network("a"), now: $0)
        }
        #expect(told == [0, 0, 0, 0, 0, nil, nil, 2, 0])
        // Neither another one nor another matter waits for that.
        #expect(tellings.tell(.handshake, of: .network("b"), now: 30_000) == 0)
        #expect(tellings.tell(.crowd, of: .network("a"), now: 30_000) == 0)
    }

    @Test("However many strangers there are, the lines are bounded, and forgotten when they are old")
    func manyTellings() {
        var tellings = Tellings()
        let told = (1...1_000).compactMap { tellings.tell(.handshake, of: .user($0), now: 0) }
        #expect(told.count == Tellings.maximumClients + Tellings.most)
        #expect(tellings.tell(.handshake, of: .user(1_000), now: Tellings.period) == 0)
    }
}
