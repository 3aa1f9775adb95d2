// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import Canvas
import Fleet

extension Order {
    /// How it stands, as one line: `force open payment.charge on 3: 2 done in 3–5 ms, 1 REFUSED: …`.
    package func status(at now: Milliseconds, _ theme: Theme) -> [Span] {
        let head = Span("\(plan.action.title.lowercased()) \(place): ", theme.title)
        guard targets.count > 1 else { return [head] + (targets.first?.status(at: now, theme) ?? []) }
        return [head] + tally(at: now, theme).joined(by: Span(", ")) + why(at: now, theme)
    }

    /// One line a circuit.
    package func lines(at now: Milliseconds, _ theme: Theme) -> [[Span]] {
        targets.indices.map { line(of: $0, at: now, theme) }
    }

    /// What came of it at one of its circuits.
    func line(of index: Int, at now: Milliseconds, _ theme: Theme) -> [Span] {
        [Span("\(targets[index].key.displayName): ", theme.title)] + targets[index].status(at: now, theme)
    }

    /// What must not be overlooked comes first.
    private func tally(at now: Milliseconds, _ theme: Theme) -> [Span] {
        var parts: [Span] = []
        func add(_ count: Int, _ word: String, _ style: Style) {
            if count > 0 { parts.append(Span("\(count) \(word)", style)) }
        }
        let lost = targets.count { $0.isOverdue(at: now) }
        add(targets.count { $0.fate.isUnknown && $0.readBackAt == nil }, "NOT KNOWN whether done", theme.attention)
        add(lost, "accepted without effect", theme.alarm)
        add(targets.count { $0.fate == .done }, "done\(latencies)", theme.good)
        for (ending, count) in endings { add(count, "ended since\(ending)", theme.attention) }
        add(targets.count { $0.isSilent && $0.endedAt == nil && $0.fate == .done }, "silent since", theme.attention)
        add(targets.count { $0.fate == .accepted } - lost, "accepted, waiting to read back", theme.attention)
        add(targets.count { $0.fate == .sent }, "sent", theme.attention)
        add(targets.count { $0.fate == .waiting }, "waiting to be sent", theme.attention)
        add(targets.count { $0.fate.isDropped }, "NOT SENT", theme.attention)
        add(targets.count { $0.fate.isRefused }, "REFUSED", theme.alarm)
        return parts
    }

    /// How many ended in which way, in the order of the circuits; beyond two ways, what is left.
    private var endings: [(words: String, count: Int)] {
        var all: [(words: String, count: Int)] = []
        for target in done where target.endedAt != nil {
            let words = target.ending.map { " \($0)" } ?? ""
            let known = all.firstIndex { $0.words == words } ?? (all.count > 2 ? 2 : nil)
            if let known { all[known].count += 1 } else { all.append((all.count < 2 ? words : " otherwise", 1)) }
        }
        return all
    }

    private var latencies: String {
        let times = done.compactMap(\.latency)
        guard let least = times.min(), let most = times.max() else { return "" }
        return least == most ? " in \(least) ms" : " in \(least)–\(most) ms"
    }

    /// The first reason why something was not done, else the proof of what was.
    private func why(at now: Milliseconds, _ theme: Theme) -> [Span] {
        for target in targets.sorted(by: { $0.fate.gravity > $1.fate.gravity }).prefix(1) {
            switch target.fate {
            case .refused(let error):
                return [Span(": \(error.description.sanitizedForDisplay(maxColumns: 200))", theme.alarm)]
            case .unknown(let error):
                return [Span(": \(error.message.sanitizedForDisplay(maxColumns: 200))", theme.attention)]
            case .dropped(let reason): return [Span(": \(reason)", theme.attention)]
            default: break
            }
        }
        let told = done.filter { $0.endedAt != nil || !$0.isSilent }
        let effects = told.compactMap(\.effect)
        guard plan.action == .forceOpen, !effects.isEmpty else { return [] }
        let admitted = effects.reduce(Int64(0)) { $0.saturatingSum($1.admitted) }
        let refused = effects.reduce(Int64(0)) { $0.saturatingSum($1.refused) }
        let time = told.allSatisfy { $0.endedAt != nil } ? "while it held" : "since"
        return [Span(": \(Format.count(admitted)) admitted, \(Format.count(refused)) refused \(time)", theme.plain)]
    }
}

extension OrderedCommand {
    /// How it stands.
    package func status(at now: Milliseconds, _ theme: Theme) -> [Span] {
        switch fate {
        case .waiting: return [Span("waiting to be sent", theme.attention)]
        case .sent: return [Span("sent, waiting for the service", theme.attention)]
        case .unknown where readBackAt != nil:
            let done = Span("done, as the circuit shows; no answer came", theme.good)
            return endedAt == nil && !isSilent ? [done, Span(proof, theme.plain)] : [done]
        case .unknown(let error):
            let reason = error.message.sanitizedForDisplay(maxColumns: 200)
            return [Span("NOT KNOWN whether it was done: \(reason)", theme.attention)]
        case .refused(let refusal):
            return [Span("REFUSED: \(refusal.description.sanitizedForDisplay(maxColumns: 200))", theme.alarm)]
        case .dropped(let reason): return [Span("NOT SENT: \(reason)", theme.attention)]
        case .accepted where isOverdue(at: now):
            return [Span("accepted, but its effect does not show: look at the circuit", theme.alarm)]
        case .accepted: return [Span("accepted, waiting to read it back", theme.attention)]
        case .done:
            let done = Span("done\(latency.map { " in \($0) ms" } ?? "")", theme.good)
            if endedAt != nil {
                let words = ", and ended since" + (ending.map { " \($0)" } ?? "")
                return [done, Span(words, theme.attention), Span(effectWords("while it held") ?? "", theme.plain)]
            }
            if isSilent { return [done, Span(", nothing is heard of it since", theme.attention)] }
            return [done, Span(proof, theme.plain)]
        }
    }

    private var proof: String {
        effectWords("since") ?? ", now \(state?.word ?? "unknown")"
    }

    private func effectWords(_ time: String) -> String? {
        if command.action == .forceOpen, effect == nil { return "" }
        guard command.action == .forceOpen, let effect else { return nil }
        return ": \(Format.count(effect.admitted)) admitted, \(Format.count(effect.refused)) refused \(time)"
    }
}

extension OrderedCommand.Fate {
    /// What has to be said first is the greatest.
    fileprivate var gravity: Int { isRefused ? 3 : isUnknown ? 2 : isDropped ? 1 : 0 }

    var isUnknown: Bool { if case .unknown = self { true } else { false } }
    var isRefused: Bool { if case .refused = self { true } else { false } }
    var isDropped: Bool { if case .dropped = self { true } else { false } }
}

extension [Span] {
    fileprivate func joined(by separator: Span) -> [Span] {
        Array(map { [$0] }.joined(separator: [separator]))
    }
}
