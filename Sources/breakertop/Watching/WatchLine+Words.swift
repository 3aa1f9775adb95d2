// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry
import Dashboard
import Fleet

extension WatchLine {
    /// The line for people: each complete in itself, and no sign stands where a screen reader needs a word.
    /// - Parameter clock: the time of day with its zone.
    func text(clock: (Milliseconds) -> String) -> String {
        [clock(t), place, what].filter { !$0.isEmpty }.joined(separator: " ")
    }

    private var place: String {
        let name = instance.isEmpty ? service : instance
        let parts = [name, circuit ?? ""].filter { !$0.isEmpty }
        return parts.isEmpty ? "" : parts.joined(separator: " ") + ":"
    }

    private var what: String {
        switch kind {
        case .circuit(let view): Self.picture(view)
        case .ready(let circuits, let sources): "watching \(circuits.of("circuit")); services reached: \(sources)"
        case .event(let kind, let origin): Self.event(kind) + (origin?.isReplayed == true ? " (told late)" : "")
        case .silent(let time): "silent, nothing heard for \(Format.duration(time)); what is known of it may be old"
        case .heard: "heard again"
        case .dropped(let count): "gap, \(count) lines were left out because this output was not read"
        }
    }

    private static func picture(_ view: CircuitView) -> String {
        let ratio = view.window.map { failed, calls in
            "\(Format.percent(Double(failed) / Double(calls))) failed, \(failed) of \(calls)"
        }
        let age = view.age.map { "for \(Format.age($0))" }
        return [view.standing.word, age, ratio, CircuitLine.reason(view)].compactMap(\.self).filter { !$0.isEmpty }
            .joined(separator: ", ")
    }

    private static func event(_ kind: FleetEvent.Kind) -> String {
        switch kind {
        case .told(let kind): told(kind)
        case .lost(let reason): "lost: \(reason)"
        case .stopped(let reason): reason.isEmpty ? "stopped" : "stopped: \(reason)"
        case .appeared: "publishes its circuits"
        case .restarted: "restarted as a new process"
        case .overrideLost(let slot): "override lost by the restart: was \(holding(slot))"
        case .twin: "has a twin: another live process has this service and instance name"
        case .unreadable(let complaint): "unreadable: \(complaint)"
        case .tooMany(let limit): "too many circuits: those beyond \(limit) are not shown"
        case .gap(let count): "gap, \(count) events were lost on the way"
        }
    }

    private static func told(_ kind: Event.Kind) -> String {
        switch kind {
        case .state(let change): "went from \(change.from.word) to \(change.to.word), \(reason(of: change))"
        case .override(let change): override(change)
        case .command(let record):
            "\(record.action.title.lowercased()) by \(record.author)\(quoted(record.reason)): "
                + (record.refusal.map { "refused, \($0.rawValue)" } ?? "done")
        case .probe(let record):
            "probe \(record.ok ? "succeeded" : "failed") after \(Format.latency(microseconds: record.microseconds))"
                + (record.error.map { ", \($0)" } ?? "")
        case .retryExhausted(let attempts, let error):
            "a call gave up after \(attempts) attempts" + (error.map { ", \($0)" } ?? "")
        case .config: "configuration changed"
        case .suppressed(let kind, let count): "\(count) more events of kind \(kind) left out"
        }
    }

    private static func reason(of change: StateChange) -> String {
        guard let trip = change.trip else { return change.cause.words }
        let error = trip.errors.first.map { ", last error \($0.type): \($0.message)" } ?? ""
        return trip.sentence(RuleDescription(name: trip.rule)).replacing(" ≥ ", with: ", at least ") + error
    }

    private static func override(_ change: OverrideChange) -> String {
        let slot = change.to
        let why = change.cause == .command ? "" : ", \(change.cause.rawValue)"
        switch slot.mode {
        case .none:
            let end = change.cause == .expiry ? ", its time is over" : why
            return "\(change.from == .forcedOpen ? "forced open" : "forced closed") ended\(end)"
        case .forcedOpen, .forcedClosed:
            return holding(slot) + why
        }
    }

    private static func holding(_ slot: CircuitOverride) -> String {
        let word = slot.mode == .forcedOpen ? "forced open" : "forced closed"
        let time = slot.until.map { Format.duration($0.saturatingDifference(slot.since ?? $0)) }
        return "\(word) by \(slot.holder), \(time.map { "for \($0)" } ?? "until cleared")"
    }

    private static func quoted(_ reason: String) -> String { reason.isEmpty ? "" : " “\(reason)”" }
}
