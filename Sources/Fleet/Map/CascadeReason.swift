// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// Why an edge is taken for a cause, in words made of facts.
struct CascadeReason {
    private let map: DependencyMap
    private let index: Int
    private let behind: CallsBehind
    /// The edges that it explains, it and those for which it speaks.
    private let effects: [Int]
    /// Those for which it speaks, itself among them.
    private let all: [Int]

    init(_ map: DependencyMap, _ index: Int, behind: CallsBehind, effects: [Int], all: [Int]) {
        (self.map, self.index, self.behind, self.effects, self.all) = (map, index, behind, effects, all)
    }

    private var count: Int { all.count }

    private var edge: DependencyMap.Edge { map.edges[index] }

    var root: String { join([state, counts, override, calls, whatIsBehind, order]) }

    var idle: String { join([state, calls, counts, override, whatIsBehind]) }

    var forced: String {
        // Of several the states are those of the force by now.
        let before = edge.fault == nil ? nil : join([count == 1 ? "before that \(state)" : nil, counts])
        return join([override ?? "forced open", calls, before, order])
    }

    var over: String {
        guard let past = edge.past else { return join([order]) }
        let (began, ended) = (map.now.saturatingDifference(past.onset.latest), map.now.saturatingDifference(past.end))
        return join(["failed \(TimeSpan.words(began)) ago, closed again since \(TimeSpan.words(ended))", order])
    }

    private func join(_ parts: [String?]) -> String { parts.compactMap(\.self).joined(separator: "; ") }

    /// - Parameter doubt: the edge of which something would have to be known.
    func unknown(for doubt: Int) -> String {
        let other = map.edges[doubt]
        let name = Self.name(other.key)
        if other.isAbsorbed ?? false {
            let call = "\(Self.short(other.key.caller))/\(Self.short(other.key.circuit))"
            return join([state, counts, "may follow from \(call), but a fallback answers there"])
        }
        if other.isStale { return "\(state); nothing is heard of \(name) behind it, which may have failed before" }
        if other.fault == nil, let force = other.force?.onset.latest, let began = edge.fault?.onset.latest {
            let time = TimeSpan.words(began.saturatingDifference(force))
            return "\(state); whether it follows from \(name), forced open \(time) before, cannot be told"
        }
        return "\(state); whether \(name) failed before it cannot be told: when that began is not known"
    }

    static func circle(_ edges: [DependencyMap.EdgeKey]) -> String {
        let names = edges.prefix(4).map(name).joined(separator: ", ")
        let more = edges.count > 4 ? " and \(edges.count - 4) more" : ""
        let seconds = Onset.tolerance / 1_000
        return
            "\(names)\(more) call in a circle and failed within \(seconds) s of the next one: which was first cannot be told"
    }

    static func name(_ key: DependencyMap.EdgeKey) -> String {
        "\(short(key.caller)) → \(short(key.target.name))"
    }

    private static func short(_ text: String, _ count: Int = 60) -> String {
        let cut = text.prefix(count)
        return cut.endIndex == text.endIndex ? text : "\(cut.dropLast())…"
    }

    // MARK: - Parts

    private var state: String {
        let word =
            switch edge.worst {
            case .calculated(.open), .forced(_, .open): "open"
            case .calculated(.halfOpen), .forced(_, .halfOpen): "half-open"
            default: "failing"
            }
        guard let fault = edge.fault else { return word }
        let least = fault.onset.isExact ? "" : "at least "
        let since = "since \(least)\(TimeSpan.words(map.now.saturatingDifference(fault.onset.latest)))"
        guard count == 1 else { return "\(states), the first \(since)" }
        let share = edge.circuits.total > 1 ? " on \(fault.circuits) of \(edge.circuits.total) instances" : ""
        return "\(word)\(share) \(since)"
    }

    /// What several calls' circuits are now, by how many: the one that speaks for them may be another one's opposite.
    private var states: String {
        var counts = MapCounts()
        for index in all { counts.add(map.edges[index].circuits) }
        let parts = [
            (counts.open, "open"), (counts.halfOpen, "half-open"), (counts.forcedOpen, "forced open"),
            (counts.forcedClosed, "forced closed"), (counts.closed, "closed"),
            (counts.stale + counts.stopped, "unheard"),
        ]
        return parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ") + " of \(counts.total)"
    }

    private var counts: String? {
        let known = [edge.fault?.trip, edge.fault?.window].compactMap(\.self)
        guard let trip = known.first(where: { ($0.calls ?? 0) > 0 && $0.failed != nil }), let calls = trip.calls,
            let failed = trip.failed
        else { return edge.fault?.trip?.errors.first.map { "last error \(Self.text($0))" } }
        let error = trip.errors.first.map { ", \($0.count)× \(Self.text($0))" } ?? ""
        return "\(failed)/\(calls) calls failed\(error)"
    }

    /// What the error says, as everywhere; its type where it says nothing.
    private static func text(_ error: TripError) -> String {
        error.message.isEmpty ? short(error.type) : "“\(short(error.message, 100))”"
    }

    /// Whether anybody calls it: what failed or was refused before says nothing of now.
    private var calls: String? {
        if edge.isIdle(at: map.now), let last = edge.lastCall {
            return "nobody calls it now, the last call came \(TimeSpan.words(map.now.saturatingDifference(last))) ago"
        }
        let rates = all.compactMap { map.edges[$0].refusedPerSecond }
        guard edge.isHeld, !rates.isEmpty else { return nil }
        let refused = rates.reduce(0, +)
        let tenths = Int((min(max(0, refused), 1e9) * 10).rounded())
        return "refuses \(tenths / 10).\(tenths % 10)/s"
    }

    private var override: String? {
        guard let force = edge.force else { return nil }
        let isShared = all.contains { map.edges[$0].force.map { $0.owner != force.owner } ?? false }
        let owner = " by \(Self.short(force.owner))\(isShared ? " and others" : "")"
        let reason = force.reason.isEmpty ? "" : ": “\(Self.short(force.reason, 100))”"
        let share =
            count == 1 && edge.circuits.total > 1 ? " on \(force.circuits) of \(edge.circuits.total) instances" : ""
        let since =
            force.onset.isExact ? " since \(TimeSpan.words(map.now.saturatingDifference(force.onset.latest)))" : ""
        return "forced open\(owner)\(share)\(since)\(reason)"
    }

    private var whatIsBehind: String? {
        guard case .service(let service) = edge.key.target else { return "what it calls is not told" }
        let name = Self.short(service)
        let later = behind.failing(but: index)
        if let later, let began = map.edges[later].fault?.onset.latest, let mine = edge.fault?.onset.latest {
            let time = TimeSpan.words(began.saturatingDifference(mine))
            let retries = edge.retriesPerSecond ?? 0
            let load = retries >= 1 ? ", while \(Int(min(retries, 1e9))) retries/s load it" : ""
            return "\(Self.name(map.edges[later].key)) behind it failed only \(time) later\(load)"
        }
        guard let node = map.node(edge.key.target), node.isPublishing else {
            return "nobody publishes for \(name), so what is behind it is not seen"
        }
        if node.circuits.stopped == node.circuits.total { return "\(name) said goodbye" }
        if node.circuits.stale > 0 {
            return
                "nothing behind \(name) is seen to fail, but \(node.circuits.stale) of \(node.circuits.total) are unheard"
        }
        return "nothing behind \(name) fails"
    }

    /// When the callers above came that it explains.
    private var order: String? {
        let callers = effects.filter { effect in
            let key = map.edges[effect].key
            // What is not a caller of its is a consequence behind it.
            return key.target == .service(edge.key.caller) || count > 1 && .service(key.caller) != edge.key.target
        }
        guard !callers.isEmpty, let began = edge.fault?.onset ?? edge.past?.onset ?? edge.force?.onset else {
            return nil
        }
        let after = callers.count { map.edges[$0].fault?.onset.isClearlyAfter(began) ?? false }
        let together = callers.count - after
        let seconds = Onset.tolerance / 1_000
        let parts = [
            after > 0 ? "\(after) above it failed after it" : nil,
            together > 0
                ? "\(together) above it within \(seconds) s, where the deeper one is taken for the first" : nil,
        ]
        return parts.compactMap(\.self).joined(separator: ", ")
    }
}
