// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Testing

@testable import Resilience

@Suite("An override in wall-clock time")
struct StoredOverrideTests {
    private static let now = TelemetryInstant(t: 1_000_000, up: 5_000)

    @Test(
        "What is left of it in another boot, and since when it holds there",
        arguments: [
            // since, until → since on the new clock, remaining; nil = over
            (940_000, 1_060_000, -55_000, 60_000),
            (999_000, 1_000_001, 4_000, 1),
            (940_000, 1_000_000, nil, nil),
            (940_000, 999_999, nil, nil),
            (940_000, nil, -55_000, nil),
            (0, nil, -995_000, nil),
            // The clock has jumped back by an hour: no longer than it was to last, and begun now at the latest.
            (4_600_000, 4_660_000, 5_000, 60_000),
            (4_600_000, nil, 5_000, nil),
            // Equal ends last no time at all, wherever the clock stands.
            (4_600_000, 4_600_000, nil, nil),
            (0, StoredOverride.range.upperBound, -995_000, StoredOverride.range.upperBound - 1_000_000),
        ] as [(Int64, Int64?, Int64?, Int64?)])
    func resumed(since: Int64, until: Int64?, resumedSince: Int64?, remaining: Int64?) {
        let stored = StoredOverride(mode: .forcedOpen, revision: 1, since: since, until: until)
        let resumed = stored.resumed(at: Self.now)
        #expect(resumed?.since == resumedSince)
        #expect(resumed?.remaining == remaining)
    }

    @Test("A wall clock without sense does no harm", arguments: [Int64.min, -1, .max])
    func absurdClock(wall: Int64) {
        let now = TelemetryInstant(t: wall, up: wall)
        for until in [nil, 2_000] as [Int64?] {
            let stored = StoredOverride(mode: .forcedOpen, revision: 1, since: 1_000, until: until)
            if let remaining = stored.resumed(at: now)?.remaining { #expect((1...1_000).contains(remaining)) }
        }
        let slot = CircuitOverride(mode: .forcedOpen, revision: 1, since: .min, until: .max)
        let stored = StoredOverride(slot, readAt: now)
        #expect(stored.map { StoredOverride.range.contains($0.since) } == true)
        #expect(stored?.until.map { StoredOverride.range.contains($0) } == true)
    }

    @Test("A slot is stored by the wall clock; a free one is not")
    func slot() {
        let slot = CircuitOverride(
            mode: .forcedClosed, revision: 7, principal: "uid 7", claimed: "ann", reason: "drill", since: -1_000,
            until: 65_000)
        let stored = StoredOverride(slot, readAt: Self.now)
        #expect(
            stored
                == StoredOverride(
                    mode: .forcedClosed, revision: 7, principal: "uid 7", claimed: "ann", reason: "drill",
                    since: 994_000, until: 1_060_000))
        #expect(StoredOverride(CircuitOverride(revision: 8), readAt: Self.now) == nil)
    }

    @Test("Long texts are cut between characters, within what a file may hold")
    func longTexts() {
        let slot = CircuitOverride(
            mode: .forcedOpen, revision: 1, reason: String(repeating: "€", count: 1_000), since: 0)
        let stored = StoredOverride(slot, readAt: Self.now)
        #expect(stored?.reason == String(repeating: "€", count: StoredOverride.maximumTextBytes / 3))
    }
}
