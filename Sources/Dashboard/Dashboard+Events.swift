// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

/// The events that the view shows, and the one that the cursor sticks to.
struct EventsState: Sendable {
    /// Newest first.
    private(set) var rows: [EventRow] = []
    /// Where the operator is among them, by the number of each row's event.
    var list = StickyList<Int>()
    /// What was typed last that is a filter.
    private(set) var filter = EventQuery()
    /// Whether probes and calls that gave up are left out.
    private(set) var hidesFrequent = false
    /// The events of the model as of the last refresh, and how many there had been by then; `nil` = look again.
    private var seen: Int?
    /// The numbers of those that pass the filter, so that each is asked once.
    private var passing: Set<Int> = []
    private var asked = 0

    /// The row under the cursor.
    var selected: EventRow? { rows.indices.contains(list.index) ? rows[list.index] : nil }

    mutating func filter(by query: EventQuery) {
        filter = query
        askAgain()
    }

    mutating func toggleFrequent() {
        hidesFrequent.toggle()
        askAgain()
    }

    private mutating func askAgain() { (seen, passing, asked) = (nil, [], 0) }

    /// Takes what is new. The cursor stays on its event, and that at its place on the screen, unless it follows the newest.
    mutating func refresh(from fleet: FleetModel, written: (FleetEvent) -> String) {
        guard seen != fleet.events.total else { return }
        // A moment before: what came between was not asked about.
        if fleet.events.total < asked { askAgain() }
        for event in fleet.events.all where event.number > asked && passes(event, written) {
            passing.insert(event.number)
        }
        (seen, asked) = (fleet.events.total, fleet.events.total)
        let shown = fleet.chronicle().filter { passing.contains($0.number) }
        if passing.count > 2 * RecentEvents.capacity { passing = Set(shown.map(\.number)) }
        rows = EventRow.rows(of: shown)
        list.refresh(rows.map(\.event.number), holdsStill: true)
        if list.state.isFollowing { list.follow() }
    }

    private func passes(_ event: FleetEvent, _ written: (FleetEvent) -> String) -> Bool {
        !(hidesFrequent && event.isFrequent) && filter.matches(event) { written(event) }
    }
}

extension Dashboard {
    mutating func refreshEvents() {
        let (theme, clock) = (theme, clock)
        eventsState.refresh(from: fleet) { event in
            let line = EventLine(event: event, theme: theme, clock: clock)
            let place = [event.service, event.instance, event.circuit ?? "", event.kindWord].joined(separator: " ")
            return ([place] + line.what.map(\.text)).joined(separator: " ")
        }
    }

    mutating func toggleFrequentEvents() {
        eventsState.toggleFrequent()
        refreshEvents()
        notice =
            eventsState.hidesFrequent
            ? "probes and calls that gave up are hidden; ! shows them again" : "all events are shown"
    }

    /// Enter: the circuit of the event, or its service's circuits.
    mutating func enterEvent() -> [Effect] {
        guard let event = eventsState.selected?.event else {
            notice = "no event is selected"
            return []
        }
        guard let name = event.circuit else {
            return event.process == nil ? tellNothing() : showCircuits(of: event.service)
        }
        if let key = fleet.circuit(of: event) ?? event.process.flatMap({ fleet.newest(name, of: $0) }) {
            return visit(key, on: .circuit)
        } else {
            notice = "the circuit \(name.sanitizedForDisplay(maxColumns: 60)) is gone"
        }
        return []
    }

    private mutating func tellNothing() -> [Effect] {
        notice = "that source never said which service it is"
        return []
    }
}
