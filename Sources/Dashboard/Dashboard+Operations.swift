// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Canvas
import Fleet

/// What an operator does to circuits, from the key to what is sent.
extension Dashboard {
    /// What asks for an order are ``Binding``s and commands of the palette: none of them sends, all open the dialog.
    mutating func ask(
        _ action: CommandAction, lifetime: Command.Lifetime? = nil, reason: String = "", at now: Milliseconds
    ) {
        // Before they are looked up: there may be very many.
        if let refusal = OrderRefusal.tooMany(groupCount, action) { return refuse(refusal.sentence, at: now) }
        if screen == .map, isMapOrderTooWide {
            return refuse("these are too many calls for one order: go to the callers' own lines", at: now)
        }
        let keys = orderTargets
        if screen == .map, keys.isEmpty {
            return refuse("go to one of the calls first: a service's own line is no circuit", at: now)
        }
        table.stick()
        var request = OrderDialog.Request(action, keys, group: wholeGroup(of: keys))
        if screen == .map { request.calls = mapState.chosen }
        if let lifetime { request.lifetime = lifetime }
        request.reason = reason
        request.isOfMarks = screen == .circuits && !table.marks.isEmpty
        refuse(operations.ask(request, in: fleet), at: now)
    }

    mutating func askUndo(at now: Milliseconds) { refuse(operations.askUndo(in: fleet, at: now), at: now) }

    mutating func askAgain(at now: Milliseconds) { refuse(operations.askAgain(in: fleet, at: now), at: now) }

    /// Where it is not in sight which circuit would be meant.
    mutating func refuseOutOfSight(at now: Milliseconds) {
        refuse("go to the circuit first, by Enter on its line or by 1: orders are for what is in sight", at: now)
    }

    /// Says why no dialog opened; what was typed before that can have been read was meant for the dialog.
    mutating func refuse(_ reason: String?, at now: Milliseconds) {
        notice = reason
        if reason != nil { deafUntil = now.saturatingSum(OrderDialog.settlingTime) }
    }

    /// The views in which it is in sight what an order is for.
    static let orderScreens: Set<Screen.ID> = [.circuits, .circuit, .map]

    /// How many circuits the group under the cursor has, if an order would be for that.
    private var groupCount: Int {
        if screen == .map { return mapState.groupLine?.edge?.circuits.total ?? 0 }
        guard screen == .circuits, table.marks.isEmpty, case .group(let group) = table.selected else { return 0 }
        return roster.group(group)?.members.count ?? 0
    }

    /// Whether a line of the map stands for more calls than are listed.
    private var isMapOrderTooWide: Bool {
        mapState.groupLine?.group.map { $0.count > $0.calls.count } ?? false
    }

    /// In the view of one circuit it is that one, on the map the calls under the cursor, whatever is marked in the table.
    private var orderTargets: [CircuitKey] {
        switch screen {
        case .circuit: [shownCircuit].compactMap(\.self)
        case .map: fleet.circuits(of: mapState.chosen)
        default: targets
        }
    }

    /// The title of the group that these circuits are all of: a force on them is meant for instances that come later, too.
    ///
    /// `nil` = they are a choice: a group by state changes by itself, and a filter may have left out instances that are
    /// there, of which nobody shall say later that they are new.
    private func wholeGroup(of keys: [CircuitKey]) -> String? {
        // Its circuits are those that make the chosen calls: no others are meant, now or later.
        if screen == .map { return mapState.chosenTitle }
        guard screen != .circuit, table.grouping != .none, table.grouping != .state, !keys.isEmpty else { return nil }
        if table.marks.isEmpty { guard case .group = table.selected else { return nil } }
        let chosen = Set(keys)
        guard
            let group = roster.groups.first(where: { group in
                group.members.count == chosen.count
                    && group.members.allSatisfy { fleet.key(of: $0.handle).map(chosen.contains) ?? false }
            })
        else { return nil }
        return hasMore(than: chosen, of: group.key) ? nil : group.key.title
    }

    /// Whether a live instance has a circuit of the group, or one with the service and name of a chosen one, that was not chosen.
    private func hasMore(than chosen: Set<CircuitKey>, of group: GroupKey) -> Bool {
        let names = Dictionary(grouping: chosen, by: \.instance.service).mapValues { Set($0.map(\.name)) }
        return fleet.instances.values.contains { instance in
            let names = names[instance.identity.service] ?? []
            return fleet.isFresh(instance)
                && instance.circuits.values.contains {
                    (names.contains($0.value.key.name) || group.contains($0.value)) && !chosen.contains($0.value.key)
                }
        }
    }

    // MARK: - The dialog

    /// Takes a key for the open dialog. The marks of an order that goes out are taken away: what comes next is another choice.
    mutating func answer(with key: Key, readAt: Milliseconds, at now: TelemetryInstant) -> [Effect] {
        let isOfMarks = operations.dialog?.request.isOfMarks ?? false
        let deed = operations.handle(key, readAt: readAt, size: size, at: now)
        notice = deed.notice
        if deed.isConfirmed, isOfMarks { table.marks = [] }
        if key == .enter { enterDeafUntil = readAt.saturatingSum(OrderDialog.repeatTime) }
        // On a slow line Alt and a key come as Escape and, a moment later, that key.
        if !deed.isConfirmed, operations.dialog == nil { deafUntil = readAt.saturatingSum(Self.chordTime) }
        return deed.commands.map(Effect.send)
    }

    /// Keys that are read within this time of each other may be one stroke.
    static let chordTime: Milliseconds = 50

    /// Leaves; with orders that still go out, or of which it is not known whether they were done, only when it is asked for
    /// twice, and not by a held key.
    mutating func quit() -> [Effect] {
        let now = keyReadAt
        let (waiting, sent) = operations.orders.unfinished
        let sinceAsked = quitAskedAt.map { now.saturatingDifference($0) }
        let isMeant = sinceAsked.map { $0 >= OrderDialog.repeatTime && $0 <= Self.noticeTime } ?? false
        guard waiting + sent > 0, !isMeant else { return [.quit(status: 0)] }
        quitAskedAt = now
        let parts = [(waiting, "not sent yet"), (sent, "without an answer")].filter { $0.0 > 0 }
        let what = parts.map { "\($0.0.of("command")) \($0.1)" }.joined(separator: ", ")
        notice = "\(what): q again quits without"
        return []
    }

    // MARK: - Words

    /// How the last order stands, or which force is missing somewhere; `nil` = there is nothing to say.
    var orderStatus: Operations.Status? {
        operations.status(
            at: now.up, undoKey: Keymap.key(for: "undo"), againKey: Keymap.key(for: "again"), theme)
    }
}
