// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import BreakerWire

/// How far a subscriber has read the event log.
struct EventCursor: Sendable {
    private static let replayedEvents: Int64 = 256
    private static let replayedBytes = 65_536

    /// The last event that was sent, or stated as lost.
    private(set) var seq: Int64
    // What was in the log already when the subscriber came is a replay.
    private var replayEnd: Int64

    /// A cursor before the newest events that fit into the replay; or behind `since`, which a monitor has read before.
    init(since: Int64?, from source: some SubscriberSource) {
        let log = source.events(after: 0, limit: 0)
        replayEnd = log.newest
        if let since, since <= log.newest {
            seq = since
        } else {
            seq = Self.replayStart(in: log, from: source)
        }
    }

    /// The newest event that its subscriber knows of, or could know of when it came.
    var known: Int64 { max(seq, replayEnd) }

    /// Whether some of the replay is still to come.
    var isReplaying: Bool { seq < replayEnd }

    /// Puts a page that begins behind the cursor into the outbox, as much as there is room for.
    mutating func next(_ page: EventPage, into outbox: inout Outbox, where isWanted: (Event) -> Bool) {
        guard page.newest > seq else {
            replayEnd = min(replayEnd, seq)
            return
        }
        // What the log has dropped, or a provider left out, is stated, never passed over.
        let first = page.events.first?.seq ?? page.newest + 1
        if first > seq + 1 { outbox.append(.gap(Gap(from: seq + 1, to: first - 1))) }
        seq = first - 1
        for event in page.events {
            guard !outbox.isFull else { return }
            seq = event.seq
            if isWanted(event) { outbox.append(.event(event, replayed: event.seq <= replayEnd)) }
        }
    }

    private static func replayStart(in log: EventPage, from source: some SubscriberSource) -> Int64 {
        let start = max(log.newest - replayedEvents, log.oldest - 1, 0)
        let page = source.events(after: start, limit: Int(replayedEvents))
        var line: [UInt8] = []
        var room = replayedBytes
        for event in page.events.reversed() {
            line.removeAll(keepingCapacity: true)
            MessageEncoder().append(.event(event, replayed: true), to: &line)
            room -= line.count
            guard room >= 0 else { return event.seq }
        }
        return page.events.first.map { $0.seq - 1 } ?? log.newest
    }
}
