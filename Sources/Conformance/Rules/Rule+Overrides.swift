// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

extension Rule {
    /// What a force does. Only tested on a circuit that may be forced.
    static let overrides: [Rule] = [
        force("force-done", "command", "`force_open` is done, and answered with `ok` and the `seq` of its event.") {
            force, _ throws(Finding) in
            let answer = try force.answer(to: "force")
            guard answer.json?["ok"]?.bool == true, answer.json?["seq"]?.integer != nil else {
                throw force.broken("expected `ok` and a `seq`", answer)
            }
        },
        force("force-recorded", "result", "The result's `seq` is that of the `command` event that records it.") {
            force, record throws(Finding) in
            let answer = try force.done("force")
            let watch = try record[.watch]
            guard let id = answer.json?["id"]?.string, let event = watch.commandEvents(of: id).first else {
                throw .notTested("no `command` event came")
            }
            guard event.json?["seq"] == answer.json?["seq"] else {
                throw force.broken("its event has number \(event.json?["seq"]?.integer ?? 0)", answer)
            }
        },
        force(
            "force-described", "circuit",
            "The circuit is described anew: mode, `rev` risen by one, who, why, since, until."
        ) {
            force, record throws(Finding) in
            _ = try force.done("force")
            let before = force.slots(of: record).first?.json?["override"]?["rev"]?.integer ?? 0
            guard let circuit = force.slots(of: record).first(where: { $0.mode == "forced_open" }),
                let slot = circuit.json?["override"]
            else { throw force.broken("no `circuit` with the mode `forced_open` came within 3 s") }
            guard slot["rev"]?.integer == before + 1 else { throw force.broken("`rev` was \(before) before", circuit) }
            guard slot["reason"]?.string == "breakertop conform", slot["claimed"]?.string == "conform" else {
                throw force.broken("`reason` and `claimed` must be those of the command", circuit)
            }
            guard let since = slot["since"]?.integer, let until = slot["until"]?.integer, until > since,
                until - since <= Examination.forceTime
            else { throw force.broken("`until` must be at most \(Examination.forceTime) ms after `since`", circuit) }
        },
        force("force-in-row", "sample", "The circuit's row shows the override.") { force, record throws(Finding) in
            let rows = try force.rows(from: try force.seq(of: "force") + 1, of: record, stating: .override)
            guard rows.contains(where: { $0[.override]?.string == "forced_open" }) else {
                throw force.broken("no row says `forced_open`", rows.first?.line)
            }
        },
        force("force-told", "event", "The change of the slot is told by an `override` event with cause `command`.") {
            force, record throws(Finding) in
            _ = try force.done("force")
            guard force.change(to: "forced_open", in: record)?.json?["cause"]?.string == "command" else {
                throw force.broken(
                    "no `override` event to `forced_open` with cause `command` came",
                    force.change(to: "forced_open", in: record))
            }
        },
        force(
            "force-holds", "command",
            "While it is forced open every call is refused: `calls_total` stands, `rejected_forced_total` counts."
        ) {
            force, record throws(Finding) in
            // The change of the slot has the next number after the command.
            let seq = try force.seq(of: "force") + 1
            let end = try force.needed(sent: "clear").at
            let forced = try force.rows(from: seq, of: record, stating: .calls).filter { $0.line.at < end }
            guard let first = forced.first, let calls = first.number(.calls) else {
                throw .notTested("no row came meanwhile")
            }
            if let more = forced.first(where: { ($0.number(.calls) ?? calls) > calls }) {
                throw force.broken("calls_total was \(calls) in line \(first.line.number)", more.line)
            }
            let before = force.rows.first { $0.id == record.forced?.circuit }?.number(.rejectedForced) ?? 0
            guard (forced.compactMap { $0.number(.rejectedForced) }.max() ?? 0) > before else {
                throw .notTested("no call was refused meanwhile")
            }
        },
        force("force-once", "command", "A force sent twice is done once: `rev` rises once, and the answer is the same.")
        {
            force, record throws(Finding) in
            let first = try force.done("force")
            let again = try force.answer(to: "force-again")
            guard first.json == again.json else {
                throw force.broken("another answer than in line \(first.number)", again)
            }
            let end = try force.needed(sent: "clear").at
            let revisions = Set(
                force.slots(of: record).filter { $0.at < end && $0.mode == "forced_open" }
                    .compactMap { $0.json?["override"]?["rev"]?.integer })
            guard revisions.count <= 1 else {
                throw force.broken("the slot changed again: revisions \(revisions.sorted())")
            }
        },
        force("probe-forced", "command", "`probe` on a circuit that is forced open is refused as `not_applicable`.") {
            force, _ throws(Finding) in
            _ = try force.done("force")
            guard force.sent("probe-forced") != nil else { throw .notTested("the service cannot do `probe`") }
            try force.isRefused("probe-forced", as: "not_applicable")
        },
        force(
            "force-guarded", "command",
            "Once the slot has changed, `if_override_rev` of before is refused as `override_conflict`."
        ) {
            force, _ throws(Finding) in
            _ = try force.done("force")
            try force.isRefused("force-stale", as: "override_conflict")
        },
        force(
            "clear-half-open", "command",
            "After a forced open `clear` drops the override, and the circuit goes on in half-open."
        ) {
            force, record throws(Finding) in
            _ = try force.done("force")
            let answer = try force.answer(to: "clear")
            guard answer.json?["ok"]?.bool == true else { throw force.broken("expected `ok`", answer) }
            guard let change = force.change(to: "none", in: record) else {
                throw force.broken("no `override` event to `none` came", answer)
            }
            let sent = try force.needed(sent: "clear")
            guard
                let state = force.all("event").first(where: { event in
                    event.at > sent.at && event.json?["circuit"]?.integer == record.forced?.circuit
                        && event.json?["kind"]?.string == "state" && event.json?["cause"]?.string == "clear"
                })
            else {
                // It may have been half-open before.
                guard record.forced?.state != "half_open" else { return }
                throw force.broken("no `state` event with cause `clear` came", change)
            }
            guard state.json?["to"]?.string == "half_open" else { throw force.broken("expected `half_open`", state) }
        },
        force("clear-nothing", "command", "`clear` without an override is refused as `not_applicable`.") {
            force, _ throws(Finding) in
            guard try force.answer(to: "clear").json?["ok"]?.bool == true else {
                throw .notTested("`clear` was not done")
            }
            try force.isRefused("clear-again", as: "not_applicable")
        },
        force(
            "expiry", "command",
            "A force ends by itself when its time is over, told by an `override` event with cause `expiry`."
        ) {
            force, record throws(Finding) in
            let answer = try force.done("brief")
            let sent = try force.needed(sent: "brief")
            let changes = force.changes(of: record.forced?.circuit, to: "none").filter { $0.at > sent.at }
            guard changes.contains(where: { $0.json?["cause"]?.string == "expiry" }) else {
                throw force.broken(
                    "forced for \(Examination.briefTime) ms, no such event came within 3 s more", changes.last ?? answer
                )
            }
        },
        force("reset-closes", "command", "`reset` drops the override and closes; counters stay.") {
            force, record throws(Finding) in
            guard force.sent("reset") != nil else {
                throw .notTested("the service cannot do `reset`, or the circuit was not closed before")
            }
            let answer = try force.answer(to: "reset")
            guard answer.json?["ok"]?.bool == true else { throw force.broken("expected `ok`", answer) }
            let rows = try force.rows(from: try force.seq(of: "reset"), of: record, stating: .state)
            // Later ones may tell of its next opening.
            guard let first = rows.first(where: { $0.line.at > answer.at }) else {
                throw .notTested("no row came after it")
            }
            guard first[.state]?.string == "closed" else { throw force.broken("expected `closed`", first.line) }
        },
    ]

    private static func force(
        _ id: String, _ section: String, _ statement: String,
        check: @escaping @Sendable (Transcript, Record) throws(Finding) -> Void
    ) -> Rule {
        Rule(id, section, statement) { record throws(Finding) in
            if let reason = record.unforced { throw .notTested(reason) }
            try check(try record[.force], record)
        }
    }
}
