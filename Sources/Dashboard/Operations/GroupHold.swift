// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import Canvas
package import Fleet

/// A force that this screen gave, remembered for as long as it is meant to last: what came since, what a restart lost, what
/// others decided meanwhile.
///
/// A force on a group means its circuits on every instance, also those that come later; one on single circuits means these
/// alone. What somebody else cleared or forced otherwise is told with the name, and offered again, for ``takenTime``; after
/// that it is over, as is at once what this screen ended.
package struct GroupHold: Sendable {
    /// A circuit over all its boots.
    package struct Member: Sendable, Hashable, Comparable {
        package var service: String
        package var instance: String
        package var name: String

        init(_ key: CircuitKey) {
            (service, instance, name) = (key.instance.service, key.instance.instance, key.name)
        }

        init(service: String, instance: String, name: String) {
            (self.service, self.instance, self.name) = (service, instance, name)
        }

        package static func < (left: Member, right: Member) -> Bool {
            (left.service, left.instance, left.name) < (right.service, right.instance, right.name)
        }
    }

    /// How it stands with one member.
    enum Standing: Sendable, Hashable {
        /// The force is, or was when last seen, ours.
        case held(boot: String, revision: Int64, absentSince: Milliseconds?)
        case over(Ending)
    }

    /// How the force ended at one member.
    struct Ending: Sendable, Hashable {
        /// A sentence's part, safe to show; empty = there is nothing to tell.
        var words: String
        /// When somebody else ended it, on the monitor's monotonic clock; `nil` = this screen did, or its time was over.
        var takenAt: Milliseconds?
        /// Whether somebody else's force of the same kind took its place: it is taken when that ends.
        var isReplacement = false
    }

    private enum Ender: Sendable, Hashable {
        case us, time
        /// A sentence's part, safe to show.
        case somebody(String)
    }

    /// How it stands with the group.
    package struct Report: Sendable, Hashable {
        /// Circuits that the force holds.
        package var forced = 0
        /// Circuits that it should hold, of those that can be seen.
        package var total = 0
        /// Circuits that it does not hold although they belong to it.
        package var missing: [CircuitKey] = []
        /// Those of them that came after the order.
        package var new: Set<CircuitKey> = []
        /// Those of them that a restart lost.
        package var lost: Set<CircuitKey> = []
        /// Circuits that somebody else took it from, not long ago.
        package var taken: [CircuitKey] = []
        /// Circuits of services that say nothing: it is not known whether it holds.
        package var silent = 0
    }

    package let number: Int
    /// A force.
    package let action: CommandAction
    /// What it is about, in words, safe to show.
    package let place: String
    package let reason: String
    /// The title of the group that it is about; `nil` = single circuits.
    package let group: String?
    package var isGroup: Bool { group != nil }
    /// The calls that the group is; empty = it is all circuits of ``names``.
    private let calls: Set<DependencyMap.EdgeKey>
    /// When it ends by itself, on the monitor's monotonic clock; `nil` = when somebody clears it.
    package private(set) var end: Milliseconds?
    package private(set) var report = Report()
    /// Since when it asks for what it asks for now, on the monitor's monotonic clock; `nil` = it asks for nothing.
    private(set) var askingSince: Milliseconds?
    /// Since when nobody is there whom it is for.
    private var desertedSince: Milliseconds?
    /// The names of its circuits, by service.
    private let names: [String: [String]]
    /// Who was chosen when the order was given.
    let chosen: Set<Member>
    private(set) var standings: [Member: Standing] = [:]
    /// Who ended it last at a member, as far as is told; of members only.
    private var enders: [Member: Ender] = [:]

    /// The most circuits that a hold follows; a group that grows beyond is not followed further.
    package static let maximumMembers = 2_000
    /// How long the event that says who cleared a circuit may come after the row that shows it.
    static let tellingTime: Milliseconds = 1_000
    /// How long it is told that somebody else ended it.
    package static let takenTime: Milliseconds = 600_000

    /// Begins to follow a force of which at least one circuit was done.
    init?(_ order: Order) {
        guard order.plan.action.isForce else { return nil }
        number = order.number
        action = order.plan.action
        place = order.place
        reason = order.plan.reason
        group = order.plan.group
        calls = order.plan.calls
        end = order.end
        let keys = order.targets.map(\.key) + order.plan.leftOut
        chosen = Set(keys.map(Member.init))
        names = Dictionary(grouping: keys, by: \.instance.service).mapValues { Set($0.map(\.name)).sorted() }
    }

    /// Some of it was forced again: the later end counts.
    mutating func extend(_ order: Order) {
        guard let present = end else { return }
        end = order.end.map { max($0, present) }
    }

    /// This screen wants something else of these circuits by now: those that it never forced are not missing.
    mutating func decide(_ keys: [CircuitKey]) {
        for key in keys where standings[Member(key)] == nil && standings.count < Self.maximumMembers {
            standings[Member(key)] = .over(Ending(words: ""))
        }
    }

    private var mode: OverrideMode { action == .forceOpen ? .forcedOpen : .forcedClosed }

    /// A circuit of it was forced by this screen.
    mutating func hold(_ command: OrderedCommand) {
        guard standings.count < Self.maximumMembers else { return }
        let member = Member(command.key)
        let revision = command.revision ?? 0
        if case .held(let boot, let known, _) = standings[member], boot == command.key.instance.boot, known >= revision
        {
            return
        }
        standings[member] = .held(boot: command.key.instance.boot, revision: revision, absentSince: nil)
        enders[member] = nil
    }

    /// Takes news: who ended the force at one of the members.
    mutating func take(_ event: FleetEvent) {
        guard let name = event.circuit else { return }
        let member = Member(service: event.service, instance: event.instance, name: name)
        guard case .held = standings[member] else { return }
        switch event.kind {
        case .told(.command(let record))
        where record.refusal == nil && (record.action == .clear || record.action == .reset):
            guard enders[member] != .us else { return }
            let verb = record.action == .clear ? "cleared" : "reset"
            let words = "\(verb) by \(record.author)\(record.reason.isEmpty ? "" : ": “\(record.reason)”")"
            enders[member] = .somebody(words.sanitizedForDisplay(maxColumns: 100))
        case .told(.override(let change)) where change.cause == .expiry && change.to.mode == .none:
            enders[member] = .time
        default: break
        }
    }

    /// A circuit of it was cleared, reset or forced anew by this screen.
    mutating func release(_ command: OrderedCommand) {
        let member = Member(command.key)
        switch standings[member] {
        case .held(let boot, let revision, _):
            guard boot == command.key.instance.boot, command.revision ?? .max > revision else { return }
            enders[member] = .us
        case .over(let ending):
            // Forced again by another order since, and ended by this screen: nobody took it.
            let isLater = command.answeredAt.map { $0 > ending.takenAt ?? .max } ?? false
            if isLater || ending.isReplacement { standings[member] = .over(Ending(words: "")) }
        case nil: break
        }
    }

    /// Compares it with the fleet.
    ///
    /// - Parameter busy: circuits at which this screen's orders are on their way: nothing is said of them yet.
    mutating func follow(_ fleet: FleetModel, busy: Set<CircuitKey>) {
        var next = Report()
        let services = fleet.instances.values.filter { names[$0.identity.service] != nil }
        for instance in services.sorted(by: { $0.key < $1.key }) {
            guard let names = names[instance.identity.service] else { continue }
            let isLive = fleet.isFresh(instance)
            if instance.isStopped || (!isLive && fleet.isReplaced(instance.key)) { continue }
            for circuit in names.lazy.compactMap({ instance.circuit(named: $0)?.value })
            where isMeant(circuit) && !busy.contains(circuit.key) {
                if isLive { judge(circuit, of: instance, in: fleet, into: &next) } else { miss(circuit.key, &next) }
            }
        }
        next.missing.sort()
        let asked = Set(report.missing + report.taken)
        if !(next.missing + next.taken).allSatisfy(asked.contains) { askingSince = fleet.now.up }
        report = next
        desertedSince = next.total > 0 || !busy.isEmpty ? nil : desertedSince ?? fleet.now.up
        if !needsAttention { askingSince = nil }
    }

    private func isMeant(_ circuit: Circuit) -> Bool {
        let isOfGroup = isGroup && (calls.isEmpty || calls.contains(DependencyMap.EdgeKey(circuit)))
        return isOfGroup || standings[Member(circuit.key)] != nil
    }

    /// Nobody answers for it: it counts if it is one of us.
    private func miss(_ key: CircuitKey, _ next: inout Report) {
        guard case .held = standings[Member(key)] else { return }
        next.total += 1
        next.silent += 1
    }

    private mutating func judge(
        _ circuit: Circuit, of instance: Instance, in fleet: FleetModel, into next: inout Report
    ) {
        let slot = circuit.description.override
        let present = circuit.row.overrideMode ?? slot.mode
        let revision = circuit.row[.overrideRevision] ?? slot.revision
        let member = Member(circuit.key)
        switch standings[member] {
        case .over(var ending):
            guard present != mode else { return }
            if ending.isReplacement {
                ending = Ending(words: ending.words + ", which ended", takenAt: fleet.now.up)
                standings[member] = .over(ending)
            }
            count(ending, at: circuit.key, fleet.now.up, &next)
        case nil: judgeUnknown(circuit, present, revision, into: &next)
        case .held(let boot, _, _)
        where boot != circuit.key.instance.boot && isLive(boot, beside: circuit.key, in: fleet):
            // A twin, or the next process while the one before is still there: it was not meant.
            guard isGroup else { return }
            next.total += 1
            if present == mode { next.forced += 1 } else { next.missing.append(circuit.key) }
        case .held(let boot, let known, let absentSince):
            guard present != mode else {
                if boot == circuit.key.instance.boot && revision > known && known > 0 {
                    var told: Ending? = enders[member] == .us ? Ending(words: "") : nil
                    if told == nil, slot.revision == revision {
                        told = Ending(words: "forced by \(slot.shownAuthor) now", isReplacement: true)
                    }
                    return end(circuit.key, told, isReplacement: true, fleet.now.up, absentSince, &next)
                }
                standings[member] = .held(boot: circuit.key.instance.boot, revision: revision, absentSince: nil)
                // A service that stood still did it later, and so it lasts longer.
                if let end, slot.revision == revision, let left = fleet.circuit(circuit.key)?.overrideLeft {
                    self.end = max(end, fleet.now.up.saturatingSum(left))
                }
                next.forced += 1
                next.total += 1
                return
            }
            guard boot != circuit.key.instance.boot, revision == 0 else {
                let told = ending(at: member, present, slot, fleet.now.up)
                return end(circuit.key, told, isReplacement: false, fleet.now.up, absentSince, &next)
            }
            judgeRestarted(circuit, of: instance, in: fleet, into: &next)
        }
    }

    private func isLive(_ boot: String, beside key: CircuitKey, in fleet: FleetModel) -> Bool {
        var other = key.instance
        other.boot = boot
        return fleet.instances[other].map { $0.lostAt == nil } ?? false
    }

    private mutating func judgeUnknown(
        _ circuit: Circuit, _ present: OverrideMode, _ revision: Int64, into next: inout Report
    ) {
        let member = Member(circuit.key)
        let hasRoom = standings.count < Self.maximumMembers
        if present == mode {
            // Somebody was faster, or it took over what was kept.
            if hasRoom {
                standings[member] = .held(boot: circuit.key.instance.boot, revision: revision, absentSince: nil)
            }
            next.forced += 1
            next.total += 1
        } else if present != .none {
            // Somebody wants it otherwise.
            if hasRoom { standings[member] = .over(Ending(words: "")) }
        } else {
            next.total += 1
            next.missing.append(circuit.key)
            if !chosen.contains(member) { next.new.insert(circuit.key) }
        }
    }

    /// The process is another one, and nobody has decided about the circuit since.
    private func judgeRestarted(
        _ circuit: Circuit, of instance: Instance, in fleet: FleetModel, into next: inout Report
    ) {
        next.total += 1
        let isKnownToBeThere = instance.formerOverrides[circuit.key.name] == nil && instance.isComplete
        guard isKnownToBeThere || fleet.circuit(circuit.key)?.isOverrideLost == true else {
            // It may still take over what was kept.
            next.silent += 1
            return
        }
        next.missing.append(circuit.key)
        next.lost.insert(circuit.key)
    }

    /// How it ended at a member that another mode holds by now, or none; `nil` = that is not told yet.
    private func ending(
        at member: Member, _ present: OverrideMode, _ slot: CircuitOverride, _ now: Milliseconds
    ) -> Ending? {
        switch enders[member] {
        case .us: return Ending(words: "")
        case _ where present != .none:
            let mode = present == .forcedOpen ? "forced open" : "forced closed"
            return Ending(words: "\(mode) by \(slot.shownAuthor)", takenAt: now)
        case .time: return Ending(words: "")
        case .somebody(let words): return Ending(words: words, takenAt: now)
        case nil: return nil
        }
    }

    /// The force is over at a member; how that came about may still be told, for ``tellingTime``.
    private mutating func end(
        _ key: CircuitKey, _ told: Ending?, isReplacement: Bool, _ now: Milliseconds, _ absentSince: Milliseconds?,
        _ next: inout Report
    ) {
        let since = absentSince ?? now
        let ending: Ending
        if let told {
            ending = told
        } else if let end, end <= now.saturatingSum(Self.tellingTime) {
            ending = Ending(words: "")
        } else if now.saturatingDifference(since) >= Self.tellingTime {
            ending = Ending(
                words: "ended by somebody", takenAt: isReplacement ? nil : now, isReplacement: isReplacement)
        } else {
            guard case .held(let boot, let revision, _) = standings[Member(key)] else { return }
            standings[Member(key)] = .held(boot: boot, revision: revision, absentSince: since)
            return
        }
        standings[Member(key)] = .over(ending)
        count(ending, at: key, now, &next)
    }

    private func count(_ ending: Ending, at key: CircuitKey, _ now: Milliseconds, _ next: inout Report) {
        guard let takenAt = ending.takenAt, now.saturatingDifference(takenAt) < Self.takenTime else { return }
        next.total += 1
        next.taken.append(key)
    }

    /// Whether there is nothing left of it.
    func isOver(at now: Milliseconds) -> Bool {
        if let end, end <= now { return true }
        // The report leaves out what is on its way, and who says nothing.
        return !standings.values.contains { standing in
            switch standing {
            case .held: true
            case .over(let ending):
                ending.isReplacement || ending.takenAt.map { now.saturatingDifference($0) < Self.takenTime } ?? false
            }
        }
    }

    /// Whether it has no end, and nobody has been there for long whom it is for: pods never come back as themselves. That on
    /// a group is meant for those to come.
    func isDeserted(at now: Milliseconds) -> Bool {
        !isGroup && end == nil
            && desertedSince.map { now.saturatingDifference($0) >= FleetModel.lostRetention } ?? false
    }

    /// Whether it asks for something.
    package var needsAttention: Bool { !report.missing.isEmpty || !report.taken.isEmpty }

    /// The order that forces what is missing or was taken, for the time that is left and the same reason; `nil` = nothing is,
    /// or there is no time left.
    package func again(at now: Milliseconds) -> OrderDialog.Request? {
        guard needsAttention else { return nil }
        var request = OrderDialog.Request(action, (report.missing + report.taken).sorted(), group: group)
        if let end {
            guard end.saturatingDifference(now) >= 1_000 else { return nil }
            request.lifetime = .limited(end.saturatingDifference(now))
        } else {
            request.lifetime = .untilCleared
        }
        request.reason = reason
        request.calls = calls
        request.hold = number
        return request
    }

    /// As in `force open payment.charge: 12/13 forced; new instance orders-4 NOT forced: apply again?`
    package var sentence: String {
        var parts = ["\(report.forced)/\(report.total) forced"]
        let new = report.missing.filter(report.new.contains)
        let lost = report.missing.filter(report.lost.contains)
        let other = report.missing.filter { !report.new.contains($0) && !report.lost.contains($0) }
        if !new.isEmpty { parts.append("new instance \(list(new)) NOT forced") }
        if !lost.isEmpty { parts.append("override lost by restart of \(list(lost))") }
        if !other.isEmpty { parts.append("\(list(other)) NOT forced") }
        if report.silent > 0 { parts.append("\(report.silent) not known") }
        parts += endings.prefix(max(0, 5 - parts.count))
        let question = needsAttention ? ": apply again?" : ""
        return "\(action.title.lowercased()) \(place): \(parts.joined(separator: "; "))\(question)"
    }

    /// What became of those that it holds no more, those with the same end together.
    private var endings: [String] {
        var members: [(words: String, all: [Member])] = []
        for (member, standing) in standings.sorted(by: { $0.key < $1.key }) {
            guard case .over(let ending) = standing, !ending.words.isEmpty else { continue }
            if let place = members.firstIndex(where: { $0.words == ending.words }) {
                members[place].all.append(member)
            } else if members.count < 5 {
                members.append((ending.words, [member]))
            }
        }
        return members.map { "\(list($0.all)) \($0.words)".sanitizedForDisplay(maxColumns: 200) }
    }

    private func list(_ members: [Member]) -> String {
        list(
            members.map { member in
                let process = InstanceKey(service: member.service, instance: member.instance, boot: "")
                return isOneName
                    ? member.instance : CircuitKey(instance: process, id: 0, name: member.name).displayName
            })
    }

    private func list(_ keys: [CircuitKey]) -> String {
        list(keys.map { isGroup && isOneName ? $0.instance.instance : $0.displayName })
    }

    private func list(_ all: [String]) -> String {
        let shown = all.prefix(2).map { $0.sanitizedForDisplay(maxColumns: 60) }.joined(separator: ", ")
        return all.count > 2 ? "\(shown) and \(all.count - 2) more" : shown
    }

    private var isOneName: Bool { names.count == 1 && names.first?.value.count == 1 }
}
