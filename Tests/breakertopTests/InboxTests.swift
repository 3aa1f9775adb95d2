// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet
import Testing

@testable import breakertop

@Suite("What the screen hands over to be kept") struct InboxTests {
    private static func rows(_ count: Int, at: Milliseconds) -> [Observation] {
        let rows = (0..<count).map { CircuitRow(id: Int64($0)) }
        let now = TelemetryInstant(t: at, up: at)
        let sample = ProviderSample(at: now, seq: 0, rows: rows)
        return [Observation(source: SourceID("a"), at: now, fact: .sample(sample, isEnd: true))]
    }

    /// What waits, in words.
    private static func words(_ notes: [Inbox.Note]) -> [String] {
        notes.map { note in
            switch note {
            case .observed(let observations): "observed \(observations.map(\.at.up))"
            case .known(let moment, _, let since):
                "known \(moment.at), missed since \(since.map(String.init) ?? "never")"
            }
        }
    }

    @Test("Nothing is taken before all that is known, which is asked for until it comes, and once")
    func begins() {
        var inbox = Inbox()
        inbox.observe(Self.rows(1, at: 5))
        #expect(inbox.wantsKeyframe)
        inbox.know(Moment(at: 10), clockOffset: 0)
        #expect(!inbox.wantsKeyframe)
        inbox.know(Moment(at: 11), clockOffset: 0)
        inbox.observe(Self.rows(1, at: 12))
        let notes = inbox.take()
        #expect(Self.words(notes) == ["known 10, missed since 5", "observed [12]"])
        let rest = inbox.take()
        #expect(rest.isEmpty)
    }

    @Test("What would be too much goes, with all that waits, and it is said since when something is missing")
    func overflows() {
        var inbox = Inbox()
        inbox.know(Moment(at: 10), clockOffset: 0)
        _ = inbox.take()
        var at: Milliseconds = 20
        while !inbox.wantsKeyframe {
            inbox.observe(Self.rows(10_000, at: at))
            at += 10
            #expect(at < 1_000, "nothing was too much")
        }
        let rest = inbox.take()
        #expect(rest.isEmpty)
        inbox.observe(Self.rows(1, at: at))
        inbox.know(Moment(at: 900), clockOffset: 0)
        let notes = inbox.take()
        #expect(Self.words(notes) == ["known 900, missed since 20"])
    }

    @Test("What overflows while all that is known waits to be written asks for it again")
    func overflowsAgain() {
        var inbox = Inbox()
        inbox.know(Moment(at: 10), clockOffset: 0)
        while !inbox.wantsKeyframe { inbox.observe(Self.rows(50_000, at: 20)) }
        inbox.know(Moment(at: 30), clockOffset: 0)
        let notes = inbox.take()
        #expect(Self.words(notes) == ["known 30, missed since 10"])
    }

    @Test("Lines that nobody knows count by their length")
    func foreign() {
        var inbox = Inbox()
        inbox.know(Moment(at: 10), clockOffset: 0)
        let now = TelemetryInstant(t: 20, up: 20)
        let line = Observation(source: SourceID("a"), at: now, fact: .foreign(Array(repeating: 65, count: 60_000)))
        for _ in 0..<1_000 where !inbox.wantsKeyframe { inbox.observe([line]) }
        #expect(inbox.wantsKeyframe)
    }
}
