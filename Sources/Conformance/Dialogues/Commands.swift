// SPDX-License-Identifier: Apache-2.0

extension Examination {
    /// Commands, and then those who ask what happened: after it there are events to ask for.
    func commands(_ watch: Talk, _ facts: Facts, _ log: Log) async {
        await hold(.refused, log) { talk in await refused(talk, facts) }
        await force(facts, log)
        let transcript = watch.transcript
        await resume(transcript, log)
        await hold(.beyond, log) { talk in
            _ = await subscribed(talk, SubscribeLine(since: transcript.newestEvent + 1_000_000))
        }
        let filter = Self.filter(for: facts)
        let known = watch.transcript.newestEvent
        log.change { ($0.filter, $0.filteredAfter) = (filter, known) }
        await hold(.filtered, log) { talk in
            guard await subscribed(talk, SubscribeLine(filter: filter)) else { return }
            await talk.listen(options.isQuick ? .milliseconds(300) : .seconds(1))
        }
        // Last, since it takes what the others need to be answered.
        await hurry(watch, facts, log)
    }

    /// Histograms of one circuit, and then of none.
    func detail(_ facts: Facts, _ log: Log) async {
        let circuit = facts.circuits.first?.id ?? 1
        log.change { $0.detailed = [circuit] }
        await hold(.detailed, log) { talk in
            guard await subscribed(talk, SubscribeLine(filter: facts.filter, detail: circuit)) else { return }
            await talk.listen(options.isQuick ? .milliseconds(600) : .milliseconds(1_200))
            await talk.send("detail", #"{"type":"detail","circuits":[]}"#)
            // Lines are read in order: once this one is answered, the one before was read.
            await talk.send("fence", #"{"type":"conform"}"#)
            await talk.wait(Self.answerTime) { $0.first("error") != nil }
            await talk.listen(.milliseconds(800))
        }
    }

    private func refused(_ talk: Talk, _ facts: Facts) async {
        guard await subscribed(talk, SubscribeLine(filter: facts.filter)) else { return }
        let command = CommandLine(
            facts, action: facts.actions.contains("clear") ? "clear" : facts.actions.first ?? "clear")
        let isOperator = talk.transcript.first("subscribed")?.json?["role"]?.string == "operator"
        guard isOperator else {
            await ask(talk, "observer", command)
            return
        }
        // At once, so that their answers have an order to keep.
        let boot = facts.boot.hasPrefix("0") ? "1" + facts.boot.dropFirst() : "0" + facts.boot.dropFirst()
        let (first, second) = (
            command.with(id: CommandLine.randomID()).with(boot: boot), command
        )
        await talk.send([("wrong-boot", first.bytes, first.id), ("unknown-circuit", second.bytes, second.id)])
        await talk.wait(Self.answerTime) { !$0.results(of: first.id).isEmpty && !$0.results(of: second.id).isEmpty }
        if let action = ["probe", "reset", "clear", "force_closed", "force_open"].first(where: {
            !facts.actions.contains($0)
        }) {
            await ask(talk, "unsupported-action", CommandLine(facts, action: action))
        }
        // This one needs a circuit, and who does not refuse it carries it out: so only `clear`, and only where, as told just
        // now, there is nothing to clear.
        guard command.action == "clear", let bystander = Facts(talk.transcript).bystander else { return }
        let stale = command.with(id: CommandLine.randomID()).with(circuit: bystander)
        await ask(talk, "stale-revision", stale)
        await ask(talk, "repeated", stale)
        await ask(talk, "id-conflict", stale.with(reason: "another reason"))
    }

    /// Sends a command and waits for its answer.
    func ask(_ talk: Talk, _ label: String, _ command: CommandLine) async {
        let before = talk.transcript
        let (results, errors) = (before.results(of: command.id).count, before.all("error").count)
        await talk.send([(label, command.bytes, command.id)])
        await talk.wait(Self.answerTime) {
            $0.results(of: command.id).count > results || $0.all("error").count > errors
        }
    }

    private func resume(_ watch: Transcript, _ log: Log) async {
        let newest = watch.newestEvent
        guard newest > 0 else {
            log.change { $0.skip(.resume, because: "no event happened") }
            return
        }
        let after = max(0, newest - 5)
        log.change { $0.resumedAfter = (after, newest) }
        for (dialogue, since) in [(Dialogue.resume, after), (.history, 0)] {
            await hold(dialogue, log) { talk in
                guard await subscribed(talk, SubscribeLine(since: since)) else { return }
                await talk.wait(.seconds(1)) { $0.newestEvent >= newest }
            }
        }
    }

    /// The name of a circuit that leaves others out, where there is one; otherwise a text that leaves all out.
    private static func filter(for facts: Facts) -> String {
        let names = facts.circuits.map(\.name)
        return names.first { name in name.utf8.count <= 200 && names.contains { !$0.contains(name) } }
            ?? "no circuit is called so"
    }
}
