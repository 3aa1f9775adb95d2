// SPDX-License-Identifier: Apache-2.0

import BreakerTelemetry

extension Examination {
    /// Forces the circuit that may be forced, and undoes it, whatever happens meanwhile.
    func force(_ facts: Facts, _ log: Log) async {
        if let reason = reasonNotToForce(facts) { return log.change { $0.skip(.force, because: reason) } }
        await hold(.force, log) { talk in
            let filter = facts.filter == nil ? nil : options.circuit
            guard await subscribed(talk, SubscribeLine(filter: filter)) else { return }
            let transcript = talk.transcript
            guard let circuit = facts.circuits.first(where: { $0.name == options.circuit })?.id else { return }
            let state = transcript.row(of: circuit)?[.state]?.string
            log.change { $0.forced = (circuit, state) }
            await Forcing(examination: self, talk: talk, circuit: circuit, state: state, facts: facts).run()
        }
    }

    private func reasonNotToForce(_ facts: Facts) -> String? {
        guard let name = options.circuit else { return "needs --commands CIRCUIT" }
        guard facts.isOperator else { return "this connection only observes" }
        guard facts.actions.contains("force_open"), facts.actions.contains("clear") else {
            return "the service cannot do both `force_open` and `clear`"
        }
        let named = facts.circuits.filter { $0.name == name }
        guard named.count == 1 else {
            return named.isEmpty ? "there is no circuit of that name" : "several circuits have that name"
        }
        guard !facts.overridden.contains(named[0].id) else { return "the circuit has an override already" }
        return nil
    }
}

/// The conversation that forces a circuit.
private struct Forcing {
    let examination: Examination
    let talk: Talk
    let circuit: Int64
    let state: String?
    let facts: Facts

    func run() async {
        await hold(from: talk.transcript.description(of: circuit)?["override"]?["rev"]?.integer ?? 0)
        guard !Task.isCancelled else { return await undo() }
        await end()
    }

    private func command(_ action: String, for lifetime: Int64? = nil, revision: Int64? = nil) -> CommandLine {
        var command = CommandLine(facts, action: action)
        (command.circuit, command.lifetime, command.revision) = (circuit, lifetime.map(String.init), revision)
        return command
    }

    private func hold(from revision: Int64) async {
        let force = command("force_open", for: Examination.forceTime, revision: revision)
        await examination.ask(talk, "force", force)
        guard let answer = talk.transcript.results(of: force.id).first, answer.json?["ok"]?.bool == true else { return }
        await talk.wait(Examination.answerTime) { transcript in
            transcript.description(of: circuit)?["override"]?["mode"]?.string == "forced_open"
                && transcript.row(of: circuit).map { $0[.override] == nil || $0[.override]?.string == "forced_open" }
                    ?? false
        }
        await examination.ask(talk, "force-again", force)
        await examination.ask(talk, "force-stale", command("force_open", for: 1_000, revision: revision))
        // Guarded by a stale revision as well: whoever takes it for "for ever" must not do it.
        await examination.ask(talk, "force-without-time", command("force_open", revision: WireBounds.integer))
        await talk.listen(examination.options.isQuick ? .milliseconds(600) : .milliseconds(1_500))
    }

    private func end() async {
        let transcript = talk.transcript
        guard let id = transcript.sent("force")?.id,
            transcript.results(of: id).contains(where: { $0.json?["ok"]?.bool == true })
        else { return await undo() }
        await examination.ask(talk, "clear", command("clear"))
        await dropped(within: Examination.answerTime) { _ in true }
        await examination.ask(talk, "clear-again", command("clear"))
        guard !Task.isCancelled else { return await undo() }
        await examination.ask(talk, "brief", command("force_open", for: Examination.briefTime))
        await dropped(within: .milliseconds(Examination.briefTime) + .seconds(3)) { $0["cause"]?.string == "expiry" }
        // A closed circuit is to be closed again; one that was open must not be.
        if state == "closed", facts.actions.contains("reset") {
            await examination.ask(talk, "reset", command("reset"))
            let time = talk.now
            await talk.wait(Examination.answerTime) { ($0.row(of: circuit)?.line.at ?? .zero) > time }
        } else {
            await undo()
        }
    }

    /// Waits until the slot's end was told.
    private func dropped(within time: Duration, _ isMeant: (JSON) -> Bool) async {
        await talk.wait(time) { transcript in
            transcript.changes(of: circuit, to: "none").contains { $0.json.map(isMeant) ?? false }
        }
    }

    /// Drops whatever override there may still be of ours. Works in a cancelled task too.
    private func undo() async {
        await talk.send([("undo", command("clear").bytes, nil)])
    }
}
