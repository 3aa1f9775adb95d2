// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Fleet

/// A line of a list of events: one of them, or several that tell the same.
struct EventRow: Sendable {
    /// The first of them: the line stays where it is while others join it.
    let event: FleetEvent
    /// How many calls gave up, those that the service left out included; 1 = it tells of one event.
    private(set) var count: Int64 = 1
    /// How many events of the list it stands for.
    private(set) var events = 1
    /// When the last of them happened, in milliseconds since 1970.
    private(set) var lastAt: Milliseconds

    /// Calls that gave up within so long are one line.
    static let burst: Milliseconds = 60_000

    private init(_ event: FleetEvent) {
        self.event = event
        lastAt = event.t
        count = event.gaveUp ?? 1
    }

    private mutating func join(_ other: FleetEvent) {
        count = count.saturatingSum(other.gaveUp ?? 0)
        events += 1
        lastAt = other.t
    }

    /// The lines of a list of events, both the newest first.
    ///
    /// Calls of a circuit that gave up one after the other stand in one line. An order and what came of it are one line,
    /// too: of a force, the override with its end; of what ended one, the order with its reason.
    static func rows(of events: [FleetEvent]) -> [EventRow] {
        var rows: [EventRow] = []
        // The place of the newest row of each circuit.
        var newest: [Place: Int] = [:]
        for event in events.reversed() {
            let place = Place(event)
            if let index = newest[place] {
                if event.gaveUp != nil, rows[index].event.gaveUp != nil,
                    event.t.saturatingDifference(rows[index].event.t) <= burst
                {
                    rows[index].join(event)
                    continue
                }
                if rows[index].events == 1, event.isTold(by: rows[index].event) {
                    rows[index].events += 1
                    continue
                }
                if rows[index].events == 1, rows[index].event.isTold(by: event) {
                    rows[index] = EventRow(event)
                    rows[index].events += 1
                    continue
                }
            }
            newest[place] = rows.count
            rows.append(EventRow(event))
        }
        return rows.reversed()
    }

    func line(_ theme: Theme, _ clock: WallClock, limit: Int = 400) -> EventLine {
        var line = EventLine(event: event, theme: theme, clock: clock, limit: limit)
        if count > 1 { line.repeats = (count, lastAt.saturatingDifference(event.t)) }
        return line
    }

    private struct Place: Hashable {
        let process: InstanceKey?
        let service: String
        let instance: String
        let circuit: String?

        init(_ event: FleetEvent) {
            (process, service, instance, circuit) = (event.process, event.service, event.instance, event.circuit)
        }
    }
}

extension FleetEvent {
    /// How many calls gave up, when it tells of those.
    fileprivate var gaveUp: Int64? {
        switch kind {
        case .told(.retryExhausted): 1
        case .told(.suppressed("retry_exhausted", let count)): max(0, count)
        default: nil
        }
    }

    /// Whether another one of the same circuit says all that this one does: a done order and the override that came of it.
    fileprivate func isTold(by other: FleetEvent) -> Bool {
        switch (kind, other.kind) {
        case (.told(.command(let command)), .told(.override(let change))):
            command.action.isForce && command.refusal == nil && change.isResult(of: command)
        case (.told(.override(let change)), .told(.command(let command))):
            !command.action.isForce && command.refusal == nil && change.isResult(of: command)
        default: false
        }
    }
}

extension OverrideChange {
    fileprivate func isResult(of command: CommandRecord) -> Bool {
        guard cause == .command, to.principal == command.principal else { return false }
        return switch command.action {
        case .forceOpen: to.mode == .forcedOpen && to.reason == command.reason && to.claimed == command.claimed
        case .forceClosed: to.mode == .forcedClosed && to.reason == command.reason && to.claimed == command.claimed
        case .clear, .reset: to.mode == .none
        case .probe: false
        }
    }
}
