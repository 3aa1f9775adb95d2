// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

extension Examination {
    /// Forces the circuit that may be forced, and undoes it, whatever happens meanwhile; hands off a slot that is not ours.
    func force(_ facts: Facts, _ log: Log) async {
        if let reason = reasonNotToForce(facts) { return log.change { $0.skip(.force, because: reason) } }
        await hold(.force, log) { talk in
            let filter = facts.filter == nil ? nil : options.circuit
            guard await subscribed(talk, SubscribeLine(filter: filter)) else { return }
            let transcript = talk.transcript
            guard let circuit = facts.circuits.first(where: { $0.name == options.circuit })?.id else { return }
            let state = transcript.row(of: circuit)?[.state]?.string
            log.change { $0.forced = (circuit, state) }
            // Asked now: what the first conversation was told is seconds old.
            let slot = transcript.description(of: circuit)?["override"]
            guard slot?["mode"]?.string ?? "none" == "none" else {
                return log.change { $0.unforced = "somebody holds an override" }
            }
            var forcing = Forcing(
                examination: self, talk: talk, circuit: circuit, state: state, facts: facts,
                revision: slot?["rev"]?.integer ?? 0)
            await forcing.run()
            guard talk.transcript.isDisturbed(at: circuit) else { return }
            log.change { $0.unforced = "somebody else steered the circuit meanwhile" }
        }
    }

    private func reasonNotToForce(_ facts: Facts) -> String? {
        guard let name = options.circuit else { return "needs --commands CIRCUIT" }
        guard facts.isOperator else { return "this connection only observes" }
        guard facts.actions.contains("force_open"), facts.actions.contains("clear") else {
            return "the service cannot do both `force_open` and `clear`"
        }
        let named = facts.circuits.count { $0.name == name }
        guard named == 1 else {
            return named == 0 ? "there is no circuit of that name" : "several circuits have that name"
        }
        return nil
    }
}

/// The conversation that forces a circuit. It ends where somebody else steers the circuit too, and each of its commands
/// names the slot's revision to which the answer before led: whoever was faster keeps what he did.
private struct Forcing {
    let examination: Examination
    let talk: Talk
    let circuit: Int64
    let state: String?
    let facts: Facts
    /// The slot's revision after the last change that was answered.
    var revision: Int64
    /// The slot's revision while it may be our force that is in it.
    var held: Int64?

    private var goesOn: Bool { !Task.isCancelled && !talk.transcript.isDisturbed(at: circuit) }

    mutating func run() async {
        let force = command("force_open", for: Examination.forceTime)
        if await isDone("force", force) {
            await look(at: force)
            await end()
        }
        await undo()
    }

    private func command(_ action: String, for lifetime: Int64? = nil, revision: Int64? = nil) -> CommandLine {
        var command = CommandLine(facts, action: action)
        (command.circuit, command.lifetime) = (circuit, lifetime.map(String.init))
        command.revision = revision ?? self.revision
        return command
    }

    private func ask(_ label: String, _ command: CommandLine) async {
        guard goesOn else { return }
        await examination.ask(talk, label, command)
    }

    /// Sends what is to change the slot, and says whether it did.
    private mutating func isDone(_ label: String, _ command: CommandLine) async -> Bool {
        guard goesOn else { return false }
        let isForce = command.action == "force_open"
        if isForce { held = revision + 1 }
        await ask(label, command)
        guard let answer = talk.transcript.results(of: command.id).first?.json else { return false }
        guard answer["ok"]?.bool == true else {
            if isForce { held = nil }
            if answer["error"]?["code"]?.string == "override_conflict" {
                // Whoever was faster may be told of after the answer.
                await talk.wait(Examination.answerTime) { $0.isDisturbed(at: circuit) }
            }
            return false
        }
        revision += 1
        held = isForce ? revision : nil
        return true
    }

    private func look(at force: CommandLine) async {
        await talk.wait(Examination.answerTime) { transcript in
            transcript.description(of: circuit)?["override"]?["mode"]?.string == "forced_open"
                && transcript.row(of: circuit).map { $0[.override] == nil || $0[.override]?.string == "forced_open" }
                    ?? false
        }
        await ask("force-again", force)
        await ask("force-stale", command("force_open", for: 1_000, revision: force.revision))
        await talk.listen(examination.options.isQuick ? .milliseconds(600) : .milliseconds(1_500))
        if facts.actions.contains("probe") { await ask("probe-forced", command("probe")) }
    }

    private mutating func end() async {
        guard await isDone("clear", command("clear")) else { return }
        await dropped(within: Examination.answerTime) { _ in true }
        await ask("clear-again", command("clear"))
        let before = drops
        guard await isDone("brief", command("force_open", for: Examination.briefTime)) else { return }
        await dropped(within: .milliseconds(Examination.briefTime) + .seconds(3)) { $0["cause"]?.string == "expiry" }
        if drops > before {
            revision += 1
            held = nil
        }
        // A closed circuit is to be closed again; one that was open must not be.
        guard state == "closed", facts.actions.contains("reset") else { return }
        guard await isDone("reset", command("reset")) else { return }
        let time = talk.now
        await talk.wait(Examination.answerTime) { ($0.row(of: circuit)?.line.at ?? .zero) > time }
    }

    private var drops: Int { talk.transcript.changes(of: circuit, to: "none").count }

    /// Waits until the slot's end was told.
    private func dropped(within time: Duration, _ isMeant: (JSON) -> Bool) async {
        await talk.wait(time) { transcript in
            transcript.changes(of: circuit, to: "none").contains { $0.json.map(isMeant) ?? false }
        }
    }

    /// Drops the override that there may still be of ours. Works in a cancelled task too.
    private func undo() async {
        guard let held, !talk.transcript.isDisturbed(at: circuit) else { return }
        await talk.send([("undo", command("clear", revision: held).bytes, nil)])
    }
}
