// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import Canvas
package import Fleet

/// Who did what, as one line: a command of this screen or of somebody else, or an override that ended or came back by itself.
package struct AuditLine: Sendable, Hashable {
    package enum Result: Sendable, Hashable {
        /// On its way.
        case sent
        case done
        case refused(String)
        /// No answer came: it may be done.
        case unknown(String)
        /// It happened by itself: nobody was asked.
        case happened
    }

    /// When, in milliseconds since 1970: by the service's clock for what it told, else by the monitor's.
    package var t: Milliseconds
    /// Whether this screen did it.
    package var isOwn: Bool
    /// The name that was claimed; empty = none.
    package var claimed: String
    /// Who was authenticated; empty = not told, or nobody.
    package var principal: String
    package var what: String
    /// How long a force is meant to hold; empty = that is not told, or it is none.
    package var time = ""
    /// The reason in its marks; empty = none.
    package var reason = ""
    package var service: String
    package var instance: String
    package var circuit: String
    package var result: Result
    /// The command's id; empty when it is none.
    package var id: String
    /// Tells it from all other lines of the list.
    package fileprivate(set) var number = 0

    /// Who, safe to show.
    package var who: String {
        // Of one's own it is not told yet as whom the service knows this screen.
        isOwn && principal.isEmpty
            ? (claimed.isEmpty ? "you" : claimed.sanitizedForDisplay(maxColumns: 60))
            : CircuitOverride(principal: principal, claimed: claimed).shownAuthor
    }

    /// When, who, what, where, and what came of it.
    package func spans(_ theme: Theme, _ clock: WallClock) -> [Span] {
        let key = CircuitKey(
            instance: InstanceKey(service: service, instance: instance, boot: ""), id: 0, name: circuit)
        let mark = isOwn ? Span("▸ ", theme.accent) : Span("  ")
        return [
            mark, Span("\(clock.time(t))  ", theme.quiet), outcome(theme),
            Span(key.displayName.padded(toColumns: 28) + " "), Span(what, theme.plain),
            // Who did it is not what a narrow screen cuts off.
            Span(result == .happened ? "" : " by \(who)", theme.quiet), Span(time + reason, theme.plain),
            Span(isOwn ? ", this screen" : "", theme.quiet), refusal(theme),
        ]
    }

    /// In a column of its own before all that may be cut off.
    private func outcome(_ theme: Theme) -> Span {
        let (word, style) =
            switch result {
            case .sent: ("sent", theme.attention)
            case .done: ("done", theme.good)
            case .refused: ("REFUSED", theme.alarm)
            case .unknown: ("NOT KNOWN", theme.attention)
            case .happened: ("", theme.plain)
            }
        return Span(word.padded(toColumns: 11), style)
    }

    private func refusal(_ theme: Theme) -> Span {
        switch result {
        case .refused(let why): Span("; REFUSED: \(why)", theme.alarm)
        case .unknown(let why): Span("; NOT KNOWN whether done: \(why)", theme.attention)
        case .sent, .done, .happened: Span("")
        }
    }
}

/// The newest of what was done to circuits, by this screen and by others, in the order of their times. Bounded; neither of
/// the two can push the other out.
package struct AuditList: Sendable {
    /// Oldest first.
    package private(set) var lines: [AuditLine] = []
    private var own: Set<String> = []
    /// How many lines there have been.
    private var added = 0
    /// Events that were looked at, as ``RecentEvents/total`` counts them.
    private var seen = 0

    /// The most lines of this screen, and of others each.
    package static let capacity = 1_000

    package init() {}

    // MARK: - This screen

    /// A command of this screen goes out.
    package mutating func sent(_ command: Command, to key: CircuitKey, at now: TelemetryInstant) {
        // Sent once more, since the service had no room.
        guard own.insert(command.id).inserted else { return }
        let time = command.action.isForce ? " for \(command.lifetime?.words ?? "")" : ""
        add(
            AuditLine(
                t: now.t, isOwn: true, claimed: command.claimed, principal: "",
                what: command.action.title.lowercased(), time: time, reason: quoted(command.reason),
                service: key.instance.service, instance: key.instance.instance, circuit: key.name, result: .sent,
                id: command.id))
    }

    /// A force of this screen is followed no more: nobody came back whom it was for.
    package mutating func deserted(_ hold: GroupHold, at now: TelemetryInstant) {
        guard let member = hold.chosen.min() else { return }
        add(
            AuditLine(
                t: now.t, isOwn: true, claimed: "", principal: "",
                what:
                    "\(hold.action.title.lowercased()) \(hold.place): its processes never came back, it is followed no more",
                service: member.service, instance: member.instance, circuit: member.name, result: .happened, id: ""))
    }

    /// What became of a command of this screen.
    package mutating func answered(_ command: OrderedCommand) {
        guard let index = index(of: command.command.id, service: nil) else { return }
        switch command.fate {
        case .waiting, .sent, .dropped: break
        case .accepted, .done: lines[index].result = .done
        case .refused(let error): lines[index].result = .refused(error.description.sanitizedForDisplay(maxColumns: 200))
        case .unknown(let error):
            // The event may have told it already.
            guard lines[index].result == .sent else { return }
            lines[index].result = .unknown(error.message.sanitizedForDisplay(maxColumns: 200))
        }
    }

    // MARK: - Events

    /// Takes the events that came since the last time, and returns them.
    package mutating func take(_ events: RecentEvents) -> [FleetEvent] {
        let news = Array(events.all.suffix(max(0, events.total - seen)))
        seen = events.total
        for event in news { take(event) }
        return news
    }

    private mutating func take(_ event: FleetEvent) {
        switch event.kind {
        case .told(.command(let record)): take(record, event)
        case .told(.override(let change)):
            switch change.cause {
            case .expiry: add(happened("override expired", event))
            case .restored: add(happened("\(change.to.words) again, restored after the restart", event, of: change.to))
            case .config: add(happened("\(change.to.words), by configuration", event))
            case .command: tellTime(of: change, event)
            }
        case .told(.suppressed("command", let count)):
            add(happened("\(Format.count(count)) more refused commands left out", event))
        case .overrideLost(let slot): add(happened("OVERRIDE LOST by the restart: \(slot.words)", event, of: slot))
        default: break
        }
    }

    private mutating func take(_ record: CommandRecord, _ event: FleetEvent) {
        if let index = index(of: record.id, service: event.service) {
            lines[index].principal = record.principal
            switch (record.refusal, lines[index].result) {
            case (nil, _): lines[index].result = .done
            // The answer says it in a sentence.
            case (_, .refused): break
            case (let refusal?, _): lines[index].result = .refused(refusal.rawValue.sanitizedForDisplay(maxColumns: 40))
            }
            return
        }
        var line = happened(record.action.title.lowercased(), event)
        line.reason = quoted(record.reason)
        (line.claimed, line.principal, line.id) = (record.claimed, record.principal, record.id)
        line.result = record.refusal.map { .refused($0.rawValue.sanitizedForDisplay(maxColumns: 40)) } ?? .done
        add(line)
    }

    /// How long a force of somebody else holds is not in the command's record, but in the event behind it.
    private mutating func tellTime(of change: OverrideChange, _ event: FleetEvent) {
        guard change.to.mode != .none,
            let index = lines.lastIndex(where: { line in
                line.service == event.service && line.instance == event.instance && line.circuit == event.circuit
            }), !lines[index].isOwn, lines[index].result == .done, lines[index].t <= event.t
        else { return }
        let time = event.overrideEnd.map { "for \(Format.duration($0.saturatingDifference(lines[index].t)))" }
        lines[index].time = " \(time ?? "until cleared")"
    }

    private func happened(_ what: String, _ event: FleetEvent, of slot: CircuitOverride? = nil) -> AuditLine {
        AuditLine(
            t: event.t, isOwn: false, claimed: slot?.claimed ?? "", principal: slot?.principal ?? "",
            what: what
                + (slot.map { " of \($0.shownAuthor)\(quoted($0.reason))" } ?? ""),
            service: event.service,
            instance: event.instance, circuit: event.circuit ?? "", result: .happened, id: "")
    }

    private func quoted(_ reason: String) -> String {
        reason.isEmpty ? "" : ": “\(reason.sanitizedForDisplay(maxColumns: Command.maximumTextLength))”"
    }

    /// An id alone is no proof: only the service that a command went to can tell of it.
    private func index(of id: String, service: String?) -> Int? {
        guard own.contains(id) else { return nil }
        return lines.lastIndex { $0.isOwn && $0.id == id && (service == nil || service == $0.service) }
    }

    private mutating func add(_ line: AuditLine) {
        var line = line
        added += 1
        line.number = added
        let place = lines.lastIndex { $0.t <= line.t }.map { $0 + 1 } ?? 0
        lines.insert(line, at: place)
        guard lines.count(where: { $0.isOwn == line.isOwn }) > Self.capacity else { return }
        guard let oldest = lines.firstIndex(where: { $0.isOwn == line.isOwn }) else { return }
        own.remove(lines.remove(at: oldest).id)
    }
}

extension CircuitOverride {
    fileprivate var words: String {
        switch mode {
        case .none: "no override"
        case .forcedOpen: "forced open"
        case .forcedClosed: "forced closed"
        }
    }
}
