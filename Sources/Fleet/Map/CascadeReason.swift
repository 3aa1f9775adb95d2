// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

/// Why an edge is taken for a cause, in words made of facts.
struct CascadeReason {
    private let map: DependencyMap
    private let index: Int
    private let search: CascadeSearch

    init(_ map: DependencyMap, _ index: Int, _ search: CascadeSearch) {
        self.map = map
        self.index = index
        self.search = search
    }

    private var edge: DependencyMap.Edge { map.edges[index] }

    var root: String {
        [state, counts, override, behind, order].compactMap(\.self).joined(separator: "; ")
    }

    var forced: String {
        [override ?? "forced open", order].compactMap(\.self).joined(separator: "; ")
    }

    /// - Parameter doubt: the edge of which something would have to be known.
    func unknown(for doubt: Int) -> String {
        let other = Self.name(map.edges[doubt].key)
        guard map.edges[doubt].isStale else {
            return "\(state); whether \(other) failed before it cannot be told: when that began is not known"
        }
        return "\(state); nothing is heard of \(other) behind it, which may have failed before"
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

    private static func short(_ text: String) -> String { String(text.prefix(60)) }

    // MARK: - Parts

    private var state: String {
        let word =
            switch edge.worst {
            case .calculated(.open), .forced(_, .open): "open"
            case .calculated(.halfOpen), .forced(_, .halfOpen): "half-open"
            default: "failing"
            }
        guard let fault = edge.fault else { return word }
        let share = edge.circuits.total > 1 ? " on \(fault.circuits) of \(edge.circuits.total) instances" : ""
        let least = fault.onset.isExact ? "" : "at least "
        return "\(word)\(share) since \(least)\(Self.time(map.now.saturatingDifference(fault.onset.latest)))"
    }

    private var counts: String? {
        let known = [edge.fault?.trip, edge.fault?.window].compactMap(\.self)
        guard let trip = known.first(where: { ($0.calls ?? 0) > 0 && $0.failed != nil }), let calls = trip.calls,
            let failed = trip.failed
        else { return edge.fault?.trip?.errors.first.map { "last error \(Self.short($0.type))" } }
        let error = trip.errors.first.map { ", \($0.count)× \(Self.short($0.type))" } ?? ""
        return "\(failed)/\(calls) calls failed\(error)"
    }

    private var override: String? {
        guard let force = edge.force else { return nil }
        let owner = " by \(Self.short(force.owner))"
        let reason = force.reason.isEmpty ? "" : ": \(Self.short(force.reason))"
        let share = edge.circuits.total > 1 ? " on \(force.circuits) of \(edge.circuits.total) instances" : ""
        return "forced open\(owner)\(share)\(reason)"
    }

    private var behind: String? {
        guard case .service(let service) = edge.key.target else { return "what it calls is not told" }
        let name = Self.short(service)
        let behind = map.behind(index)
        let later = behind.first { map.edges[$0].fault != nil }
        if let later, let began = map.edges[later].fault?.onset.latest, let mine = edge.fault?.onset.latest {
            let time = Self.time(began.saturatingDifference(mine))
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
        return behind.isEmpty ? nil : "nothing behind \(name) fails"
    }

    /// When the callers above came that it explains.
    private var order: String? {
        let callers = (search.effects[index] ?? []).filter { map.edges[$0].key.target == .service(edge.key.caller) }
        guard !callers.isEmpty, let began = edge.fault?.onset ?? edge.force?.onset else { return nil }
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

    private static func time(_ span: Milliseconds) -> String {
        let seconds = max(0, span) / 1_000
        return switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7_200: "\(seconds / 60) min"
        default: "\(seconds / 3_600) h"
        }
    }
}
