// SPDX-License-Identifier: Apache-2.0

extension Rule {
    /// Commands that a service must refuse: they are safe to send anywhere.
    static let commands: [Rule] =
        [
            Rule("observer", "command", "Who only observes is refused as `not_allowed`.", in: .refused) {
                refused throws(Finding) in
                guard try refused.needed("subscribed").json?["role"]?.string != "operator" else {
                    throw .notTested("this connection may operate")
                }
                guard refused.first("hello")?.json?["actions"]?.strings?.isEmpty != true else {
                    throw .notTested("the hello lists no action, and `unsupported` comes first")
                }
                try refused.isRefused("observer", as: "not_allowed")
            },
            refusal("wrong-boot", "wrong_boot", "A command for another boot is refused as `wrong_boot`."),
            refusal(
                "unknown-circuit", "unknown_circuit",
                "A command for a circuit that is not there is refused as `unknown_circuit`."),
            refusal(
                "unsupported-action", "unsupported",
                "An action that the hello does not list is refused as `unsupported`."),
            refusal(
                "stale-revision", "override_conflict",
                "With another `if_override_rev` than the slot's it is refused as `override_conflict`."),
            refusal("id-conflict", "id_conflict", "An `id` used before with another body is refused as `id_conflict`."),
            Rule("repeated", "command", "The same command again gets the same answer, and is not recorded again.") {
                record throws(Finding) in
                let refused = try record[.refused]
                try refused.needOperator()
                guard let id = try refused.needed(sent: "repeated").id else { return }
                // The third answer is the one to the same id with another body.
                let answers = refused.results(of: id).prefix(2)
                guard answers.count == 2 else {
                    throw refused.broken("\(answers.count) answers to a command sent twice", answers.first)
                }
                guard answers[0].json == answers[1].json else {
                    throw refused.broken("another answer than in line \(answers[0].number)", answers[1])
                }
                let watch = try record[.watch]
                let told = watch.commandEvents(of: id).filter { $0.json?["code"] == answers[0].json?["error"]?["code"] }
                guard told.count <= 1 else { throw watch.broken("a repeated command was recorded again", told[1]) }
            },
            Rule("answers-in-order", "result", "Answers come in the order of the commands.", in: .refused) {
                refused throws(Finding) in
                try refused.needOperator()
                let commands = [try refused.needed(sent: "wrong-boot"), try refused.needed(sent: "unknown-circuit")]
                let answers = commands.compactMap { command in command.id.flatMap { refused.results(of: $0).first } }
                guard answers.count == 2 else { throw .notTested("a command was not answered") }
                guard answers[0].number < answers[1].number else {
                    throw refused.broken(
                        "the command of line \(commands[0].number) was answered after the next", answers[0])
                }
            },
            Rule(
                "rate-limit", "subscribed",
                "More commands than `commands_per_second`, and as many at once, are refused as `rate_limited`.",
                in: .hasty
            ) {
                hasty throws(Finding) in
                try hasty.needOperator()
                let sent = hasty.sent.filter { $0.id != nil }
                guard let start = sent.first?.at, let rate = hasty.commandRate else {
                    throw .notTested("the rate is beyond what is tried")
                }
                let answers = hasty.all("result")
                guard answers.count >= sent.count, let end = answers.last?.at else {
                    throw hasty.broken("\(answers.count) of \(sent.count) commands were answered", answers.last)
                }
                let codes = answers.map { $0.json?["error"]?["code"]?.string }
                guard !codes.contains("read_only") else { throw .notTested("the service is read-only") }
                let taken = codes.count { $0 != "rate_limited" }
                let most = rate + Int((end - start) / .milliseconds(1)) * rate / 1_000 + 1
                guard most < sent.count else { throw .notTested("the answers took too long to tell") }
                guard taken <= most else {
                    throw hasty.broken("\(taken) of \(sent.count) commands at once were taken; the rate is \(rate)")
                }
            },
            Rule(
                "commands-told", "command",
                "Every command that was done or refused is told to every subscriber by a `command` event."
            ) {
                record throws(Finding) in
                let watch = try record[.watch]
                let isFlooded = watch.all("event").contains { event in
                    event.json?["suppressed_kind"]?.string == "command"
                        && record.floodedFrom.map { event.at < $0 } ?? true
                }
                guard !isFlooded else {
                    throw .notTested("too many were refused before; try again in 10 s")
                }
                var count = 0
                for dialogue in [Dialogue.refused, .force] {
                    guard let transcript = try? record[dialogue] else { continue }
                    for command in transcript.sent {
                        guard let id = command.id, let answer = transcript.results(of: id).first else { continue }
                        count += 1
                        guard let event = watch.commandEvents(of: id).first else {
                            throw watch.broken(
                                "the command of line \(command.number) in \(transcript.name) was not told", answer)
                        }
                        guard event.json?["ok"] == answer.json?["ok"],
                            event.json?["code"] == answer.json?["error"]?["code"]
                        else {
                            throw watch.broken(
                                "the answer in \(transcript.name), line \(answer.number), says otherwise", event)
                        }
                    }
                }
                guard count > 0 else { throw .notTested("no command was answered") }
            },
        ]

    /// A command that an operator sent and that must be refused.
    private static func refusal(_ id: String, _ code: String, _ statement: String) -> Rule {
        Rule(id, "command", statement, in: .refused) { refused throws(Finding) in
            try refused.needOperator()
            guard refused.sent(id) != nil else {
                throw .notTested(
                    id == "unsupported-action"
                        ? "the service offers every action"
                        : "it needs `clear` and a circuit without an override")
            }
            try refused.isRefused(id, as: code)
        }
    }
}

extension Transcript {
    func commandEvents(of id: String) -> [ReceivedLine] {
        all("event").filter { $0.json?["kind"]?.string == "command" && $0.json?["id"]?.string == id }
    }

    /// The answer to the command that was sent for this purpose, whole.
    func answer(to label: String) throws(Finding) -> ReceivedLine {
        let command = try needed(sent: label)
        guard let id = command.id else { throw .notTested("\(label) is no command") }
        // The same id may have been answered before: as many answers as the id was sent.
        let turn = sent.filter { $0.id == id && $0.number <= command.number }.count
        let answers = results(of: id)
        guard answers.count >= turn else {
            throw broken("no result came for the command of line \(command.number)", error(about: command))
        }
        return answers[turn - 1]
    }

    func isRefused(_ label: String, as code: String) throws(Finding) {
        let answer = try answer(to: label)
        let given = answer.json?["error"]?["code"]?.string
        if given == "read_only", code != "not_allowed" { throw .notTested("the service is read-only") }
        if given == "rate_limited" { throw .notTested("the rate of commands is used up; try again later") }
        guard answer.json?["ok"]?.bool == false, given == code else { throw broken("expected `\(code)`", answer) }
    }

    /// How many commands a second the service takes.
    fileprivate var commandRate: Int? {
        first("subscribed")?.json?["limits"]?["commands_per_second"]?.integer.map { Int($0) }
    }

    fileprivate func needOperator() throws(Finding) {
        guard try needed("subscribed").json?["role"]?.string == "operator" else {
            throw .notTested("this connection only observes")
        }
    }
}
