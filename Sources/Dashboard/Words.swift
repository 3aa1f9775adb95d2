// SPDX-License-Identifier: Apache-2.0

package import BreakerTelemetry
import Canvas
import Fleet

// What rules, trips and causes are in words: for panes, lists and scripts alike.

extension RuleDescription {
    /// The rule as a sentence's part.
    package var sentence: String {
        switch self.name {
        case Self.failureRatio:
            let limit = threshold.map { " ≥ \(Format.percent(permille: $0))" } ?? ""
            let least = minimumCalls.map { " of ≥ \($0) calls" } ?? ""
            return "failure ratio\(limit)\(least)\(window.map { " in \(Format.duration($0))" } ?? "")"
        case Self.consecutiveFailures:
            return threshold.map { "\($0) failures in a row" } ?? "failures in a row"
        default:
            return name
        }
    }
}

extension Trip {
    /// Why it opened: what was true at that moment, against the limit.
    package func sentence(_ rule: RuleDescription) -> String {
        switch self.rule {
        case RuleDescription.failureRatio:
            guard let calls, let failed, calls > 0 else { return "failure ratio" }
            let ratio = Format.percent(Double(failed) / Double(calls))
            let limit = threshold.map { " ≥ \(Format.percent(permille: $0))" } ?? ""
            let needed = rule.minimumCalls.map { " (needs \($0))" } ?? ""
            let window = rule.window.map { " in \(Format.duration($0))" } ?? ""
            return "failure ratio \(ratio)\(limit): \(failed) of \(calls) calls\(needed)\(window)"
        case RuleDescription.consecutiveFailures:
            return "\(Format.count(consecutiveFailed)) failures in a row\(threshold.map { ", limit \($0)" } ?? "")"
        case "probe_failed":
            return "a probe failed"
        default:
            return self.rule
        }
    }
}

extension Trip {
    /// The figures alone: `41/50 failed`.
    var figures: String {
        if rule == RuleDescription.consecutiveFailures { return "\(Format.count(consecutiveFailed)) failures in a row" }
        guard let calls, let failed, calls > 0 else { return rule }
        return "\(Format.count(failed))/\(Format.count(calls)) failed"
    }
}

extension CircuitView {
    /// Why it is not closed: what its rule saw, and whether a probe failed since; empty where nothing is known.
    package var outageWords: String {
        guard row.state != .closed, let first = outageTrip else { return "" }
        let force = isProbedAfterForce ? " after a force" : ""
        let later = laterTrip.map { "; \($0.sentence(description.rule)) since" } ?? ""
        return first.sentence(description.rule) + force + later
    }
}

extension StateChange.Cause {
    /// The cause for people.
    package var words: String {
        switch self {
        case .rule: "rule"
        case .timer: "open time over"
        case .probeOk: "probes ok"
        case .probeFailed: "probe failed"
        case .halfOpenLimit: "half-open too long"
        case .reset: "reset"
        case .clear: "cleared"
        case .probeCommand: "probe command"
        case .healthCheck: "health check"
        }
    }
}

extension CommandAction {
    /// The action as a title or button.
    package var title: String {
        switch self {
        case .forceOpen: "Force open"
        case .forceClosed: "Force closed"
        case .clear: "Clear override"
        case .reset: "Reset"
        case .probe: "Probe now"
        }
    }
}

extension CircuitOverride {
    /// Who set it, safe to show.
    var shownAuthor: String { author.sanitizedForDisplay(maxColumns: 60) }
}

extension String {
    /// Its beginning and its end, around `…`, where it has more columns.
    func cutInside(toColumns columns: Int) -> String {
        guard displayWidth > columns else { return self }
        var (head, tail) = (Substring(self), Substring(self))
        let room = max(0, columns - 1)
        while String(head).displayWidth > (room + 1) / 2 { head.removeLast() }
        while String(tail).displayWidth > room / 2 { tail.removeFirst() }
        return "\(head)…\(tail)"
    }
}

extension CircuitKey {
    /// The circuit and its process, safe to show: `orders-1/payment.charge`, `billing/api-1/ledger.post`. Of a long one the
    /// process is cut, in its middle.
    package var displayName: String {
        let circuit = name.sanitizedForDisplay(maxColumns: 46)
        return process.sanitizedForDisplay().cutInside(toColumns: 59 - circuit.displayWidth) + "/\(circuit)"
    }

    /// The same, not cut but where nobody would read on.
    var fullName: String { "\(process)/\(name)".sanitizedForDisplay(maxColumns: 300) }

    private var process: String {
        instance.instance.hasPrefix(instance.service)
            ? instance.instance : "\(instance.service)/\(instance.instance)"
    }
}
